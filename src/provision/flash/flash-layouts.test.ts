// What happens to the flash of boards whose layout is not the usual one: refused before anything is changed, or only the
// NVS partition changed; and what a refusal advises works.
import { describe, expect, it } from 'vitest';
import {
  encryptedNvs,
  flashOf,
  imageBytes,
  keyPartition,
  MATTER_ROWS,
  moved,
  nvsBytes,
  OTHER_ROWS,
  row,
  STOCK_ROWS,
  tableBytes,
  type Row,
} from '../../../test/support/flash-layouts.js';
import { PLAN, useFlow, type FlowRun } from '../../../test/support/flow.js';
import { scrambled } from '../../../test/support/plug-in.js';
import type { Failed } from '../../core/stages.js';
import type { ErrorCode } from '../../core/errors/index.js';
import { decodeNvs, type NvsRow } from '../../core/nvs/index.js';
import { parseScenario, type BoardOptions } from '../../virtual/index.js';
import type { ProvisionPlan, Target } from '../plan/plan.js';
import type { Region } from './region.js';

const flow = useFlow();

type Changes = Partial<Target> & {
  readonly mode?: 'merge';
  readonly replaceEncrypted?: true;
};

interface Case {
  readonly flash: Uint8Array;
  readonly chip?: BoardOptions['chip'];
  readonly changes?: Changes;
}

const planWith = ({ mode, replaceEncrypted, ...target }: Changes = {}): ProvisionPlan => ({
  ...PLAN,
  target: { force: false, ...target },
  layout: {
    ...PLAN.layout,
    ...(mode === undefined ? {} : { mode }),
    ...(replaceEncrypted === undefined ? {} : { replaceEncrypted }),
  },
});

async function run({ flash, chip = 'esp32', changes }: Case): Promise<FlowRun & { after: Uint8Array }> {
  const board = flow.plug({ chip, flashContent: flash, flashSizeBytes: flash.length });
  const result = await flow.run(board, { plan: planWith(changes) });
  return { ...result, after: board.flash.read(0, flash.length) };
}

/** Passes, and changes nothing but that region. */
async function passesIn({ flash, ...rest }: Case, region: Region): Promise<void> {
  const { after, ...result } = await run({ flash, ...rest });
  expect(result).toMatchObject({ ok: true, image: region });
  const end = region.offsetBytes + region.sizeBytes;
  const expected = Uint8Array.from(flash);
  expected.set(after.subarray(region.offsetBytes, end), region.offsetBytes);
  expect(Buffer.compare(after, expected)).toBe(0);
  const { values } = decodeNvs(after.subarray(region.offsetBytes, end));
  expect(values.filter(({ key }) => key === 'psk_secret')).toHaveLength(1);
}

/** Is refused, and nothing at all has changed. */
async function isRefused(one: Case, code: ErrorCode): Promise<void> {
  const { after, ...result } = await run(one);
  expect(result).toMatchObject({ ok: false, code });
  expect(Buffer.compare(after, one.flash)).toBe(0);
}

const at = (offsetBytes: number, sizeBytes: number): Region => ({ offsetBytes, sizeBytes });
const BOOT_LOADER = imageBytes(0x5400);

describe('a partition table that is not at 0x8000', () => {
  const matter = flashOf({
    0: BOOT_LOADER,
    0xc000: tableBytes(MATTER_ROWS),
    0xd000: scrambled(0x1000, 3),
    0x20000: imageBytes(0x20000),
  });

  it('is found at 0xC000, and what lies between it and the NVS stays', () =>
    passesIn({ flash: matter, chip: 'esp32c3' }, at(0x10000, 0x6000)));

  it('is found behind a boot loader that covers 0x8000', () => {
    const rows = [row('nvs', 'nvs', 0xe000, 0x4000), row('ota_0', 'ota_0', 0x20000, 0x100000)];
    const flash = flashOf({ 0: imageBytes(52 * 1024), 0xd000: tableBytes(rows), 0x20000: imageBytes(5000) });
    return passesIn({ flash, chip: 'esp32s3' }, at(0xe000, 0x4000));
  });

  it.each([0x1000, 0x9000, 0xf000, 0x10000, 0x12000, 0x18000, 0x1f000, 0x20000])(
    'is found at 0x%s (written in decimal)',
    async (offset) => {
      const rows = moved(STOCK_ROWS, offset - 0x8000);
      await passesIn({ flash: flashOf({ [offset]: tableBytes(rows) }) }, at(offset + 0x1000, 0x6000));
    },
  );

  it('is read where it is said to be, even behind 0x20000', async () => {
    const flash = flashOf({ 0x40000: tableBytes(moved(STOCK_ROWS, 0x38000)), 0x1000: BOOT_LOADER });
    await isRefused({ flash }, 'PARTITION_TABLE_MISSING');
    await passesIn({ flash, changes: { tableOffsetBytes: 0x40000 } }, at(0x41000, 0x6000));
  });

  it('has no MD5 entry on boards of old, and counts all the same', () =>
    passesIn(
      { flash: flashOf({ 0xa000: tableBytes(moved(STOCK_ROWS, 0x2000), 'none') }) },
      at(0xb000, 0x6000),
    ));

  it('is not where it is said to be: refused, until it is', async () => {
    await isRefused({ flash: matter, changes: { tableOffsetBytes: 0x8000 } }, 'PARTITION_TABLE_MISSING');
    await passesIn({ flash: matter, changes: { tableOffsetBytes: 0xc000 } }, at(0x10000, 0x6000));
  });
});

