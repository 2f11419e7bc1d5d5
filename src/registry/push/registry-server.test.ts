import { describe, expect, it } from 'vitest';
import type pg from 'pg';
import { isSameServer, readServerIdentity } from './registry-server.js';

describe("a server is the registry's", () => {
  it.each([
    ['started at that moment', { startedAt: '5' }, true],
    ['on the same data, as a standby is', { startedAt: '6', systemId: '1' }, true],
    ['with other data, started otherwise', { startedAt: '6', systemId: '2' }, false],
    ['whose data nobody may ask for, started otherwise', { startedAt: '6' }, false],
  ])('%s: %o is %s', (_, there, isSame) => {
    expect(isSameServer(there, { startedAt: '5', systemId: '1' })).toBe(isSame);
    expect(isSameServer({ startedAt: '5', systemId: '1' }, there)).toBe(isSame);
  });
});

describe('who a server is', () => {
  const answering = (codes: readonly (string | undefined)[]): pg.ClientBase => {
    const left = [...codes];
    const query = () => {
      const code = left.shift();
      if (code !== undefined) return Promise.reject(Object.assign(new Error('no'), { code }));
      return Promise.resolve({ rows: [{ at: '5', id: '1' }] });
    };
    return { query } as unknown as pg.ClientBase;
  };

  it('is known by its start alone where the role may not read more', async () => {
    expect(await readServerIdentity(answering([undefined, '42501']))).toEqual({ startedAt: '5' });
  });

  it('is nobody for one of another make', async () => {
    expect(await readServerIdentity(answering(['42883']))).toBeUndefined();
  });

  it('is not taken for nobody after any other refusal', async () => {
    await expect(readServerIdentity(answering(['42501']))).rejects.toThrow('no');
    await expect(readServerIdentity(answering([undefined, '57014']))).rejects.toThrow('no');
  });
});
