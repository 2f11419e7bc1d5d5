import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EspmintError } from '../core/errors/index.js';
import { decodeNvs } from '../core/nvs/index.js';
import { parseProfile } from '../core/profile/parse.js';
import { parsePsk } from '../core/psk.js';
import type { ProvisionEvent } from '../core/stages.js';
import { connectBoard } from '../driver/index.js';
import { openKeyFile, type Registry } from '../registry/index.js';
import { createVirtualBoard, memoryTransport, type VirtualBoard } from '../virtual/index.js';
import type { Admission, Admit, ImageProof } from './admission.js';
import type { ProvisionPlan } from './plan.js';
import { provisionDevice } from './provision-device.js';

const folder = mkdtempSync(join(tmpdir(), 'espmint-admission-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const MAC = 'a4:cf:12:34:56:78';
const PLAN: ProvisionPlan = {
  target: { force: false },
  identity: { recipe: 'rfc9562' },
  layout: parseProfile('{name: x, nvs: {rows: [{key: serial, type: string, value: "{{serial}}"}]}}', 'p').nvs,
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

async function run(admit: Admit, plan = PLAN): Promise<ProvisionEvent[]> {
  const events: ProvisionEvent[] = [];
  const connect = async (port: string): ReturnType<typeof connectBoard> =>
    connectBoard(
      await memoryTransport(new Map([['board', board]])).open(port, { baud: 115_200, timeoutMs: 1000 }),
    );
  await provisionDevice(
    'virtual://board',
    plan,
    { connect, registry, admit },
    { onEvent: (e) => events.push(e) },
  );
  return events;
}

const stagesOf = (events: readonly ProvisionEvent[]): string =>
  events.flatMap((event) => (event.type === 'stage' && event.state === 'done' ? [event.stage] : [])).join();

/** A door that remembers what it was told. */
function door(given: Partial<Admission> = {}): { admit: Admit; proofs: ImageProof[]; failures: string[] } {
  const proofs: ImageProof[] = [];
  const failures: string[] = [];
  const admit: Admit = () =>
    Promise.resolve({
      passed: ({ image }) => Promise.resolve(void proofs.push(image)),
      failed: ({ code, stage }) => Promise.resolve(void failures.push(`${stage} ${code}`)),
      ...given,
    });
  return { admit, proofs, failures };
}

describe('the door of a batch', () => {
  it('gives the board its serial number, UUID and key, and hears of the proof', async () => {
    const psk = parsePsk('00112233445566778899aabbccddeeff');
    const uuid = '00000000-0000-4000-8000-000000000001';
    const { admit, proofs } = door({ serial: 'ZC-0001', uuid, psk });
    expect((await run(admit)).at(-1)).toMatchObject({ ok: true, uuid, serial: 'ZC-0001' });
    const values = decodeNvs(board.flash.read(0x9000, 0x10000)).values;
    const flashed = Object.fromEntries(values.map(({ key, value }) => [key, value]));
    expect(flashed).toMatchObject({ global_uuid: uuid, psk_secret: psk, serial: 'ZC-0001' });
    expect(proofs).toHaveLength(1);
    expect(Object.keys(proofs[0] ?? {}).sort()).toEqual(['md5', 'offsetBytes', 'sha256', 'sizeBytes']);
  });

  it('refuses a board before anything is reserved or written', async () => {
    const before = board.flash.read(0, 0x20000);
    const refusal = new EspmintError('INPUT_INVALID', {
      field: 'The batch',
      reason: 'is full',
      hint: 'stop',
    });
    const events = await run(() => Promise.reject(refusal));
    expect(events.at(-1)).toMatchObject({ ok: false, code: 'INPUT_INVALID', stage: 'identify', mac: MAC });
    expect(await registry.find({ mac: MAC })).toBeUndefined();
    expect(board.flash.read(0, 0x20000)).toEqual(before);
  });

  it('passes a device untouched that still holds what it got before, and only then', async () => {
    const first = door();
    await run(first.admit);
    const [earlier] = first.proofs;
    const again = await run(door({ earlier }).admit);
    expect(again.at(-1)).toMatchObject({ ok: true, alreadyDone: true, imageSha256: earlier?.sha256 });
    expect(stagesOf(again)).toBe('connect,inspect,identify,verify,reset,confirm');

    const rotated = await run(door({ earlier }).admit, { ...PLAN, known: 'rotate' });
    expect(rotated.at(-1)).not.toHaveProperty('alreadyDone');
    const changed = await run(door({ earlier }).admit);
    expect(changed.at(-1)).toMatchObject({ ok: true });
    expect(changed.at(-1)).not.toHaveProperty('alreadyDone');
  });

  it('does not pass a board that the batch cannot count, and tells the batch of a failure', async () => {
    const lost = new EspmintError('REGISTRY_UNREACHABLE', { target: 'db', reason: 'cut' });
    const { admit, failures } = door({ passed: () => Promise.reject(lost) });
    expect((await run(admit)).at(-1)).toMatchObject({
      ok: false,
      code: 'REGISTRY_UNREACHABLE',
      stage: 'confirm',
    });
    expect(failures).toEqual(['confirm REGISTRY_UNREACHABLE']);
  });
});
