// Partition tables: Espressif's stock table byte by byte, the MD5 proof, and hostile bytes that give typed errors.
import { md5 } from '@noble/hashes/legacy.js';
import { concatBytes, hexToBytes } from '@noble/hashes/utils.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isEspmintError } from './errors/index.js';
import {
  DATA_SUBTYPE,
  PARTITION_TABLE_MAX_BYTES,
  PARTITION_TYPE,
  decodePartitionTable,
  findPartition,
  partitionKind,
  scanPartitionTable,
} from './partition-table.js';

/** ESP-IDF's partitions_singleapp.csv as gen_esp32part.py writes it: nvs, phy_init, factory. */
const STOCK_ENTRIES = [
  'aa50010200900000006000006e76730000000000000000000000000000000000',
  'aa50010100f00000001000007068795f696e6974000000000000000000000000',
  'aa500000000001000000100066616374 6f7279000000000000000000 00000000'.replaceAll(' ', ''),
].map(hexToBytes);
const entries = concatBytes(...STOCK_ENTRIES);
const md5Entry = concatBytes(hexToBytes('ebeb'), new Uint8Array(14).fill(0xff), md5(entries));
const stock = concatBytes(entries, md5Entry, new Uint8Array(PARTITION_TABLE_MAX_BYTES - 128).fill(0xff));

const reasonOf = (bytes: Uint8Array): string => {
  try {
    decodePartitionTable(bytes);
  } catch (error) {
    if (isEspmintError(error, 'PARTITION_TABLE_INVALID')) return error.details.reason;
    throw error;
  }
  return 'accepted';
};

describe('a partition table', () => {
  it('reads the stock table', () => {
    const table = decodePartitionTable(stock);
    expect(table?.md5Checked).toBe(true);
    expect(
      table?.partitions.map(({ label, offsetBytes, sizeBytes }) => [label, offsetBytes, sizeBytes]),
    ).toEqual([
      ['nvs', 0x9000, 0x6000],
      ['phy_init', 0xf000, 0x1000],
      ['factory', 0x10000, 0x100000],
    ]);
    expect(table && findPartition(table, 'nvs')).toMatchObject({
      type: PARTITION_TYPE.data,
      subtype: DATA_SUBTYPE.nvs,
      encrypted: false,
      readonly: false,
    });
    expect(table && findPartition(table, 'storage')).toBeUndefined();
  });

  it.each([
    [0x00, 0x00, 'app/factory'],
    [0x00, 0x1f, 'app/ota_15'],
    [0x00, 0x21, 'app/0x21'],
    [0x01, 0x02, 'data/nvs'],
    [0x01, 0x82, 'data/spiffs'],
    [0x01, 0x77, 'data/0x77'],
    [0x40, 0x01, '0x40/0x1'],
  ])('calls type %i, subtype %i by the name of its CSV', (type, subtype, kind) => {
    expect(partitionKind({ type, subtype })).toBe(kind);
  });

  it('is complete with its MD5 entry, and asks for more before that', () => {
    expect(scanPartitionTable(stock.subarray(0, 128)).state).toBe('complete');
    expect(scanPartitionTable(stock.subarray(0, 127)).state).toBe('more');
    expect(scanPartitionTable(new Uint8Array(0)).state).toBe('more');
  });

  it('is complete with the end marker where it has no MD5 entry', () => {
    const old = concatBytes(entries, new Uint8Array(32).fill(0xff));
    expect(decodePartitionTable(old)).toMatchObject({ md5Checked: false });
  });

  it('is undefined on erased flash', () => {
    expect(decodePartitionTable(new Uint8Array(64).fill(0xff))).toBeUndefined();
  });

  it('reads the flags', () => {
    const flagged = Uint8Array.from(entries);
    flagged[28] = 3;
    const table = decodePartitionTable(concatBytes(flagged, new Uint8Array(32).fill(0xff)));
    expect(table?.partitions[0]).toMatchObject({ encrypted: true, readonly: true });
  });

  it('refuses a table whose bytes changed after its MD5 was made', () => {
    const changed = Uint8Array.from(stock);
    changed[8] = 1;
    expect(reasonOf(changed)).toContain('MD5');
  });

  it.each([
    ['other bytes', Uint8Array.from({ length: 64 }, (_, n) => n), 'where an entry should begin'],
    [
      'an MD5 entry alone',
      concatBytes(hexToBytes('ebeb'), new Uint8Array(14), md5(new Uint8Array(0))),
      'no entry',
    ],
    ['a cut', stock.subarray(0, 96), 'ends before'],
    [
      'entries without end',
      concatBytes(...Array.from({ length: 96 }, () => entries.subarray(0, 32))),
      'no end marker',
    ],
    ['a size of 0', concatBytes(hexToBytes('aa500102009000000000000061'), new Uint8Array(19)), 'no size'],
    [
      'a label of control characters',
      concatBytes(hexToBytes('aa50010200900000001000000a1b'), new Uint8Array(18)),
      'printable',
    ],
    [
      'an end past 4 GB',
      concatBytes(hexToBytes('aa500102ffffffff0200000061'), new Uint8Array(19)),
      'outside any flash',
    ],
  ])('refuses %s', (_, bytes, reason) => {
    expect(reasonOf(bytes)).toContain(reason);
  });

  it('never throws anything else, whatever the bytes', () => {
    const mutated = fc.tuple(fc.nat(stock.length - 1), fc.nat(255)).map(([at, value]) => {
      const bytes = Uint8Array.from(stock);
      bytes[at] = value;
      return bytes;
    });
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 4096 }), mutated), (bytes) => {
        expect(typeof reasonOf(bytes)).toBe('string');
      }),
    );
  });
});
