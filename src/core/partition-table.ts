// The partition table in flash (ESP-IDF, "Partition Tables"): 32-byte entries, an MD5 entry, an end marker.
import { hex } from './text.js';
import { md5 } from '@noble/hashes/legacy.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { EspmintError } from './errors/index.js';

/** Where ESP-IDF puts the table unless a project moves it, bytes from the start of flash. */
export const PARTITION_TABLE_OFFSET_BYTES = 0x8000;
/** The most that a table may take, with its MD5 entry and end marker. */
export const PARTITION_TABLE_MAX_BYTES = 0xc00;
const PARTITION_ENTRY_BYTES = 32;

/** Partition types and subtypes that espmint knows by name (esp_partition.h). */
export const PARTITION_TYPE = { app: 0x00, data: 0x01, bootloader: 0x02, partitionTable: 0x03 } as const;
export const DATA_SUBTYPE = { ota: 0x00, phy: 0x01, nvs: 0x02, nvsKeys: 0x04 } as const;

const ENTRY_MAGIC = 0x50aa;
const MD5_MAGIC = 0xebeb;
const MD5_DIGEST_AT = 16;
const LABEL_AT = 12;
const LABEL_BYTES = 16;
const FLAGS_AT = 28;
const FLAG_ENCRYPTED = 1 << 0;
const FLAG_READONLY = 1 << 1;
const ERASED = 0xff;

export interface Partition {
  readonly label: string;
  /** 0 = app, 1 = data, 0x40 and up = the project's own. */
  readonly type: number;
  readonly subtype: number;
  /** Bytes from the start of flash. */
  readonly offsetBytes: number;
  readonly sizeBytes: number;
  /** The firmware reads and writes it through flash encryption. */
  readonly encrypted: boolean;
  readonly readonly: boolean;
}

export interface PartitionTable {
  readonly partitions: readonly Partition[];
  /** Whether an MD5 entry proved the table. Tables of ESP-IDF before 3.1, or built without it, have none. */
  readonly md5Checked: boolean;
}

/** What is known after some bytes from the start of a table: it is whole, there is none, or more must be read. */
export type PartitionScan =
  | { readonly state: 'complete'; readonly table: PartitionTable }
  | { readonly state: 'blank' }
  | { readonly state: 'more' };

/**
 * Reads a table from its first bytes on, as far as they go. A valid MD5 entry or the end marker completes it: nothing
 * can follow either.
 * @throws PARTITION_TABLE_INVALID when the bytes are neither a table nor erased flash.
 */
export function scanPartitionTable(bytes: Uint8Array): PartitionScan {
  const partitions: Partition[] = [];
  const end = Math.min(bytes.length, PARTITION_TABLE_MAX_BYTES);
  for (let at = 0; at + PARTITION_ENTRY_BYTES <= end; at += PARTITION_ENTRY_BYTES) {
    const entry = bytes.subarray(at, at + PARTITION_ENTRY_BYTES);
    const view = new DataView(entry.buffer, entry.byteOffset, entry.length);
    const magic = view.getUint16(0, true);
    if (magic === ENTRY_MAGIC) {
      partitions.push(decodeEntry(entry, view, at));
    } else if (magic === MD5_MAGIC) {
      checkMd5(entry, bytes.subarray(0, at), at);
      return complete(partitions, true);
    } else if (entry.every((byte) => byte === ERASED)) {
      return at === 0 ? { state: 'blank' } : complete(partitions, false);
    } else {
      const reason = `has 0x${magic.toString(16).padStart(4, '0')} where an entry should begin`;
      throw invalid(at, at === 0 ? `${reason}; it may be encrypted or stand elsewhere` : reason);
    }
  }
  if (end === PARTITION_TABLE_MAX_BYTES) throw invalid(end, 'has no end marker');
  return { state: 'more' };
}

/**
 * A whole table, or undefined for erased flash.
 * @throws PARTITION_TABLE_INVALID also when the bytes end before the table does.
 */
export function decodePartitionTable(bytes: Uint8Array): PartitionTable | undefined {
  const scan = scanPartitionTable(bytes);
  if (scan.state === 'more') throw invalid(bytes.length, 'ends before its end marker');
  return scan.state === 'blank' ? undefined : scan.table;
}

