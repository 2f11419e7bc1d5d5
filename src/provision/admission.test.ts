// The admission of a batch: who may come in, what each board gets there, and what the batch hears of it.
import { describe, expect, it } from 'vitest';
import type { FlashImage } from '../core/flash-image.js';
import { MAC, NVS, PLAN, stagesOf, useFlow } from '../../test/support/flow.js';
import { EspmintError } from '../core/errors/index.js';
import { decodeNvs } from '../core/nvs/index.js';
import { parseProfile } from '../core/profile/parse.js';
import { parsePsk } from '../core/psk.js';
import type { Admission, Admit } from './admission.js';
import type { ProvisionPlan } from './plan/plan.js';

const NUMBERED: ProvisionPlan = {
  ...PLAN,
  layout: parseProfile('{name: x, nvs: {rows: [{key: serial, type: string, value: "{{serial}}"}]}}', 'p').nvs,
};
const flow = useFlow();
const run = (admit: Admit, plan = NUMBERED, board = flow.plug()): ReturnType<typeof flow.run> =>
  flow.run(board, { admit, plan });

/** An admission that remembers what it heard. */
function admissionOf(given: Partial<Admission> = {}): {
  admit: Admit;
  proofs: FlashImage[];
  failures: string[];
} {
  const proofs: FlashImage[] = [];
  const failures: string[] = [];
  const admit: Admit = () =>
    Promise.resolve({
      passed: ({ image }) => Promise.resolve(void proofs.push(image)),
      failed: ({ code, stage }) => Promise.resolve(void failures.push(`${stage} ${code}`)),
      ...given,
    });
  return { admit, proofs, failures };
}

describe('the admission of a batch', () => {
  it('gives the board its serial number, UUID and key, and hears of the proof', async () => {
    const psk = parsePsk('00112233445566778899aabbccddeeff');
    const uuid = '00000000-0000-4000-8000-000000000001';
    const { admit, proofs } = admissionOf({ serial: 'ZC-0001', uuid, psk });
    const board = flow.plug();
    expect(await run(admit, NUMBERED, board)).toMatchObject({ ok: true, uuid, serial: 'ZC-0001' });
    const values = decodeNvs(board.flash.read(NVS.offsetBytes, NVS.sizeBytes)).values;
    const flashed = Object.fromEntries(values.map(({ key, value }) => [key, value]));
    expect(flashed).toMatchObject({ global_uuid: uuid, psk_secret: psk, serial: 'ZC-0001' });
    expect(proofs).toHaveLength(1);
    expect(Object.keys(proofs[0] ?? {}).sort()).toEqual(['md5', 'offsetBytes', 'sha256', 'sizeBytes']);
  });

  it('refuses a board before anything is reserved or written', async () => {
    const board = flow.plug();
    const before = board.flash.read(0, 0x20000);
    const refusal = new EspmintError('INPUT_INVALID', {
      field: 'The batch',
      reason: 'is full',
      hint: 'stop',
    });
    expect(await run(() => Promise.reject(refusal), NUMBERED, board)).toMatchObject({
      ok: false,
      code: 'INPUT_INVALID',
      stage: 'identify',
      mac: MAC,
    });
    expect(await flow.registry.find({ mac: MAC })).toBeUndefined();
    expect(board.flash.read(0, 0x20000)).toEqual(before);
  });

  it('passes a device untouched that still holds what it got before, and only then', async () => {
    const board = flow.plug();
    const first = admissionOf();
    await run(first.admit, NUMBERED, board);
    const [earlier] = first.proofs;
    const again = await run(admissionOf({ earlier }).admit, NUMBERED, board);
    expect(again).toMatchObject({ ok: true, alreadyDone: true, image: earlier });
    expect(stagesOf(again.events).join()).toBe('connect,inspect,identify,verify,reset,confirm');

    const rotated = await run(admissionOf({ earlier }).admit, { ...NUMBERED, known: 'rotate' }, board);
    expect(rotated).not.toHaveProperty('alreadyDone');
    const changed = await run(admissionOf({ earlier }).admit, NUMBERED, board);
    expect(changed).toMatchObject({ ok: true });
    expect(changed).not.toHaveProperty('alreadyDone');
  });

  it('does not pass a board that the batch cannot count, and tells the batch of a failure', async () => {
    const lost = new EspmintError('REGISTRY_UNREACHABLE', { target: 'db', reason: 'cut' });
    const { admit, failures } = admissionOf({ passed: () => Promise.reject(lost) });
    expect(await run(admit)).toMatchObject({
      ok: false,
      code: 'REGISTRY_UNREACHABLE',
      stage: 'confirm',
    });
    expect(failures).toEqual(['confirm REGISTRY_UNREACHABLE']);
  });
});
