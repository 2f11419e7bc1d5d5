import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { answeringIo, silentIo } from '../../../test/support/cli-io.js';
import { openKeyFile, type Registry } from '../../registry/index.js';
import { askingRegistry, requireTerminal } from './ask-known.js';
import { PROOF } from '../../../test/support/proof.js';

const folder = mkdtempSync(join(tmpdir(), 'espmint-ask-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const BOARD = {
  mac: 'a4:cf:12:34:56:78',
  uuid: '110e3dc9-fa05-568f-a05a-98d00891029d',
  caUrl: 'https://ca.example.com',
  policy: 'refuse',
} as const;

let files = 0;
async function withKnownBoard(work: (registry: Registry, key: string) => Promise<void>): Promise<void> {
  const registry = await openKeyFile(join(folder, `keys-${++files}.jsonl`));
  const { id, psk } = await registry.reserve(BOARD);
  await registry.confirm(id, PROOF);
  try {
    await work(registry, psk);
  } finally {
    await registry.close();
  }
}

describe('--known ask', () => {
  it('keeps, rotates or stops as it is told, and asks again when it does not understand', () =>
    withKnownBoard(async (registry, key) => {
      const kept = answeringIo(['what?', 'K']);
      expect((await askingRegistry(kept.io, registry).reserve(BOARD)).psk).toBe(key);
      expect(kept.asked).toHaveLength(2);
      expect(kept.asked[0]).toContain(`${BOARD.mac} is already in the registry`);
      const stopped = askingRegistry(answeringIo(['s']).io, registry).reserve(BOARD);
      await expect(stopped).rejects.toMatchObject({ code: 'DEVICE_KNOWN' });
      expect((await askingRegistry(answeringIo(['rotate']).io, registry).reserve(BOARD)).psk).not.toBe(key);
    }));

  it('asks once for a board, however often it is tried', () =>
    withKnownBoard(async (registry, key) => {
      const { io, asked } = answeringIo(['keep']);
      const asking = askingRegistry(io, registry);
      for (let attempt = 0; attempt < 3; attempt++) expect((await asking.reserve(BOARD)).psk).toBe(key);
      expect(asked).toHaveLength(1);
    }));

  it('asks nothing about a new board', () =>
    withKnownBoard(async (registry) => {
      const { io, asked } = answeringIo([]);
      const board = { ...BOARD, mac: 'a4:cf:12:34:56:79', uuid: BOARD.uuid.replace(/d$/, 'e') };
      expect(await askingRegistry(io, registry).reserve(board)).toMatchObject({ known: 'new' });
      expect(asked).toEqual([]);
    }));

  it('ends with the run', () =>
    withKnownBoard(async (registry) => {
      const stop = new AbortController();
      const { io } = answeringIo([], { signal: stop.signal });
      const waiting = askingRegistry(io, registry).reserve(BOARD);
      setImmediate(() => stop.abort());
      await expect(waiting).rejects.toMatchObject({ code: 'CANCELLED' });
    }));

  it('needs a terminal', () => {
    expect(() => requireTerminal(silentIo())).toThrow('--known ask');
    expect(() => requireTerminal(answeringIo([]).io)).not.toThrow();
  });
});
