import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EspmintError } from '../core/errors/index.js';
import { parseProfile } from '../core/profile/parse.js';
import type { ProvisionEvent, ProvisionResult } from '../core/stages.js';
import { connectBoard } from '../driver/index.js';
import { openKeyFile, type Registry } from '../registry/index.js';
import { createVirtualBoard, memoryTransport, type VirtualBoard } from '../virtual/index.js';
import type { Admit, ImageProof } from './admission.js';
import type { ProvisionPlan } from './plan.js';
import { provisionDevice } from './provision-device.js';

const folder = mkdtempSync(join(tmpdir(), 'espmint-clone-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const MAC = 'a4:cf:12:34:56:78';
const CHIP = '00112233445566778899aabbccddeeff';
const CLONE = 'ff112233445566778899aabbccddeeff';
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

let registry: Registry;
let files = 0;
const boards: VirtualBoard[] = [];
beforeEach(async () => {
  registry = await openKeyFile(join(folder, `keys-${++files}.jsonl`));
});
afterEach(async () => {
  for (const board of boards.splice(0)) board.dispose();
  await registry.close();
});

function plug(uniqueId: string, flashContent?: Uint8Array): VirtualBoard {
  const content = flashContent === undefined ? {} : { flashContent };
  const board = createVirtualBoard({ chip: 'esp32c3', mac: MAC, uniqueId, ...content });
  boards.push(board);
  return board;
}

async function run(
  board: VirtualBoard,
  { plan = PLAN, of = registry, admit }: { plan?: ProvisionPlan; of?: Registry; admit?: Admit } = {},
): Promise<ProvisionResult & { readonly events: readonly ProvisionEvent[] }> {
  const transport = memoryTransport(new Map([['board', board]]));
  const connect = async (port: string): ReturnType<typeof connectBoard> =>
    connectBoard(await transport.open(port, { baud: 115_200, timeoutMs: 1000 }));
  const events: ProvisionEvent[] = [];
  const parts = { connect, registry: of, admit };
  const result = await provisionDevice('virtual://board', plan, parts, {
    onEvent: (event) => events.push(event),
  });
  return { ...result, events };
}

/** A registry in which some calls do something else. */
function changed(calls: Partial<Registry>): Registry {
  return new Proxy(registry, {
    get: (target, name) => {
      const own: unknown = Reflect.get(calls, name);
      const value: unknown = own ?? Reflect.get(target, name, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

const flashOf = (board: VirtualBoard): Uint8Array => board.flash.read(0, 0x20000);

describe('a board that was swapped for a clone with its MAC', () => {
  it.each(['keep', 'rotate', 'refuse'] as const)(
    'is stopped before anything is written, with both histories (%s)',
    async (known) => {
      expect(await run(plug(CHIP))).toMatchObject({ ok: true });
      const clone = plug(CLONE);
      const before = flashOf(clone);
      expect(await run(clone, { plan: { ...PLAN, known } })).toMatchObject({
        ok: false,
        code: 'CLONE_SUSPECTED',
        stage: 'reserve',
        retryable: false,
        conflict: {
          refused: { mac: MAC, hardwareId: CLONE },
          registered: { mac: MAC, hardwareId: CHIP, status: 'provisioned' },
          facts: { port: 'virtual://board', chip: expect.stringContaining('ESP32-C3') as string },
        },
      });
      expect(flashOf(clone)).toEqual(before);
      expect((await registry.show({ mac: MAC })).keys).toHaveLength(1);
    },
  );

  it('settles no attempt of the true one, even with a copy of its flash', async () => {
    const real = plug(CHIP);
    const cut = (): Promise<never> => Promise.reject(new EspmintError('INTERNAL', { reason: 'power cut' }));
    expect(await run(real, { of: changed({ confirm: cut, fail: cut }) })).toMatchObject({ ok: false });
    const clone = plug(CLONE, real.flash.read(0, real.flash.sizeBytes));
    expect(await run(clone)).toMatchObject({ ok: false, code: 'CLONE_SUSPECTED' });
    expect(await registry.find({ mac: MAC })).toMatchObject({ status: 'pending', hardwareId: CHIP });
    expect(await run(real)).toMatchObject({ ok: true });
  });
});

describe('a board that its batch has done already', () => {
  it('is not passed untouched when it is a clone, or was denied or removed since', async () => {
    const proofs: ImageProof[] = [];
    const failures: string[] = [];
    const admit: Admit = () =>
      Promise.resolve({
        earlier: proofs[0],
        passed: ({ image }) => Promise.resolve(void proofs.push(image)),
        failed: ({ code }) => Promise.resolve(void failures.push(code)),
      });
    const real = plug(CHIP);
    expect(await run(real, { admit })).toMatchObject({ ok: true });
    expect(await run(real, { admit })).toMatchObject({ ok: true, alreadyDone: true });

    const clone = plug(CLONE, real.flash.read(0, real.flash.sizeBytes));
    expect(await run(clone, { admit })).toMatchObject({ ok: false, code: 'CLONE_SUSPECTED' });

    const uuid = (await registry.find({ mac: MAC }))?.uuid ?? '';
    const denied = new EspmintError('DEVICE_DENIED', { mac: MAC, uuid, entry: MAC, reason: 'stolen' });
    const of = changed({ screen: () => Promise.reject(denied) });
    const refused = await run(real, { admit, of });
    expect(refused).toMatchObject({ ok: false, code: 'DEVICE_DENIED' });
    expect(failures).toEqual(['CLONE_SUSPECTED', 'DEVICE_DENIED']);
    // It left the fixture as it came: nothing was reset, let alone written.
    expect(refused.events.some((event) => event.type === 'stage' && event.stage === 'reset')).toBe(false);
  });
});
