// What is burnt into a virtual chip, and the registers that a loader reads beside it: initial words by address.
import {
  type BitField,
  type ChipName,
  type ChipSpec,
  MAGIC_ADDRESS,
  writeField,
} from '../core/chips/index.js';
import { viewOf } from './packet.js';

export interface ChipIdentity {
  /** 6 bytes, first byte first. */
  readonly mac: Uint8Array;
  /** The optional unique id, 16 bytes in the order of the eFuses; absent: none was burnt. */
  readonly uniqueId?: Uint8Array | undefined;
  readonly revision: { readonly major: number; readonly minor: number };
  readonly packageVersion: number;
  /** Bytes of the flash on the board: reported by chips whose eFuses know of in-package flash. */
  readonly flashSizeBytes: number;
  readonly security: SecurityFuses;
  /** 32 bytes that flash is encrypted with, as `espsecure` keeps them in a file; burnt where flash encryption is on. */
  readonly flashKey: Uint8Array;
  /** Crystal on the board. */
  readonly crystalMhz: number;
}

export interface SecurityFuses {
  readonly flashEncryption: boolean;
  readonly secureBoot: boolean;
  readonly secureDownload: boolean;
  /** The loader may not encrypt what it writes. */
  readonly manualEncryptionOff: boolean;
}

/** EUI-64 chips carry this between the halves of their MAC (IEEE: FF FE marks a MAC-48 in an EUI-64). */
const EUI64_MIDDLE = 0xfffe;
/** UART clock divider at 115200 baud with a crystal of N MHz: N MHz / 115200. */
const dividerAt115200 = (mhz: number): number => Math.round((mhz * 1e6) / 115_200);
/** A ROM that measures 40 MHz: `calibration` ticks of the `rtcClock` (MHz) relation, see the chip table. */
const ESP32_CALIBRATION = 2560;
const ESP32_CK8M = 40;

/** Words by absolute address. */
export function burnedWords(chip: ChipSpec, identity: ChipIdentity): Map<number, number> {
  const words = new Map<number, number>();
  words.set(MAGIC_ADDRESS, chip.magics[0] ?? 0);
  burnMac(chip, identity.mac, words);
  if (identity.uniqueId !== undefined) burnUniqueId(chip, identity.uniqueId, words);
  burnRevision(chip, identity, words);
  burnSecurity(chip, identity.security, words);
  burnClocks(chip, identity.crystalMhz, words);
  return words;
}

function burnMac(chip: ChipSpec, mac: Uint8Array, words: Map<number, number>): void {
  const view = viewOf(mac);
  const upper = { crc8: macCrc8(mac), eui64: EUI64_MIDDLE, unused: 0 }[chip.mac.upperHalf];
  words.set(chip.mac.low, view.getUint32(2));
  words.set(chip.mac.high, ((upper << 16) | view.getUint16(0)) >>> 0);
}

/** A chip without the field ignores it. */
function burnUniqueId(chip: ChipSpec, id: Uint8Array, words: Map<number, number>): void {
  const view = viewOf(id);
  for (const [index, address] of (chip.uniqueId ?? []).entries()) {
    words.set(address, view.getUint32(index * 4, true));
  }
}

function burnRevision(chip: ChipSpec, identity: ChipIdentity, words: Map<number, number>): void {
  const { major, minor } = identity.revision;
  const codes = chip.revision.majorCodes;
  const code = codes === undefined ? major : codeOf(codes, major);
  writeField(chip.revision.major, code, words);
  writeField(chip.revision.minor, minor, words);
  writeField(chip.packageVersion, identity.packageVersion, words);
  if (chip.flashCap !== undefined && chip.flashCapBytes !== undefined) {
    writeField(chip.flashCap, codeOf(chip.flashCapBytes, identity.flashSizeBytes), words);
  }
  for (const { field, value } of PACKAGE_FUSES[chip.name] ?? []) writeField(field, value, words);
}

/** The code that stands for a value; 0 where the table has none. */
function codeOf(codes: Readonly<Record<number, number>>, value: number): number {
  const found = Object.entries(codes).find(([, meaning]) => meaning === value);
  return Number(found?.[0] ?? 0);
}

