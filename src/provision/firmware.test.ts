import { describe, expect, it } from 'vitest';
import {
  makeBuild,
  flasherArgs,
  imageBytes,
  type Build,
  type BuildOptions,
} from '../../test/support/firmware.js';
import { MAC, PLAN, useFlow, type FlowRun } from '../../test/support/flow.js';
import { checkImage } from '../core/firmware/image.js';
import type { FirmwareBundle } from '../core/firmware/bundle.js';
import { readBundle } from '../core/firmware/read-bundle.js';
import { decodeNvs } from '../core/nvs/index.js';
import type { VirtualBoard } from '../virtual/index.js';
import type { ProvisionPlan } from './plan.js';

const flow = useFlow();
const NVS_AT = { offsetBytes: 0x9000, sizeBytes: 0x6000 };
const BOOT_LOADER = { offsetBytes: 0x1000, sizeBytes: 0x7000 };

async function bundleOf(build: Build): Promise<FirmwareBundle> {
  const files = new Map(Object.values(build.files).map(({ path, bytes }) => [path, bytes]));
  return readBundle({
    file: 'flasher_args.json',
    bytes: new TextEncoder().encode(flasherArgs(build)),
    read: (path) => Promise.resolve(files.get(path) ?? new Uint8Array()),
  });
}

const planFor = async (
  options: BuildOptions = {},
  change: Partial<ProvisionPlan> = {},
): Promise<ProvisionPlan> => ({
  ...PLAN,
  ...change,
  firmware: await bundleOf(makeBuild(options)),
});

function countOperations(board: VirtualBoard): { erase: number; program: number } {
  const counts = { erase: 0, program: 0 };
  board.flash.observe({
    before: ({ kind }) => {
      counts[kind] += 1;
      return 'done';
    },
  });
  return counts;
}

/** All parts of the bundle, byte for byte. */
function holdsFirmware(board: VirtualBoard, { firmware }: ProvisionPlan): boolean {
  return (firmware?.builds[0]?.parts ?? []).every(
    ({ offsetBytes, bytes }) => Buffer.compare(board.flash.read(offsetBytes, bytes.length), bytes) === 0,
  );
}

const canStart = (board: VirtualBoard): boolean =>
  !('reason' in checkImage(board.flash.read(BOOT_LOADER.offsetBytes, BOOT_LOADER.sizeBytes)));

function pskOn(board: VirtualBoard): string | undefined {
  const { values } = decodeNvs(board.flash.read(NVS_AT.offsetBytes, NVS_AT.sizeBytes));
  const found = values.find(({ key }) => key === 'psk_secret');
  return found?.type === 'string' ? found.value : undefined;
}

const refused = (result: FlowRun): unknown => ({
  ok: result.ok,
  code: result.ok ? undefined : result.code,
  message: result.ok ? '' : result.message,
});