describe('two partition tables', () => {
  const both = flashOf({ 0x8000: tableBytes(STOCK_ROWS), 0xc000: tableBytes(MATTER_ROWS) });

  it('are refused: one is left of an earlier firmware, and nothing tells which', () =>
    isRefused({ flash: both }, 'PARTITION_TABLE_AMBIGUOUS'));

  it('are settled by --partition-table-offset', async () => {
    await passesIn({ flash: both, changes: { tableOffsetBytes: 0xc000 } }, at(0x10000, 0x6000));
    await passesIn({ flash: both, changes: { tableOffsetBytes: 0x8000 } }, at(0x9000, 0x6000));
  });

  it('are one where the second is the spare that the first lists', () => {
    const rows = [
      row('main', 'table', 0x8000, 0x1000),
      ...STOCK_ROWS,
      row('spare', 'spare-table', 0x12000, 0x1000),
    ];
    const table = tableBytes(rows.filter(({ name }) => name !== 'factory'));
    return passesIn({ flash: flashOf({ 0x8000: table, 0x12000: table }) }, at(0x9000, 0x6000));
  });

  it('are one where the second is a copy that stands behind its own partitions', () =>
    passesIn(
      { flash: flashOf({ 0x8000: tableBytes(STOCK_ROWS), 0x1f000: tableBytes(STOCK_ROWS) }) },
      at(0x9000, 0x6000),
    ));

  it('are refused where one of them is damaged', () =>
    isRefused(
      { flash: flashOf({ 0x8000: tableBytes(STOCK_ROWS, 'broken'), 0xc000: tableBytes(MATTER_ROWS) }) },
      'PARTITION_TABLE_AMBIGUOUS',
    ));
});

describe('flash whose table cannot be read', () => {
  const force = { offsetBytes: 0x9000, sizeBytes: 0x4000, force: true };
  const cases: readonly [string, Uint8Array, ErrorCode][] = [
    ['a wrong MD5 entry', flashOf({ 0x8000: tableBytes(STOCK_ROWS, 'broken') }), 'PARTITION_TABLE_INVALID'],
    ['encrypted from end to end', scrambled(0x40_0000, 9), 'PARTITION_TABLE_MISSING'],
    [
      'an application at 0x10000 and no table',
      flashOf({ 0x10000: imageBytes(0x9000) }),
      'PARTITION_TABLE_MISSING',
    ],
    ['a boot loader and no table', flashOf({ 0x1000: BOOT_LOADER }), 'PARTITION_TABLE_MISSING'],
    ['data at 0x8000', flashOf({ 0x8000: scrambled(0x1000, 4) }), 'PARTITION_TABLE_MISSING'],
    ['only a copy of a table', flashOf({ 0x1f000: tableBytes(STOCK_ROWS) }), 'PARTITION_TABLE_INVALID'],
  ];

  it.each(cases)('is refused: %s', (_, flash, code) => isRefused({ flash }, code));

  it.each(cases)('is written where --offset, --size and --force-offset say: %s', (_, flash) =>
    passesIn({ flash, changes: force }, at(0x9000, 0x4000)),
  );

  it('is not forced without an offset', () =>
    isRefused(
      { flash: flashOf({ 0x10000: imageBytes(0x9000) }), changes: { force: true } },
      'PARTITION_TABLE_MISSING',
    ));
});

