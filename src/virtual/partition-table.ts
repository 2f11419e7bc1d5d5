// Partition tables for the start-up content of a virtual board's flash (ESP-IDF guide, "Partition Tables").
import { createHash } from 'node:crypto';
import { viewOf } from './packet.js';

export const TABLE_ADDRESS = 0x8000;
const TABLE_BYTES = 0xc00;
const ENTRY_BYTES = 32;
const NAME_BYTES = 16;
const ENTRY_MAGIC = 0x50aa;
const MD5_MAGIC = 0xebeb;
const TYPE = { app: 0, data: 1 } as const;
const SUBTYPE = { factory: 0, phy: 1, nvs: 2 } as const;

interface Entry {
  readonly name: string;
  readonly type: number;
  readonly subtype: number;
  readonly offset: number;
  readonly size: number;
}

const nvs = (offset: number, size: number): Entry => ({
  name: 'nvs',
  type: TYPE.data,
  subtype: SUBTYPE.nvs,
  offset,
  size,
});
const phy = (offset: number): Entry => ({
  name: 'phy_init',
  type: TYPE.data,
  subtype: SUBTYPE.phy,
  offset,
  size: 0x1000,
});
const factory = (offset: number, size: number): Entry => ({
  name: 'factory',
  type: TYPE.app,
  subtype: SUBTYPE.factory,
  offset,
  size,
});

/** `espmint`: an NVS partition that takes a 64 KB image. `stock`: Espressif's "single app" default, 24 KB NVS. */
export const KNOWN_TABLES = {
  espmint: [nvs(0x9000, 0x10000), phy(0x19000), factory(0x20000, 0x180000)],
  stock: [nvs(0x9000, 0x6000), phy(0xf000), factory(0x10000, 0x100000)],
} as const;

/** The table as it stands in flash: entries, their MD5, then erased. */
export function encodePartitionTable(entries: readonly Entry[]): Uint8Array {
  const table = new Uint8Array(TABLE_BYTES).fill(0xff);
  const view = viewOf(table);
  entries.forEach((entry, n) => {
    const at = n * ENTRY_BYTES;
    table.fill(0, at, at + ENTRY_BYTES);
    view.setUint16(at, ENTRY_MAGIC, true);
    table.set([entry.type, entry.subtype], at + 2);
    view.setUint32(at + 4, entry.offset, true);
    view.setUint32(at + 8, entry.size, true);
    table.set(new TextEncoder().encode(entry.name).subarray(0, NAME_BYTES), at + 12);
  });
  const end = entries.length * ENTRY_BYTES;
  view.setUint16(end, MD5_MAGIC, true);
  table.set(createHash('md5').update(table.subarray(0, end)).digest(), end + 16);
  return table;
}
