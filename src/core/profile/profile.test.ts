import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defaultProfile } from './defaults.js';
import { PROFILE_EXAMPLE } from './example.js';
import { checkProfile, checkProfileInTurns, parseProfile } from './parse.js';
import { profileJsonSchema, profileSchema } from './schema.js';
import { fillTemplate } from './template.js';

function findings(text: string): string[] {
  const result = checkProfile(text);
  return 'findings' in result
    ? result.findings.map(({ line, column, path, reason }) => `${line}:${column} ${path} ${reason}`)
    : [];
}

describe('a profile', () => {
  it('that only has a name gets the defaults of the seed', () => {
    const profile = parseProfile('name: sensor', 'p.yaml');
    expect(profile.nvs).toMatchObject({ namespace: 'zc', keys: { uuid: 'global_uuid', psk: 'psk_secret' } });
    expect(profile).toMatchObject({
      identity: { recipe: 'rfc9562' },
      policy: { known: 'keep', attempts: 3 },
      target: {},
    });
  });

  it('of a run without one is that of the schema', () => {
    expect(defaultProfile('flags')).toStrictEqual(profileSchema.parse({ name: 'flags' }));
  });

  it('as `profile init` writes it is accepted', () => {
    expect(findings(PROFILE_EXAMPLE)).toEqual([]);
  });

  it('reads hexadecimal offsets', () => {
    expect(parseProfile('name: x\ntarget: { offset: 0x9000, size: 0x10000 }', 'p').target).toEqual({
      offset: 0x9000,
      size: 0x10000,
    });
  });

  it('keeps a u64 that a JavaScript number cannot hold', () => {
    const text = 'name: x\nnvs: { rows: [{ key: k, type: u64, value: "18446744073709551615" }] }';
    expect(parseProfile(text, 'p').nvs.rows[0]?.value).toBe('18446744073709551615');
  });

  it.each([
    ['an unknown setting', 'name: x\nwify: {}', '2:1 wify is not a setting of a profile'],
    ['a missing name', 'version: 1', '1:1 name is missing'],
    ['a wrong type', 'name: x\nversion: two', '2:1 version must be a number'],
    ['a name that is a number', 'name: 1e5\nversion: 1', '1:1 name must be text, in quotes'],
    ['text instead of settings', 'just text', '1:1  must be a group of settings, each as name: value'],
    [
      'a choice that is none',
      'name: x\npolicy: { known: ask }',
      '2:11 policy.known must be keep or rotate or refuse',
    ],
    ['too many tries', 'name: x\npolicy: { attempts: 99 }', '2:11 policy.attempts must be at most 10'],
    ['a list that is none', 'name: x\nnvs: { rows: 7 }', '2:8 nvs.rows must be a list'],
    [
      'a key too long for NVS',
      'name: x\nnvs:\n  keys:\n    uuid: sixteen_chars_ab',
      '4:5 nvs.keys.uuid must have at most 15',
    ],
    [
      'an offset inside a sector',
      'name: x\ntarget:\n  offset: 0x9001',
      '3:3 target.offset must be a multiple of 0x1000',
    ],
    [
      'a secret instead of a reference',
      'name: x\nwifi:\n  ssid: L\n  password: hunter22',
      '4:3 wifi.password must be a reference',
    ],
    ['a URL of another kind', 'name: x\ncaUrl: ftp://h', '2:1 caUrl is not accepted'],
    [
      'an SSID too long for the firmware',
      `name: x\nwifi:\n  ssid: ${'x'.repeat(32)}`,
      '3:3 wifi.ssid is not accepted',
    ],
    [
      'an unknown placeholder',
      'name: x\nnvs:\n  rows:\n    - { key: k, type: string, value: "{{psk}}" }',
      '4:31 nvs.rows.0.value has the unknown placeholder {{psk}}',
    ],
    [
      'both a partition and an offset',
      'name: x\ntarget:\n  partition: nvs\n  offset: 0x9000',
      '2:1 target must name a partition or an offset, not both',
    ],
    ['broken YAML', 'name: [x', '1:9  is not valid YAML'],
    ['a list instead of settings', '- name: x', '1:1  must be a group of settings'],
  ])('with %s is refused at its line and column', (_, text, expected) => {
    expect(findings(text).join('\n')).toContain(expected);
  });

  it('never repeats what may be a secret', () => {
    expect(findings('name: x\nwifi: { ssid: L, password: hunter22 }').join()).not.toContain('hunter22');
  });

  it('of any text is read or refused, never anything else', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'name: x\n-{}[]&*!|>#"\'0\t,?%@`') }), (text) => {
        const result = checkProfile(text);
        expect('profile' in result || result.findings.length > 0).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('has a JSON Schema that names its settings', () => {
    expect(profileJsonSchema()).toMatchObject({
      type: 'object',
      properties: { caUrl: {}, wifi: {}, nvs: {} },
    });
  });
});