describe('flash without a partition table', () => {
  it('is written where it is blank', () => passesIn({ flash: flashOf({}) }, at(0x9000, 0x10000)));

  it('is written where it holds NVS already, damaged pages and gaps included', async () => {
    const earlier = nvsBytes(OTHER_ROWS, 0x10000);
    await passesIn({ flash: flashOf({ 0x9000: earlier }) }, at(0x9000, 0x10000));
    const partly = flashOf({ 0xb000: earlier.subarray(0, 0x1000), 0x12000: earlier.subarray(0, 0x1000) });
    await passesIn({ flash: partly }, at(0x9000, 0x10000));
  });

  it('leaves data beside the region alone', () =>
    passesIn(
      { flash: flashOf({ 0x7f80: scrambled(0x80, 5), 0x19000: scrambled(0x1000, 6) }) },
      at(0x9000, 0x10000),
    ));

  it('is refused where the region holds what is no NVS', async () => {
    for (const where of [0x9000, 0x9800, 0x18fff]) {
      const flash = flashOf({ [where]: scrambled(Math.min(0x800, 0x19000 - where), 6) });
      await isRefused({ flash }, 'REGION_IN_USE');
      await passesIn({ flash, changes: { offsetBytes: 0x20000, sizeBytes: 0x4000 } }, at(0x20000, 0x4000));
      await passesIn({ flash, changes: { force: true } }, at(0x9000, 0x10000));
    }
  });

  it('gets its image behind the place where the table will be', async () => {
    await passesIn({ flash: flashOf({}), changes: { tableOffsetBytes: 0xc000 } }, at(0xd000, 0x10000));
    const over = { tableOffsetBytes: 0xc000, offsetBytes: 0x9000, sizeBytes: 0x6000 };
    await isRefused({ flash: flashOf({}), changes: over }, 'REGION_INVALID');
  });
});

describe('a region inside an NVS partition', () => {
  const rows: readonly Row[] = [row('nvs', 'nvs', 0x9000, 0x6000)];
  const earlierDevice: readonly NvsRow[] = [
    { namespace: 'zc', key: 'psk_secret', type: 'string', value: 'ffeeddccbbaa99887766554433221100' },
  ];
  const withOld = (content: Uint8Array, where: number): Uint8Array =>
    flashOf({ 0x8000: tableBytes(rows), [where]: content });
  const front = { offsetBytes: 0x9000, sizeBytes: 0x3000 };

  it('passes where the rest of the partition is blank', () =>
    passesIn({ flash: flashOf({ 0x8000: tableBytes(rows) }), changes: front }, at(0x9000, 0x3000)));

  it('is refused where an old page behind it holds another key, forced or not', async () => {
    const page = nvsBytes(earlierDevice, 0x3000).subarray(0, 0x1000);
    // Newer than all that the image will have.
    const newer = renumbered(page, 9);
    for (const flash of [withOld(page, 0xc000), withOld(newer, 0xc000), withOld(newer, 0xe000)]) {
      await isRefused({ flash, changes: front }, 'NVS_REGION_SHARED');
      await isRefused({ flash, changes: { ...front, force: true } }, 'NVS_REGION_SHARED');
      await passesIn({ flash }, at(0x9000, 0x6000));
    }
    const { message } = (await run({ flash: withOld(newer, 0xe000), changes: front })) as Failed;
    expect(message).toMatch(/psk_secret/);
    expect(message).not.toMatch(/ffeeddcc/);
  });

  it('is refused where an old page in front of it does', () => {
    const flash = withOld(nvsBytes(earlierDevice, 0x3000).subarray(0, 0x1000), 0x9000);
    return isRefused({ flash, changes: { offsetBytes: 0xc000, sizeBytes: 0x3000 } }, 'NVS_REGION_SHARED');
  });

  it('is refused where an old page gives the number of our namespace to another one', () => {
    const page = renumbered(nvsBytes(OTHER_ROWS, 0x3000).subarray(0, 0x1000), 9);
    return isRefused({ flash: withOld(page, 0xd000), changes: front }, 'NVS_REGION_SHARED');
  });

  it('keeps the other values where the whole partition is merged, as the refusal advises', async () => {
    const page = renumbered(nvsBytes(OTHER_ROWS, 0x3000).subarray(0, 0x1000), 9);
    const { after, ok } = await run({ flash: withOld(page, 0xd000), changes: { mode: 'merge' } });
    expect(ok).toBe(true);
    const names = decodeNvs(after.subarray(0x9000, 0xf000)).values.map(({ key }) => key);
    expect(names).toEqual(expect.arrayContaining(['boots', 'cal_version', 'psk_secret']));
  });
});

