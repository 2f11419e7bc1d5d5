// What the registry knows of an attempt after a run: who, where, on which chip, and how it went.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, expect, it } from 'vitest';
import { profileDigest } from '../core/profile/digest.js';
import { parseProfile } from '../core/profile/parse.js';
import type { Stage } from '../core/stages.js';
import { connectBoard, type Board } from '../driver/index.js';
import { openKeyFile, type AttemptRecord, type Registry } from '../registry/index.js';
import { createVirtualBoard, memoryTransport, type VirtualBoard } from '../virtual/index.js';
import { buildPlan } from './plan/build-plan.js';
import type { ProvisionPlan } from './plan/plan.js';
import { provisionDevice } from './provision-device.js';

const folder = mkdtempSync(join(tmpdir(), 'espmint-facts-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const PORT = 'virtual://board';
const MAC = 'a4:cf:12:34:56:78';
const PROFILE = parseProfile('name: sensor\nversion: 2\ncaUrl: https://ca.example.com:8443', 'p');
const ORIGIN = { station: 'line 1', slot: 3, operator: 'anna', toolVersion: '1.2.3', batch: 'WO-7' };

let board: VirtualBoard;
let registry: Registry;
let files = 0;
beforeEach(async () => {
  board = createVirtualBoard({ mac: MAC });
  registry = await openKeyFile(join(folder, `keys-${++files}.jsonl`));
});
afterEach(async () => {
  board.dispose();
  await registry.close();
});

/** Runs the flow once; `spoil` may break the board between the flow and the driver. Newest attempt first. */
async function attemptsAfter(
  changes: Partial<ProvisionPlan> = {},
  spoil = (real: Board): Board => real,
): Promise<readonly AttemptRecord[]> {
  const plan = await buildPlan(PROFILE, { attempts: 1 }, () => Promise.reject(new Error('no secrets here')));
  const transport = memoryTransport(new Map([['board', board]]));
  const parts = {
    registry,
    connect: async (port: string, { signal, baud }: { signal?: AbortSignal | undefined; baud: number }) => {
      const link = await transport.open(port, { baud: 115_200, timeoutMs: 1000, signal });
      return spoil(await connectBoard(link, { signal, baud }));
    },
  };
  await provisionDevice(PORT, { ...plan, ...changes }, parts, { origin: ORIGIN });
  return (await registry.show({ mac: MAC })).attempts;
}

const stagesOf = ({ stagesMs }: AttemptRecord): Stage[] => Object.keys(stagesMs ?? {}) as Stage[];

it('of a board that passed: everything, with the time of every stage but the one that writes it down', async () => {
  const [attempt] = await attemptsAfter();
  expect(attempt).toMatchObject({
    outcome: 'passed',
    ...ORIGIN,
    port: PORT,
    profile: { name: 'sensor', version: 2, sha256: profileDigest(PROFILE) },
    chip: {
      kind: 'esp32',
      revision: expect.stringMatching(/^v\d+\.\d+$/) as string,
      flashSizeBytes: 4_194_304,
    },
    baud: 921_600,
  });
  expect(stagesOf(attempt!).join()).toBe('connect,inspect,identify,reserve,build,write,verify,reset');
  expect(Object.values(attempt!.stagesMs!).every((ms) => Number.isInteger(ms))).toBe(true);
});

it('of a board that failed: as far as it came, at the rate that the link bore', async () => {
  const [attempt] = await attemptsAfter({ baud: 460_800 }, (real) => {
    real.verifyRegion = () => Promise.reject(new Error('it is not the same'));
    return real;
  });
  expect(attempt).toMatchObject({ outcome: 'failed', stage: 'verify', ...ORIGIN, baud: 460_800 });
  expect(stagesOf(attempt!).at(-1)).toBe('verify');
});

it('of a board whose firmware did not start: the rate before the reset, not that of its log', async () => {
  const boot = { success: { pattern: 'never said' }, failure: [], timeoutMs: 500, baud: 115_200 };
  const [attempt] = await attemptsAfter({ boot });
  expect(attempt).toMatchObject({ outcome: 'failed', stage: 'boot', baud: 921_600 });
});

it('without a profile and without an origin: what is known all the same', async () => {
  const [attempt] = await attemptsAfter({ profile: undefined });
  expect(attempt).toMatchObject({ port: PORT, chip: { kind: 'esp32' } });
  expect(attempt!.profile).toBeUndefined();
});