describe('fillTemplate', () => {
  it('fills what it knows and leaves other braces alone', () => {
    expect(fillTemplate('{{ mac }}/{{macHex}}/{x}/{{other}}', { mac: 'a', macHex: 'b' })).toBe(
      'a/b/{x}/{{other}}',
    );
  });
});

describe('a text that is made to stop the program', () => {
  const rows = (count: number): string =>
    'name: x\nnvs:\n  rows:\n' +
    Array.from({ length: count }, (_, index) => `    - { key: k${index}, type: string, value: v }`).join(
      '\n',
    );

  it.each([
    ['brackets', '['.repeat(5_000), /brackets/],
    ['few brackets', '['.repeat(500), /nested/],
    ['groups', '{a: '.repeat(400), /nested/],
    ['lists in lists', '- '.repeat(500), /nested/],
    ['names that are names', '? '.repeat(60), /question marks/],
    ['some of them', '? '.repeat(18), /plain text/],
    ['names on one line', 'a: '.repeat(500), /nested/],
    ['a part that holds itself', `nvs: &a [${'*a,'.repeat(15)}]`, /stands in/],
    ['references', `a: &a [1]\nb: [${'*a,'.repeat(40)}]`, /references/],
    [
      'settings that there are not',
      Array.from({ length: 1_400 }, (_, i) => `k${i}: 1`).join('\n'),
      /not a setting/,
    ],
    ['settings without end', 'k: 1\n'.repeat(20_000), /lines/],
    ['the same name', 'name: x\n'.repeat(1_000), /twice/],
    ['characters', 'x'.repeat(200_000), /characters/],
    ['rows without end', rows(2_000), /lines/],
  ])('%s', (_, text, reason) => {
    const checked = checkProfile(text);
    const findings = 'findings' in checked ? checked.findings : [];
    expect(findings[0]?.reason).toMatch(reason);
    expect(findings.length).toBeLessThanOrEqual(100);
  });
  it('is not one with some hundred rows and certificates', () => {
    const certificate = 'A'.repeat(2_000);
    const text = `${rows(300)}\n${Array.from({ length: 5 }, (_, i) => `    - { key: c${i}, type: base64, value: ${certificate} }`).join('\n')}\n`;
    expect(checkProfile(text)).toHaveProperty('profile');
  });
});

describe('a text that is read in turns', () => {
  const LONG = `${PROFILE_EXAMPLE}\n# ${'x'.repeat(5000)}\r\nlocation: Line 1\r\n`;
  it.each([
    ['the example', PROFILE_EXAMPLE],
    ['one that ends in the middle', PROFILE_EXAMPLE.slice(0, 2047)],
    ['a name that stands twice, far behind', LONG],
    ['line ends of Windows', PROFILE_EXAMPLE.replaceAll('\n', '\r\n')],
    ['a quote that is never closed', `name: "${'x'.repeat(4000)}`],
    ['two documents', `${PROFILE_EXAMPLE}\n---\nname: y\n`],
    ['nothing', ''],
    ['unknown settings', Array.from({ length: 900 }, (_, n) => `k${n}: 1`).join('\n')],
  ])('is judged as at once: %s', async (_, text) => {
    let turns = 0;
    const inTurns = await checkProfileInTurns(text, () => {
      turns += 1;
      return Promise.resolve();
    });
    expect(inTurns).toEqual(checkProfile(text));
    expect(turns).toBeGreaterThanOrEqual(Math.ceil(text.length / 2048));
  });
});
