// Flash images of layouts that public projects use, and of what goes wrong with them, made anew for tests.
import { createHash } from 'node:crypto';
import { encodeNvs, encryptNvs, encodeKeyFile, type NvsRow } from '../../src/core/nvs/index.js';
import { scrambled } from './plug-in.js';

const KINDS: Readonly<Record<string, readonly [number, number]>> = {
  nvs: [1, 2],
  ota: [1, 0],
  phy: [1, 1],
  nvs_keys: [1, 4],
  fat: [1, 0x81],
  spiffs: [1, 0x82],
  app: [0, 0],
  ota_0: [0, 0x10],
  ota_1: [0, 0x11],
  custom: [0x3f, 0],
  table: [3, 0],
  'spare-table': [3, 1],
};

export interface Row {
  readonly name: string;
  readonly kind: string;
  readonly offset: number;
  readonly size: number;
  readonly readonly?: boolean;
}

export const row = (name: string, kind: string, offset: number, size: number): Row => ({
  name,
  kind,
  offset,
  size,
});

/** A table as gen_esp32part.py writes it. @param md5 `broken`: of another table. */
export function tableBytes(rows: readonly Row[], md5: 'right' | 'broken' | 'none' = 'right'): Uint8Array {
  const entries = Buffer.alloc(rows.length * 32);
  rows.forEach(({ name, kind, offset, size, readonly }, index) => {
    const at = index * 32;
    const [type = 0, subtype = 0] = KINDS[kind] ?? [];
    entries.writeUInt16LE(0x50aa, at);
    entries.set([type, subtype], at + 2);
    entries.writeUInt32LE(offset, at + 4);
    entries.writeUInt32LE(size, at + 8);
    entries.write(name, at + 12, 16, 'latin1');
    entries.writeUInt32LE(readonly === true ? 2 : 0, at + 28);
  });
  const table = Buffer.alloc(0xc00, 0xff);
  entries.copy(table);
  if (md5 !== 'none') {
    table.set([0xeb, 0xeb], entries.length);
    const digest = createHash('md5')
      .update(entries)
      .update(md5 === 'broken' ? 'x' : '')
      .digest();
    table.set(digest, entries.length + 16);
  }
  return new Uint8Array(table);
}

export const STOCK_ROWS: readonly Row[] = [
  row('nvs', 'nvs', 0x9000, 0x6000),
  row('phy_init', 'phy', 0xf000, 0x1000),
  row('factory', 'app', 0x10000, 0x100000),
];

/** As ESP-Matter has it: certificates at 0xD000 that nobody can make again. */
export const MATTER_ROWS: readonly Row[] = [
  row('esp_secure_cert', 'custom', 0xd000, 0x2000),
  row('nvs', 'nvs', 0x10000, 0x6000),
  row('nvs_keys', 'nvs_keys', 0x16000, 0x1000),
  row('otadata', 'ota', 0x17000, 0x2000),
  row('phy_init', 'phy', 0x19000, 0x1000),
  row('ota_0', 'ota_0', 0x20000, 0x100000),
];

/** An application or a boot loader, as far as anybody looks. */
export function imageBytes(sizeBytes: number, seed = 1): Uint8Array {
  const bytes = scrambled(sizeBytes, seed);
  bytes.set([0xe9, 0x04, 0x02, 0x2f]);
  return bytes;
}

/** The table's rows of another place: all that lies behind it is moved along. */
export const moved = (rows: readonly Row[], by: number): Row[] =>
  rows.map((one) => ({ ...one, offset: one.offset + by }));

/** 4 MB of flash with these pieces in it, and 0xFF between them. */
export function flashOf(pieces: Readonly<Record<number, Uint8Array>>, sizeBytes = 0x40_0000): Uint8Array {
  const flash = new Uint8Array(sizeBytes).fill(0xff);
  for (const [offset, bytes] of Object.entries(pieces)) flash.set(bytes, Number(offset));
  return flash;
}

/** NVS of another software: calibration, counters. */
export const OTHER_ROWS: readonly NvsRow[] = [
  { namespace: 'phy', key: 'cal_version', type: 'u32', value: 5 },
  { namespace: 'app', key: 'boots', type: 'u32', value: 7 },
];
export const nvsBytes = (rows: readonly NvsRow[], sizeBytes: number): Uint8Array =>
  encodeNvs(rows, sizeBytes);

const NVS_KEY = scrambled(64, 77);
export const keyPartition = (): Uint8Array => encodeKeyFile(NVS_KEY);
export const encryptedNvs = (rows: readonly NvsRow[], sizeBytes: number): Uint8Array =>
  encryptNvs(encodeNvs(rows, sizeBytes), NVS_KEY);