describe('a run with firmware', () => {
  it('flashes a blank board and gives it its identity, and finds nothing to write the next time', async () => {
    const plan = await planFor();
    const board = flow.plug({ partitionTable: 'none' });
    const first = await flow.run(board, { plan });
    expect(first).toMatchObject({ ok: true, offset: NVS_AT.offsetBytes, size: NVS_AT.sizeBytes });
    expect(holdsFirmware(board, plan)).toBe(true);
    expect(pskOn(board)).toBe(await flow.registry.reveal(MAC, 'test'));
    const counts = countOperations(board);
    expect((await flow.run(board, { plan })).ok).toBe(true);
    expect(counts).toEqual({ erase: 0, program: 0 });
  });

  it('tells how much of the flash is written', async () => {
    const { events } = await flow.run(flow.plug({ partitionTable: 'none' }), { plan: await planFor() });
    const reported = events.flatMap((event) => (event.type === 'progress' ? [event] : []));
    expect(reported.at(-1)?.doneBytes).toBe(reported.at(-1)?.totalBytes);
    expect(reported.length).toBeGreaterThan(3);
  });

  it('brings a board with earlier firmware to the new one, and starts the right application', async () => {
    const old = await planFor({ version: '1.0.0' });
    const board = flow.plug({ partitionTable: 'none' });
    await flow.run(board, { plan: old });
    // The earlier firmware had updated itself, and its second application starts.
    board.flash.bytes.set(imageBytes({ sizeBytes: 4_000 }).subarray(0, 32), 0xf000);
    const plan = await planFor({ version: '2.1.0' });
    const key = pskOn(board);
    expect((await flow.run(board, { plan })).ok).toBe(true);
    expect(holdsFirmware(board, plan)).toBe(true);
    expect(pskOn(board)).toBe(key);
  });

  it('never starts half-made when its power fails, and the next run ends it with the same key', async () => {
    const plan = await planFor({ appBytes: 30_000 });
    const counts = countOperations(await made(plan));
    const old = await planFor({ version: '0.9', appBytes: 30_000 });
    for (const operation of ['erase', 'program'] as const) {
      const all = Math.max(counts[operation], operation === 'erase' ? 12 : 0);
      for (let nth = 1; nth <= all; nth += operation === 'erase' ? 2 : 61) {
        const board = flow.plug({ partitionTable: 'none' });
        await flow.run(board, { plan: old });
        const key = pskOn(board);
        board.arm({ seed: 1, faults: [{ kind: 'power-loss-during', operation, nth }] });
        const cut = await flow.run(board, { plan });
        if (!cut.ok) {
          expect(canStart(board) && !holdsFirmware(board, plan) && !holdsFirmware(board, old)).toBe(false);
        }
        board.arm({ seed: 1, faults: [] });
        expect((await flow.run(board, { plan })).ok).toBe(true);
        expect(holdsFirmware(board, plan)).toBe(true);
        expect(pskOn(board)).toBe(key);
        board.dispose();
      }
    }
  });

  async function made(plan: ProvisionPlan): Promise<VirtualBoard> {
    const board = flow.plug({ partitionTable: 'none' });
    await flow.run(board, { plan: { ...plan, firmware: undefined } });
    return board;
  }

  it('repairs a byte of the application that is another', async () => {
    const plan = await planFor();
    const board = flow.plug({ partitionTable: 'none' });
    await flow.run(board, { plan });
    board.flash.bytes[0x25_123] = 0;
    expect((await flow.run(board, { plan })).ok).toBe(true);
    expect(holdsFirmware(board, plan)).toBe(true);
  });

  it('keeps what lies beside: a partition that the bundle leaves out stays as it is', async () => {
    const plan = await planFor();
    const board = flow.plug({ partitionTable: 'none' });
    board.flash.bytes.fill(0x5a, 0x1a_0000, 0x1e_0000);
    expect((await flow.run(board, { plan })).ok).toBe(true);
    expect(board.flash.read(0x1a_0000, 0x4_0000).every((byte) => byte === 0x5a)).toBe(true);
  });

  it.each([
    ['another chip', { chip: 'esp32s3' as const }, {}, /is for ESP32, and this board has an ESP32-S3/],
    [
      'an older revision',
      { revision: { major: 1, minor: 0 } },
      { app: { minRevision: 300 } },
      /from v3\.0 on .* this chip is v1\.0/,
    ],
    [
      'less flash',
      { flashSizeBytes: 0x10_0000 },
      { appBytes: 1_000_000 },
      /built for 4 MB of flash .* this board has 1 MB/,
    ],
  ])('is refused before anything changes on %s', async (_, board, options, message) => {
    const plugged = flow.plug({ partitionTable: 'none', ...board });
    const counts = countOperations(plugged);
    const result = await flow.run(plugged, { plan: await planFor(options) });
    expect(refused(result)).toMatchObject({ ok: false, code: 'FIRMWARE_NOT_FOR_BOARD' });
    expect(result.ok ? '' : result.message).toMatch(message);
    expect(counts).toEqual({ erase: 0, program: 0 });
  });

  it('is refused where the identity would lie in the firmware', async () => {
    const plan = await planFor({}, { target: { offsetBytes: 0x2_0000, sizeBytes: 0x3000, force: true } });
    const result = await flow.run(flow.plug({ partitionTable: 'none' }), { plan });
    expect(refused(result)).toMatchObject({ ok: false, code: 'FLASH_PARTS_OVERLAP' });
  });
});
