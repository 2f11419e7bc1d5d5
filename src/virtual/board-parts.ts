// What a board is made of before it is switched on: the chip's identity and the first content of its flash.
import { createHash } from 'node:crypto';
import { getChip, type ChipName } from '../core/chips/index.js';
import { usualCrystalMhz, type ChipIdentity, type SecurityFuses } from './efuses.js';
import type { ApplicationName } from './firmware/application.js';
import type { VirtualWifi } from './firmware/wifi/air.js';
import { encodePartitionTable, KNOWN_TABLES, TABLE_ADDRESS } from './partition-table.js';

export interface BoardOptions {
  readonly chip?: ChipName;
  /** Lower case with colons. */
  readonly mac?: string;
  /** 32 hex digits, in the order of the eFuses; absent: none was burnt. Chips without the field ignore it. */
  readonly uniqueId?: string;
  readonly revision?: { readonly major: number; readonly minor: number };
  readonly packageVersion?: number;
  /** A power of two; default 4 MB. */
  readonly flashSizeBytes?: number;
  /** Start-up content of flash: a known table at 0x8000, a table's bytes, or nothing. */
  readonly partitionTable?: keyof typeof KNOWN_TABLES | 'none' | Uint8Array;
  /** Whole flash content from address 0, instead of a partition table. */
  readonly flashContent?: Uint8Array;
  readonly security?: Partial<SecurityFuses>;
  /** 32 bytes, as `espsecure` keeps them in a file; default: made of the MAC. Used where flash encryption is on. */
  readonly flashKey?: Uint8Array;
  /** Default: the usual one of that chip. */
  readonly crystalMhz?: number;
  /** `bridge`: a USB-serial chip with the auto-reset circuit. `usb-jtag`: the chip's own USB port. */
  readonly adapter?: 'bridge' | 'usb-jtag';
  /** What runs when the chip starts from flash; default `stock`. */
  readonly application?: ApplicationName;
  /** Networks around the board, and how its Wi-Fi firmware behaves. */
  readonly wifi?: VirtualWifi;
}

const DEFAULT_FLASH_BYTES = 4 * 1024 * 1024;
export const DEFAULT_MAC = 'a4:cf:12:34:56:78';

/** Packages that have a plain name; every other chip's package is 0. */
const PACKAGES: Partial<Record<ChipName, number>> = { esp32: 1 };
/** A revision of each chip that is sold, and that takes the flasher stub. */
const REVISIONS: Readonly<Record<ChipName, { major: number; minor: number }>> = {
  esp32: { major: 3, minor: 1 },
  esp32s2: { major: 1, minor: 0 },
  esp32s3: { major: 0, minor: 2 },
  esp32c2: { major: 1, minor: 2 },
  esp32c3: { major: 0, minor: 4 },
  esp32c5: { major: 1, minor: 0 },
  esp32c6: { major: 0, minor: 1 },
  esp32c61: { major: 1, minor: 0 },
  esp32h2: { major: 0, minor: 1 },
  esp32p4: { major: 1, minor: 3 },
};
const EVERYTHING_OFF: SecurityFuses = {
  flashEncryption: false,
  secureBoot: false,
  secureDownload: false,
  manualEncryptionOff: false,
};

export const flashSizeOf = (options: BoardOptions): number => options.flashSizeBytes ?? DEFAULT_FLASH_BYTES;

export function identityOf(options: BoardOptions): ChipIdentity {
  const { chip = 'esp32', mac = DEFAULT_MAC } = options;
  return {
    mac: bytesOfMac(mac),
    uniqueId: options.uniqueId === undefined ? undefined : bytesOfHex(options.uniqueId),
    revision: options.revision ?? REVISIONS[chip],
    packageVersion: options.packageVersion ?? PACKAGES[chip] ?? 0,
    flashSizeBytes: flashSizeOf(options),
    security: { ...EVERYTHING_OFF, ...options.security },
    flashKey: options.flashKey ?? new Uint8Array(createHash('sha256').update(mac).digest()),
    crystalMhz: options.crystalMhz ?? usualCrystalMhz(getChip(chip)),
  };
}

export const bytesOfMac = (mac: string): Uint8Array =>
  Uint8Array.from(mac.split(':'), (octet) => Number.parseInt(octet, 16));

const bytesOfHex = (hex: string): Uint8Array =>
  Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));

/** Content from address 0; undefined where flash starts erased. */
export function initialContent({
  flashContent,
  partitionTable = 'espmint',
}: BoardOptions): Uint8Array | undefined {
  if (flashContent !== undefined) return flashContent;
  if (partitionTable === 'none') return undefined;
  const table =
    typeof partitionTable === 'string' ? encodePartitionTable(KNOWN_TABLES[partitionTable]) : partitionTable;
  const content = new Uint8Array(TABLE_ADDRESS + table.length).fill(0xff);
  content.set(table, TABLE_ADDRESS);
  return content;
}