describe('an encrypted NVS', () => {
  const rows: readonly Row[] = [row('nvs', 'nvs', 0x9000, 0x6000), row('keys', 'nvs_keys', 0xf000, 0x1000)];
  const table = tableBytes(rows);
  const encrypted = encryptedNvs(OTHER_ROWS, 0x6000);
  const cases: readonly [string, Uint8Array][] = [
    ['with its key beside it', flashOf({ 0x8000: table, 0x9000: encrypted, 0xf000: keyPartition() })],
    ['with its key elsewhere', flashOf({ 0x8000: table, 0x9000: encrypted })],
    ['not begun yet, but with a key for it', flashOf({ 0x8000: table, 0xf000: keyPartition() })],
  ];

  it.each(cases)('is not replaced by a plain one without a word: %s', async (_, flash) => {
    await isRefused({ flash }, 'NVS_REGION_ENCRYPTED');
    await isRefused({ flash, changes: { mode: 'merge' } }, 'NVS_REGION_ENCRYPTED');
  });

  it.each(cases)('is replaced where that is asked for: %s', (_, flash) =>
    passesIn({ flash, changes: { replaceEncrypted: true } }, at(0x9000, 0x6000)),
  );

  it('is none where the key partition is blank, or the NVS can be read as it is', async () => {
    await passesIn({ flash: flashOf({ 0x8000: table }) }, at(0x9000, 0x6000));
    const plain = { 0x9000: nvsBytes(OTHER_ROWS, 0x6000), 0xf000: keyPartition() };
    await passesIn({ flash: flashOf({ 0x8000: table, ...plain }) }, at(0x9000, 0x6000));
  });
});

describe('an NVS partition beyond 16 MB', () => {
  it('is refused, since the ROM would write to the start of the flash and prove it there', () => {
    const rows = [row('ota_0', 'ota_0', 0x10000, 0x1000000), row('nvs', 'nvs', 0x1010000, 0x10000)];
    const pieces = { 0: BOOT_LOADER, 0x8000: tableBytes(rows), 0x10000: imageBytes(0x20000) };
    return isRefused({ flash: flashOf(pieces, 0x200_0000), chip: 'esp32s3' }, 'FLASH_OUT_OF_REACH');
  });
});

describe('a worn cable', () => {
  it.each([1, 2, 3, 4, 5, 6])('is never taken for a flash layout (seed %s)', async (seed) => {
    const flash = flashOf({
      0x1000: BOOT_LOADER,
      0x8000: tableBytes(STOCK_ROWS),
      0x10000: imageBytes(0x9000, seed),
    });
    const faults = { seed, faults: [{ kind: 'baud-limit', baud: 115_200, oneIn: 200 }] } as const;
    const board = flow.plug({ flashContent: flash });
    board.arm(parseScenario(JSON.stringify(faults)));
    const result = await flow.run(board, { plan: { ...PLAN, attempts: 3 } });
    expect(result).toMatchObject({ ok: true, image: { offsetBytes: 0x9000, sizeBytes: 0x6000 } });
  });
});

describe('an NVS partition of less than three pages', () => {
  it.each([0x1000, 0x2000])('is written where the table marks it as read-only: %s bytes', (size) => {
    const rows = [{ ...row('nvs', 'nvs', 0x9000, size), readonly: true }];
    return passesIn({ flash: flashOf({ 0x8000: tableBytes(rows) }) }, at(0x9000, size));
  });

  it('is refused where the firmware would have to write to it', () =>
    isRefused(
      { flash: flashOf({ 0x8000: tableBytes([row('nvs', 'nvs', 0x9000, 0x2000)]) }) },
      'REGION_INVALID',
    ));
});

describe('values that go', () => {
  it('are told by name, without saying whose they are', async () => {
    const flash = flashOf({ 0x8000: tableBytes(STOCK_ROWS), 0x9000: nvsBytes(OTHER_ROWS, 0x6000) });
    const { events } = await run({ flash });
    const warnings = events.flatMap((event) => (event.type === 'warning' ? [event] : []));
    expect(warnings).toMatchObject([{ code: 'NVS_VALUES_LOST' }]);
    expect(warnings[0]?.message).toMatch(/phy:cal_version, app:boots/);
    expect(warnings[0]?.message).not.toMatch(/other software/);
  });
});

/** The page with another sequence number. */
function renumbered(page: Uint8Array, sequence: number): Uint8Array {
  const copy = Buffer.from(page);
  copy.writeUInt32LE(sequence, 4);
  copy.writeUInt32LE(crcOf(copy.subarray(4, 28)), 28);
  return new Uint8Array(copy);
}

/** CRC-32 as NVS has it: seed 0xFFFFFFFF (a second reading, beside the codec's own). */
function crcOf(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ ((crc & 1) === 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}
