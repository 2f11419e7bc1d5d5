// Clones: a board with the MAC of another one is stopped before anything is written, whatever its flash holds.
import { describe, expect, it } from 'vitest';
import type { FlashImage } from '../core/flash-image.js';
import { MAC, PLAN, powerCut, useFlow, withCalls } from '../../test/support/flow.js';
import { EspmintError } from '../core/errors/index.js';
import type { VirtualBoard } from '../virtual/index.js';
import type { Admit } from './admission.js';

const CHIP = '00112233445566778899aabbccddeeff';
const CLONE = 'ff112233445566778899aabbccddeeff';

const flow = useFlow();
const { run } = flow;
const plug = (uniqueId: string, flashContent?: Uint8Array): VirtualBoard =>
  flow.plug({ chip: 'esp32c3', uniqueId, ...(flashContent === undefined ? {} : { flashContent }) });
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
      expect((await flow.registry.show({ mac: MAC })).keys).toHaveLength(1);
    },
  );

  it('is stopped too where it tells no chip id at all', async () => {
    expect(await run(plug(CHIP))).toMatchObject({ ok: true });
    const silent = flow.plug({ chip: 'esp32c3' });
    const before = flashOf(silent);
    expect(await run(silent)).toMatchObject({
      ok: false,
      code: 'CLONE_SUSPECTED',
      message: expect.stringContaining('has no chip id') as string,
    });
    expect(flashOf(silent)).toEqual(before);
  });

  it('settles no attempt of the true one, even with a copy of its flash', async () => {
    const real = plug(CHIP);
    expect(
      await run(real, { of: withCalls(flow.registry, { confirm: powerCut, fail: powerCut }) }),
    ).toMatchObject({ ok: false });
    const clone = plug(CLONE, real.flash.read(0, real.flash.sizeBytes));
    expect(await run(clone)).toMatchObject({ ok: false, code: 'CLONE_SUSPECTED' });
    expect(await flow.registry.find({ mac: MAC })).toMatchObject({ status: 'pending', hardwareId: CHIP });
    expect(await run(real)).toMatchObject({ ok: true });
  });
});

describe('a board that its batch has done already', () => {
  it('is not passed untouched when it is a clone, or was denied or removed since', async () => {
    const proofs: FlashImage[] = [];
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

    const uuid = (await flow.registry.find({ mac: MAC }))?.uuid ?? '';
    const denied = new EspmintError('DEVICE_DENIED', { mac: MAC, uuid, entry: MAC, reason: 'stolen' });
    const of = withCalls(flow.registry, { screen: () => Promise.reject(denied) });
    const refused = await run(real, { admit, of });
    expect(refused).toMatchObject({ ok: false, code: 'DEVICE_DENIED' });
    expect(failures).toEqual(['CLONE_SUSPECTED', 'DEVICE_DENIED']);
    // It left the fixture as it came: nothing was reset, let alone written.
    expect(refused.events.some((event) => event.type === 'stage' && event.stage === 'reset')).toBe(false);
  });
});