/** Subtypes as tables in CSV write them (gen_esp32part.py); `ota_0` to `ota_15` are made of their number. */
const APP_NAMES: Readonly<Record<number, string>> = { 0x00: 'factory', 0x20: 'test' };
const DATA_NAMES: Readonly<Record<number, string>> = {
  0x00: 'ota',
  0x01: 'phy',
  0x02: 'nvs',
  0x03: 'coredump',
  0x04: 'nvs_keys',
  0x05: 'efuse',
  0x06: 'undefined',
  0x80: 'esphttpd',
  0x81: 'fat',
  0x82: 'spiffs',
  0x83: 'littlefs',
};
/** Types for updates of the boot loader and the table themselves (ESP-IDF 5.4 and later). */
const TYPE_NAMES: Readonly<Record<number, string>> = { 0x02: 'bootloader', 0x03: 'partition_table' };
const OWN_SUBTYPE_NAMES: Readonly<Record<number, string>> = {
  0x00: 'primary',
  0x01: 'ota',
  0x02: 'recovery',
};
const FIRST_OTA_SUBTYPE = 0x10;
const OTA_SUBTYPES = 16;

/** `data/nvs`, `app/ota_0`; a number in hex where there is no name: `0x40/0x1`. */
export function partitionKind({ type, subtype }: Pick<Partition, 'type' | 'subtype'>): string {
  if (type === PARTITION_TYPE.app) return `app/${appName(subtype)}`;
  const own = TYPE_NAMES[type];
  if (own !== undefined) return `${own}/${OWN_SUBTYPE_NAMES[subtype] ?? hex(subtype)}`;
  if (type === PARTITION_TYPE.data) return `data/${DATA_NAMES[subtype] ?? hex(subtype)}`;
  return `${hex(type)}/${hex(subtype)}`;
}

function appName(subtype: number): string {
  const ota = subtype - FIRST_OTA_SUBTYPE;
  return ota >= 0 && ota < OTA_SUBTYPES ? `ota_${ota}` : (APP_NAMES[subtype] ?? hex(subtype));
}

/** The partition of that label. */
export function findPartition(table: PartitionTable, label: string): Partition | undefined {
  return table.partitions.find((partition) => partition.label === label);
}

function decodeEntry(entry: Uint8Array, view: DataView, at: number): Partition {
  const flags = view.getUint32(FLAGS_AT, true);
  const partition = {
    label: decodeLabel(entry.subarray(LABEL_AT, LABEL_AT + LABEL_BYTES), at),
    type: view.getUint8(2),
    subtype: view.getUint8(3),
    offsetBytes: view.getUint32(4, true),
    sizeBytes: view.getUint32(8, true),
    encrypted: (flags & FLAG_ENCRYPTED) !== 0,
    readonly: (flags & FLAG_READONLY) !== 0,
  };
  const { label, offsetBytes, sizeBytes } = partition;
  if (sizeBytes === 0) throw invalid(at, `gives partition "${label}" no size`);
  if (offsetBytes + sizeBytes > 2 ** 32) throw invalid(at, `lets partition "${label}" end outside any flash`);
  return partition;
}

/** NUL-terminated ASCII in 16 bytes; what no tool writes is shown as an error rather than on a screen. */
function decodeLabel(field: Uint8Array, at: number): string {
  const nul = field.indexOf(0);
  const text = nul === -1 ? field : field.subarray(0, nul);
  if (text.some((byte) => byte < 0x20 || byte > 0x7e))
    throw invalid(at, 'has a label that is not printable text');
  return String.fromCharCode(...text);
}

function checkMd5(entry: Uint8Array, covered: Uint8Array, at: number): void {
  const stored = bytesToHex(entry.subarray(MD5_DIGEST_AT));
  const computed = bytesToHex(md5(covered));
  if (stored !== computed)
    throw invalid(at, `fails its own MD5 check (stored ${stored}, computed ${computed})`);
}

function complete(partitions: readonly Partition[], md5Checked: boolean): PartitionScan {
  if (partitions.length === 0) throw invalid(0, 'has no entry');
  return { state: 'complete', table: { partitions, md5Checked } };
}

function invalid(atByte: number, reason: string): EspmintError<'PARTITION_TABLE_INVALID'> {
  return new EspmintError('PARTITION_TABLE_INVALID', { atByte, reason });
}