function burnSecurity(chip: ChipSpec, security: SecurityFuses, words: Map<number, number>): void {
  // An odd number of set bits means "on".
  if (security.flashEncryption) {
    writeField(chip.security.flashEncryptionCount, 1, words);
    const key = KEY_FUSES[chip.name];
    if (key !== undefined) writeField(key.field, key.value, words);
  }
  if (security.manualEncryptionOff) writeField(chip.security.manualEncryptionOff, 1, words);
  if (security.secureBoot) writeField(chip.security.secureBoot, 1, words);
}

function burnClocks(chip: ChipSpec, crystalMhz: number, words: Map<number, number>): void {
  if (chip.crystal.kind === 'measured') {
    writeField(chip.crystal.clockDivider, dividerAt115200(crystalMhz), words);
  }
  const { baud } = chip.rom;
  if (baud.kind === 'calibrated') {
    writeField(baud.calibration, Math.round((ESP32_CALIBRATION * crystalMhz) / 40), words);
    writeField(baud.rtcClock, ESP32_CK8M, words);
  } else if (baud.kind === 'register') {
    writeField(baud.assumedMhz, usualCrystalMhz(chip), words);
  }
}

/** The crystal on a virtual board: the first of those that the chip is built with. */
export function usualCrystalMhz(chip: ChipSpec): number {
  return chip.crystal.kind === 'fixed' ? chip.crystal.mhz : (chip.crystal.candidatesMhz[0] ?? 40);
}

/** CRC-8 that the ESP32's MAC is burnt with: polynomial 31h, reflected (8Ch), start 0 (ESP-IDF esp_rom_crc). */
function macCrc8(mac: Uint8Array): number {
  let crc = 0;
  for (const byte of mac) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc & 1) !== 0 ? (crc >>> 1) ^ 0x8c : crc >>> 1;
  }
  return crc;
}

// eFuse bits that only make a chip's part number complete: maker of in-package flash, temperature grade.
// Positions: the TRM of each chip, chapter "eFuse Controller", block 1 (ESP32-C2: block 2).
interface Fuse {
  readonly field: BitField;
  readonly value: number;
}

/** In-package flash made by XMC. */
const XMC = 1;
const fuse = (address: number, shift: number, bits: number, value: number): Fuse => ({
  field: [{ address, shift, bits }],
  value,
});

const PACKAGE_FUSES: Partial<Readonly<Record<ChipName, readonly Fuse[]>>> = {
  esp32s3: [fuse(0x6000_7054, 0, 3, XMC)],
  esp32c2: [fuse(0x6000_885c, 24, 3, XMC)],
  esp32c3: [fuse(0x6000_8854, 0, 3, XMC)],
  esp32c5: [fuse(0x600b_484c, 16, 3, XMC)],
  // Grade H: 1 in bits 28..27.
  esp32h2: [fuse(0x600b_0850, 29, 3, XMC), fuse(0x600b_0850, 27, 2, 1)],
};

interface KeyFuse {
  readonly field: BitField;
  readonly value: number;
}

/** Purpose "XTS-AES-128 key" of the first key block; the same number in GET_SECURITY_INFO. */
export const XTS_AES_128_KEY = 4;
const purpose = (address: number, shift: number, bits = 4): KeyFuse => ({
  field: [{ address, shift, bits }],
  value: XTS_AES_128_KEY,
});

/** The ESP32 has none here: its encryption is another one, which the virtual chip does not have. */
export const KEY_FUSES: Partial<Readonly<Record<ChipName, KeyFuse>>> = {
  esp32s2: purpose(0x3f41_a034, 24),
  esp32s3: purpose(0x6000_7034, 24),
  // The key block of 128 bits cannot be read any more.
  esp32c2: { field: [{ address: 0x6000_8830, shift: 0, bits: 2 }], value: 1 },
  esp32c3: purpose(0x6000_8834, 24),
  esp32c5: purpose(0x600b_4834, 22, 5),
  esp32c6: purpose(0x600b_0834, 24),
  esp32c61: purpose(0x600b_4834, 0),
  esp32h2: purpose(0x600b_0834, 24),
  esp32p4: purpose(0x5012_d034, 24),
};
