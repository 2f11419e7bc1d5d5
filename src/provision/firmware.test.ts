import { describe, expect, it } from 'vitest';
import {
  FIRMWARE_ROWS,
  makeBuild,
  flasherArgs,
  imageBytes,
  type Build,
  type BuildOptions,
} from '../../test/support/firmware.js';
import { row } from '../../test/support/flash-layouts.js';
import { MAC, PLAN, useFlow, withCalls, type FlowRun } from '../../test/support/flow.js';
import { checkImage } from '../core/firmware/image.js';
import type { FirmwareBundle } from '../core/firmware/bundle.js';
import { readBundle } from '../core/firmware/read-bundle.js';
import { nvsCrc32 } from '../core/nvs/crc32.js';
import { decodeNvs } from '../core/nvs/index.js';
import type { VirtualBoard } from '../virtual/index.js';
import type { PlannedRegion, ProvisionPlan } from './plan/plan.js';

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
    expect(first).toMatchObject({ ok: true, image: NVS_AT });
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
    [
      'less flash than its partition table tells of',
      {},
      { rows: [...FIRMWARE_ROWS, row('more', 'fat', 0x40_0000, 0x10_0000)] },
      /has the partition "more" up to 0x500000 in its table, and the flash of this board has 4 MB/,
    ],
  ])('is refused before anything changes on %s', async (_, board, options, message) => {
    const plugged = flow.plug({ partitionTable: 'none', ...board });
    const counts = countOperations(plugged);
    const result = await flow.run(plugged, { plan: await planFor(options) });
    expect(refused(result)).toMatchObject({ ok: false, code: 'FIRMWARE_NOT_FOR_BOARD' });
    expect(result.ok ? '' : result.message).toMatch(message);
    expect(counts).toEqual({ erase: 0, program: 0 });
  });

  it('fills in the version that the application itself tells, and marks one that was typed', async () => {
    const board = flow.plug({ partitionTable: 'none' });
    const { events } = await flow.run(board, { plan: await planFor({ version: '2.1.0-7-gabcdef01234567' }) });
    expect(events.find(({ type }) => type === 'firmware')).toMatchObject({ app: { project: 'sensor' } });
    const facts: unknown[] = [];
    const noting = withCalls(flow.registry, {
      reserve: (request) => {
        facts.push([
          request.firmwareVersion,
          request.facts?.firmware?.typed,
          request.facts?.firmware?.app?.version,
        ]);
        return flow.registry.reserve(request);
      },
    });
    // Without a bundle: what the flash holds.
    await flow.run(board, { of: noting });
    await flow.run(board, { of: noting, plan: { ...PLAN, firmwareVersion: '9' } });
    const version = '2.1.0-7-gabcdef01234567';
    expect(facts).toEqual([
      [version.slice(0, 20), undefined, version],
      ['9', '9', version],
    ]);
  });

  it('reads the application that really starts: the one that an update put beside the first', async () => {
    const board = flow.plug({ partitionTable: 'none' });
    const rows = [
      ...FIRMWARE_ROWS.filter(({ name }) => name !== 'storage'),
      row('ota_1', 'ota_1', 0x1a0000, 0x180000),
    ];
    await flow.run(board, { plan: await planFor({ rows }) });
    board.flash.bytes.set(imageBytes({ app: { project: 'sensor', version: '3.0' } }), 0x1a0000);
    const record = Buffer.alloc(32, 0xff);
    record.writeUInt32LE(2, 0);
    record.writeUInt32LE(nvsCrc32(record.subarray(0, 4)), 28);
    board.flash.bytes.set(record, 0xf000);
    const { events } = await flow.run(board);
    expect(events.find(({ type }) => type === 'firmware')).toMatchObject({ app: { version: '3.0' } });
  });

  it.each([
    ['firmware', { firmware: '>=2.2' }, /firmware version >=2\.2, and it has 2\.1\.0 \(sensor\)/],
    ['flash', { flash: '8MB' }, /flash 8MB, and it has 4MB/],
    ['revision', { revision: '<3' }, /chip revision <3, and it has v3\.1/],
    ['PSRAM', { psram: '2MB' }, /PSRAM in the chip 2MB, and it has none that can be read/],
  ])('is refused early where the board is not as expected: %s', async (_, expected, message) => {
    const board = flow.plug({ partitionTable: 'none' });
    const counts = countOperations(board);
    const plan = await planFor({}, { expect: expected });
    const result = await flow.run(board, { plan });
    expect(refused(result)).toMatchObject({ ok: false, code: 'BOARD_NOT_AS_EXPECTED' });
    expect(result.ok ? '' : result.message).toMatch(message);
    expect(counts).toEqual({ erase: 0, program: 0 });
    const right = { firmware: '>=2.1 <3', flash: '>=4MB', revision: '>=3.0' };
    expect((await flow.run(board, { plan: { ...plan, expect: right } })).ok).toBe(true);
  });

  it('writes further regions with what belongs to this board, proves them, and writes them once', async () => {
    const regions: PlannedRegion[] = [
      {
        partition: 'factory_data',
        nvs: { namespace: 'factory', rows: [{ key: 'serial', type: 'string', value: 'SN-{{macHex}}' }] },
      },
      { partition: 'storage', file: new Uint8Array(10_000).fill(0x42) },
      { partition: 'phy_init', size: 0x1000, text: 'made for {{mac}}' },
    ];
    const plan = await planFor({}, { regions });
    const board = flow.plug({ partitionTable: 'none' });
    expect((await flow.run(board, { plan })).ok).toBe(true);
    const { values } = decodeNvs(board.flash.read(0x12000, 0x4000));
    expect(values).toMatchObject([{ namespace: 'factory', key: 'serial', value: 'SN-a4cf12345678' }]);
    expect(board.flash.read(0x1a0000, 10_001).lastIndexOf(0x42)).toBe(9_999);
    expect(new TextDecoder().decode(board.flash.read(0x11000, 26))).toBe('made for a4:cf:12:34:56:78');
    const counts = countOperations(board);
    expect((await flow.run(board, { plan })).ok).toBe(true);
    expect(counts).toEqual({ erase: 0, program: 0 });
  });

  it.each<[string, PlannedRegion, string]>([
    ['no such partition', { partition: 'nothing', text: 'x' }, 'PROFILE_REGION_INVALID'],
    [
      'content beyond its partition',
      { partition: 'phy_init', file: new Uint8Array(5000) },
      'PROFILE_REGION_INVALID',
    ],
    ['rows in no NVS', { partition: 'storage', nvs: { rows: [] } }, 'PROFILE_REGION_INVALID'],
    ['the application', { offset: 0x30000, text: 'x' }, 'PROFILE_REGION_INVALID'],
    ['the partition table', { offset: 0x8000, text: 'x' }, 'PROFILE_REGION_INVALID'],
    ['the end of the flash', { offset: 0x3ff000, size: 0x2000, text: 'x' }, 'PROFILE_REGION_INVALID'],
    ['the identity', { partition: 'nvs', text: 'x' }, 'FLASH_PARTS_OVERLAP'],
  ])('refuses a region before anything changes: %s', async (_, region, code) => {
    const board = flow.plug({ partitionTable: 'none' });
    const counts = countOperations(board);
    expect(refused(await flow.run(board, { plan: await planFor({}, { regions: [region] }) }))).toMatchObject({
      ok: false,
      code,
    });
    expect(counts).toEqual({ erase: 0, program: 0 });
  });

  it('is refused where the identity would lie in the firmware', async () => {
    const plan = await planFor({}, { target: { offsetBytes: 0x2_0000, sizeBytes: 0x3000, force: true } });
    const result = await flow.run(flow.plug({ partitionTable: 'none' }), { plan });
    expect(refused(result)).toMatchObject({ ok: false, code: 'FLASH_PARTS_OVERLAP' });
  });
});
