// Files under hostile conditions: no key that was reported as stored is lost, and every durable file is whole. As long as
// you like with `npm run soak -- hostile`.
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createOwnFile, replaceFile, replaceOwnFile } from '../../src/files/index.js';
import { openKeyFile } from '../../src/registry/index.js';
import { StateFile } from '../../src/service/state-file.js';
import { withFaultyDisk } from './hostile/faulty-disk.js';
import { runKeyCampaign } from './hostile/key-campaign.js';
import { canUnshare, runNamespaceCampaign } from './hostile/namespace-campaign.js';

const RUNS = Number(process.env['ESPMINT_SOAK_RUNS'] ?? 60);
const SEED = Number(process.env['ESPMINT_SOAK_SEED'] ?? Date.now() % 100_000);
/** Where a long campaign leaves its findings. */
const REPORT = process.env['ESPMINT_SOAK_REPORT'];
/** What a file that cannot be read or written is called. */
const CODED = /^(DISK_FULL|FILE_UNWRITABLE|FILE_UNREADABLE)$/;
const TIMEOUT_MS = 60_000 + RUNS * 2000;

function report(mode: string, figures: object): void {
  if (REPORT === undefined) return;
  const before = existsSync(REPORT) ? (JSON.parse(readFileSync(REPORT, 'utf8')) as object) : {};
  writeFileSync(REPORT, `${JSON.stringify({ ...before, [mode]: figures }, null, 2)}\n`);
  console.log(mode, figures);
}

describe('no key that was stored is lost', () => {
  it(
    `in ${RUNS} runs with refusing disks, damage, and owners that vanish or sleep`,
    async () => {
      const figures = await runKeyCampaign(RUNS, SEED);
      report('keys', { seed: SEED, ...figures });
      expect(figures.lost).toEqual([]);
      expect(figures.broken).toEqual([]);
      expect(figures.stored).toBeGreaterThan(RUNS);
    },
    TIMEOUT_MS,
  );

  it.runIf(canUnshare())(
    'by processes in PID namespaces of their own, which are killed while others take over',
    async () => {
      const figures = await runNamespaceCampaign(Math.max(4, Math.ceil(RUNS / 40)));
      report('namespaces', figures);
      expect(figures.lost).toEqual([]);
      expect(figures.crashed).toBe(0);
      expect(figures.stored).toBeGreaterThan(0);
    },
    TIMEOUT_MS,
  );
});

describe('every durable file is the old one or the new one, whichever call the disk refuses', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'espmint-durable-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const number = z.object({ value: z.number() });
  const state = (): StateFile<{ value: number }> =>
    new StateFile(join(folder, 'state', 'state.json'), number, { value: 0 });

  const FILES: readonly [string, (text: string) => Promise<unknown>, () => string | Promise<string>][] = [
    ['a file of our own', (text) => replaceOwnFile(join(folder, 'own'), text), () => readOr('own')],
    ['a file of the user', (text) => replaceFile(join(folder, 'user'), text), () => readOr('user')],
    ['a new file of our own', (text) => createOwnFile(join(folder, 'new'), text), () => readOr('new')],
    [
      'state of the service',
      (text) => state().update(() => ({ value: text.length })),
      async () => String((await state().read()).value),
    ],
  ];
  const readOr = (name: string): string => {
    const path = join(folder, name);
    return existsSync(path) ? readFileSync(path, 'utf8') : '';
  };

  it.each(FILES)('%s', async (_, write, read) => {
    const lock = join(folder, 'state', 'state.json.lock');
    for (const code of ['ENOSPC', 'EACCES', 'EIO'] as const) {
      for (let atCall = 1, struck = true; struck; atCall++) {
        // One that could not be removed, as others do some seconds later.
        rmSync(lock, { force: true });
        await write('old');
        const before = await read();
        const fault = { atCall, code, lasts: false, torn: 0.5 };
        const outcome = await withFaultyDisk(folder, fault, () => write('longer'));
        ({ struck } = outcome);
        const after = await read();
        if (outcome.thrown === undefined) continue;
        expect(outcome.thrown).toMatchObject({
          code: expect.stringMatching(/^(DISK_FULL|FILE_UNWRITABLE)$/) as string,
        });
        expect([before, '6', 'longer']).toContain(after);
      }
    }
    // But for one draft of each kind of fault, which the disk refused to remove.
    const drafts = readdirSync(folder, { recursive: true }).filter((name) => String(name).endsWith('.tmp'));
    expect(drafts.length).toBeLessThanOrEqual(3);
  });

  it('state of the service that others have changed while its writer slept keeps every change', async () => {
    const path = join(folder, 'state', 'state.json');
    await state().update(() => ({ value: 1 }));
    const result = state().update(({ value }) => {
      // Its lock was taken for one of a dead process.
      if (value === 1) rmSync(`${path}.lock`);
      if (value === 1) writeFileSync(path, '{"value":10}');
      return { value: value + 1 };
    });
    expect(await result).toEqual({ value: 11 });
    expect(await state().read()).toEqual({ value: 11 });
    expect(existsSync(`${path}.lock`)).toBe(false);
  });

  it('the file of keys: what it reported as stored is in it', async () => {
    const path = join(folder, 'keys.jsonl');
    mkdirSync(folder, { recursive: true });
    const stored = new Map<string, string>();
    writeFileSync(path, '{"type":"res', { mode: 0o600 });
    for (let atCall = 1, struck = true; struck; atCall++) {
      const uuid = `110e3dc9-fa05-568f-a05a-0000000000${String(atCall).padStart(2, '0')}`;
      const board = { mac: `a4:cf:12:00:00:${String(atCall).padStart(2, '0')}`, uuid };
      const fault = { atCall, code: 'ENOSPC', lasts: false, torn: 0.7 } as const;
      const outcome = await withFaultyDisk(folder, fault, async () => {
        const file = await openKeyFile(path);
        try {
          const { psk } = await file.reserve({ ...board, caUrl: 'https://ca.example.com', policy: 'keep' });
          stored.set(board.mac, psk);
        } finally {
          await file.close();
        }
      });
      ({ struck } = outcome);
      if (outcome.thrown !== undefined)
        expect(outcome.thrown).toMatchObject({ code: expect.stringMatching(CODED) as string });
    }
    const file = await openKeyFile(path);
    for (const [mac, psk] of stored) expect(await file.reveal(mac, 'test')).toBe(psk);
    await file.close();
    expect(stored.size).toBeGreaterThan(0);
  });
});
