import { describe, expect, it } from 'vitest';
import { compileStatement } from './statement.js';

const refusal = (statement: string, sendsKeys = false): string => {
  try {
    compileStatement(statement, sendsKeys);
    return 'taken';
  } catch (error) {
    return (error as Error).message;
  }
};

describe('a statement with named parameters', () => {
  it('becomes one with numbers, each occurrence its own, so that each has the type of its place', () => {
    expect(
      compileStatement(
        'INSERT INTO ca.devices (id, mac, raw) VALUES (:uuid::uuid, :mac, :MAC)\nON CONFLICT (id) DO NOTHING;\n',
        false,
      ),
    ).toEqual({
      text: 'INSERT INTO ca.devices (id, mac, raw) VALUES ($1::uuid, $2, $3)\nON CONFLICT (id) DO NOTHING',
      parameters: ['uuid', 'mac', 'mac'],
    });
  });

  it.each([
    [`insert into t values (:uuid, ':mac', "odd:psk", E'it\\'s :psk', $a$ ; :psk $a$)`],
    [`insert into t -- a note; with :psk and 'quotes\n values (:uuid)`],
    [`insert into t /* one ; /* :psk */ ' two */ values (:uuid)`],
    [`select enrol(id => :uuid, mac := 'x')`],
  ])('leaves alone what stands in strings, names and comments: %s', (statement) => {
    expect(compileStatement(statement, false).parameters).toEqual(['uuid']);
  });

  it.each([
    'insert into t (a) values (:uuid) returning id',
    'update t set a = :status where u = :uuid',
    'merge into t using (values (:uuid)) as n (u) on t.u = n.u when not matched then insert values (n.u)',
    'select pki.enrol(:uuid, :mac)',
    'select * from "pki"."enrol"(:uuid)',
    '  /* why */ insert into t values (:uuid); ; -- done',
  ])('may be: %s', (statement) => {
    expect(refusal(statement)).toBe('taken');
  });

  it.each([
    ['insert into t values (:uuid, :serial)', 'names :serial, which there is not; use one of :uuid :mac'],
    ['insert into t values (:uuid); drop table t', 'more than one statement'],
    ['insert into t values (:uuid); (', 'more than one statement'],
    ['insert into t values ($1, :uuid)', 'names $1'],
    ['delete from t where u = :uuid', 'is no INSERT'],
    ['drop table t', 'is no INSERT'],
    ['with x as (delete from t returning 1) select f(:uuid)', 'is no INSERT'],
    ['(select f(:uuid))', 'is no INSERT'],
    ['', 'is no INSERT'],
    ['select * from t where u = :uuid', 'calls no function'],
    ['update t set a = :uuid', 'UPDATE of all rows'],
    ['insert into t values (1)', 'names no device'],
    [`insert into t values (:uuid, 'open)`, 'a quote that is not closed'],
    ['insert into t values (:uuid) /* open', 'a comment that is not closed'],
  ])('is refused: %s', (statement, why) => {
    expect(refusal(statement)).toContain(why);
  });

  it('is refused when it is longer than a statement should be', () => {
    expect(refusal(`insert into t values (:uuid, '${'x'.repeat(10_000)}')`)).toContain('more than 10000');
  });

  it('names columns of its list of values, never one that is secret or that there is not', () => {
    const columns = { open: ['sku', 'cert'], secret: ['passcode'] };
    expect(compileStatement('insert into t values (:uuid, {{sku}}, {{ cert }})', false, columns)).toEqual({
      text: 'insert into t values ($1, $2, $3)',
      parameters: ['uuid', { column: 'sku' }, { column: 'cert' }],
    });
    const why = (name: string, known?: typeof columns): string => {
      try {
        compileStatement(`insert into t values (:uuid, {{${name}}})`, true, known);
        return 'taken';
      } catch (error) {
        return String(error);
      }
    };
    expect(why('passcode', columns)).toContain('the secret column {{passcode}}');
    expect(why('skew', columns)).toContain(
      '{{skew}}, which its list of values has not; use one of {{sku}} {{cert}}',
    );
    expect(why('sku')).toContain('--values LIST');
    expect(refusal(`insert into t values (:uuid, '{{sku}}')`)).toBe('taken');
  });

  it('may name the key only where the target sends keys', () => {
    expect(refusal('insert into t values (:uuid, :psk)')).toContain('--send-keys');
    expect(refusal('insert into t values (:uuid, :psk)', true)).toBe('taken');
  });
});
