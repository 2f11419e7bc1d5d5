import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EspmintError } from '../core/errors/index.js';
import { decodeNvs } from '../core/nvs/index.js';
import { parseProfile } from '../core/profile/parse.js';
import type { ProvisionEvent, ProvisionResult } from '../core/stages.js';
import { connectBoard } from '../driver/index.js';
import { openKeyFile, type Registry } from '../registry/index.js';
import { createVirtualBoard, memoryTransport, type VirtualBoard } from '../virtual/index.js';
import type { ProvisionPlan } from './plan.js';
import { provisionDevice } from './provision-device.js';

const folder = mkdtempSync(join(tmpdir(), 'espmint-settle-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const MAC = 'a4:cf:12:34:56:78';
const PLAN: ProvisionPlan = {
  target: { force: false },
  identity: { recipe: 'rfc9562' },
  layout: parseProfile('name: x', 'p').nvs,
  caUrl: 'https://ca.example.com:8443',
  known: 'keep',
  attempts: 1,
  baud: 921_600,
  given: {},
};

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

async function run(
  plan: ProvisionPlan,
  of = registry,
): Promise<{ result: ProvisionResult; events: ProvisionEvent[] }> {
  const events: ProvisionEvent[] = [];
  const transport = memoryTransport(new Map([['board', board]]));
  const connect = async (port: string): ReturnType<typeof connectBoard> =>
    connectBoard(await transport.open(port, { baud: 115_200, timeoutMs: 1000 }));
  const parts = { connect, registry: of };
  const result = await provisionDevice('virtual://board', plan, parts, {
    onEvent: (event) => events.push(event),
  });
  return { result, events };
}

/** Runs until the proof, which is never written down, nor that the run has failed: as if the power had gone. */
async function crashBeforeConfirm(plan: ProvisionPlan): Promise<void> {
  const cut = (): Promise<never> => Promise.reject(new EspmintError('INTERNAL', { reason: 'power cut' }));
  const dying = new Proxy(registry, {
    get: (target, name) => {
      if (name === 'confirm' || name === 'fail') return cut;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
  expect((await run(plan, dying)).result).toMatchObject({ ok: false, stage: 'confirm' });
}

const pskOnChip = (): string | undefined =>
  decodeNvs(board.flash.read(0x9000, 0x10000))
    .values.map(({ key, value }) => (key === 'psk_secret' ? String(value) : undefined))
    .find(Boolean);
const stagesOf = (events: readonly ProvisionEvent[]): string[] =>
  events.flatMap((event) => (event.type === 'stage' && event.state === 'done' ? [event.stage] : []));
const settled = expect.objectContaining({ type: 'warning', code: 'RESERVATION_SETTLED' }) as unknown;

describe('a board whose reservation was left open', () => {
  it('is confirmed by what it holds, and not written again where known boards are refused', async () => {
    await crashBeforeConfirm(PLAN);
    expect(await registry.find({ mac: MAC })).toMatchObject({ status: 'pending' });
    const { result, events } = await run({ ...PLAN, known: 'refuse' });
    expect(result).toMatchObject({ ok: true, mac: MAC, alreadyDone: true });
    expect(events).toContainEqual(settled);
    expect(stagesOf(events)).not.toContain('write');
    expect(await registry.find({ mac: MAC })).toMatchObject({ status: 'provisioned' });
    expect(await registry.reveal(MAC, 'test')).toBe(pskOnChip());
  });

  it('keeps the key of an interrupted rotation that has reached the chip', async () => {
    await run(PLAN);
    const old = pskOnChip();
    await crashBeforeConfirm({ ...PLAN, known: 'rotate' });
    const rotated = pskOnChip();
    expect(rotated).not.toBe(old);
    expect(await registry.reveal(MAC, 'test')).toBe(old);
    const { result, events } = await run(PLAN);
    expect(result.ok).toBe(true);
    expect(events).toContainEqual(settled);
    expect(pskOnChip()).toBe(rotated);
    expect(await registry.reveal(MAC, 'test')).toBe(rotated);
  });

  it('is provisioned as usual when its flash holds something else', async () => {
    await crashBeforeConfirm(PLAN);
    board.flash.erase(0x9000, 4096);
    const { result, events } = await run(PLAN);
    expect(result.ok).toBe(true);
    expect(events).not.toContainEqual(settled);
    expect(await registry.reveal(MAC, 'test')).toBe(pskOnChip());
  });

  it('gets what has changed in the profile since, with the settled key', async () => {
    await crashBeforeConfirm(PLAN);
    const key = pskOnChip();
    const { result, events } = await run({ ...PLAN, caUrl: 'https://other.example.com' });
    expect(result.ok).toBe(true);
    expect(events).toContainEqual(settled);
    expect(pskOnChip()).toBe(key);
    expect(await registry.find({ mac: MAC })).toMatchObject({ caUrl: 'https://other.example.com' });
  });
});
