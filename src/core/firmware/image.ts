// The images that a chip starts from, boot loader and application: their header, whether they are whole, and what the
// application says of itself (ESP-IDF, "Application Image Format"; esp_app_format.h, esp_app_desc.h).
import { bytesToHex } from '@noble/hashes/utils.js';
import { sha256Hex } from '../digest.js';

const IMAGE_MAGIC = 0xe9;
const HEADER_BYTES = 24;
const SEGMENT_HEADER_BYTES = 8;
const MAX_SEGMENTS = 16;
const CHECKSUM_SEED = 0xef;
const CHECKSUM_UNIT = 16;
const DIGEST_BYTES = 32;
/** Places in the header. */
const AT = {
  segments: 1,
  mode: 2,
  sizeAndSpeed: 3,
  chipId: 12,
  minMajor: 14,
  minFull: 15,
  maxFull: 17,
  hash: 23,
};
/** `max_chip_rev_full` of an image that runs on every later revision. */
const ANY_REVISION = 0xffff;
const MB = 1024 * 1024;

const FLASH_MODES = ['qio', 'qout', 'dio', 'dout', 'fast_read', 'slow_read'] as const;
type FlashMode = (typeof FLASH_MODES)[number];

export interface ImageHeader {
  /** `esp_chip_id_t`, as in the chip table. */
  readonly chipId: number;
  /** Absent: no mode that is known. */
  readonly flashMode: FlashMode | undefined;
  /** Of the flash that it was built for; 0 where the code is not known. */
  readonly flashSizeBytes: number;
  /** Chip revisions that it runs on, major * 100 + minor. */
  readonly minRevision: number;
  readonly maxRevision: number;
}

/** What an application says of itself, `esp_app_desc_t`. */
export interface AppDescription {
  readonly project: string;
  readonly version: string;
  readonly idfVersion: string;
  /** When it was compiled, as the compiler wrote it. */
  readonly compiled: string;
  /** Lower-case hex SHA-256 of the ELF file. */
  readonly elfSha256: string;
}

/** From the start of an image to the end of its description: header, first segment's header, `esp_app_desc_t`. */
const DESCRIPTION_AT = HEADER_BYTES + SEGMENT_HEADER_BYTES;
const DESCRIPTION_MAGIC = 0xabcd_5432;
export const APP_HEAD_BYTES = DESCRIPTION_AT + 256;

/** @returns undefined unless the bytes begin as an image does. */
export function readImageHeader(bytes: Uint8Array): ImageHeader | undefined {
  if (bytes.length < HEADER_BYTES || bytes[0] !== IMAGE_MAGIC) return undefined;
  const view = viewOf(bytes);
  const sizeCode = (bytes[AT.sizeAndSpeed] ?? 0) >>> 4;
  return {
    chipId: view.getUint16(AT.chipId, true),
    flashMode: FLASH_MODES[bytes[AT.mode] ?? FLASH_MODES.length],
    flashSizeBytes: sizeCode <= 7 ? MB * 2 ** sizeCode : 0,
    ...revisionsOf(view),
  };
}

/** Images from before ESP-IDF 4.4.3 know major revisions only, and leave the later fields at 0. */
function revisionsOf(view: DataView): Pick<ImageHeader, 'minRevision' | 'maxRevision'> {
  const minMajor = view.getUint8(AT.minMajor);
  const minFull = view.getUint16(AT.minFull, true);
  const maxFull = view.getUint16(AT.maxFull, true);
  const isOld = maxFull === 0 || (maxFull === ANY_REVISION && minFull === 0 && minMajor !== 0);
  return isOld
    ? { minRevision: minMajor * 100, maxRevision: ANY_REVISION }
    : { minRevision: minFull, maxRevision: maxFull };
}

/** @param bytes the first APP_HEAD_BYTES of an image, or more. */
export function readAppDescription(bytes: Uint8Array): AppDescription | undefined {
  if (bytes.length < APP_HEAD_BYTES || bytes[0] !== IMAGE_MAGIC) return undefined;
  if (viewOf(bytes).getUint32(DESCRIPTION_AT, true) !== DESCRIPTION_MAGIC) return undefined;
  const text = (at: number, size: number): string => textIn(bytes, DESCRIPTION_AT + at, size);
  return {
    version: text(16, 32),
    project: text(48, 32),
    compiled: `${text(96, 16)} ${text(80, 16)}`.trim(),
    idfVersion: text(112, 32),
    elfSha256: bytesToHex(bytes.subarray(DESCRIPTION_AT + 144, DESCRIPTION_AT + 144 + DIGEST_BYTES)),
  };
}

/** Up to its NUL; what no compiler writes is left out. */
function textIn(bytes: Uint8Array, at: number, size: number): string {
  const field = bytes.subarray(at, at + size);
  const end = field.indexOf(0);
  const shown = field.subarray(0, end < 0 ? size : end).filter((byte) => byte >= 0x20 && byte < 0x7f);
  return String.fromCharCode(...shown);
}

/** Where each part of an image ends; `reason` says why the bytes are no whole image. */
export type ImageCheck = { readonly lengthBytes: number } | { readonly reason: string };

/** Walks the segments, and compares checksum and digest: what the boot loader does before it starts an image. */
export function checkImage(bytes: Uint8Array): ImageCheck {
  if (readImageHeader(bytes) === undefined) return { reason: 'does not begin as an image does (0xe9)' };
  const view = viewOf(bytes);
  const segments = bytes[AT.segments] ?? 0;
  if (segments === 0 || segments > MAX_SEGMENTS) return { reason: `has ${segments} segments` };
  let at = HEADER_BYTES;
  let checksum = CHECKSUM_SEED;
  for (let segment = 0; segment < segments; segment++) {
    if (at + SEGMENT_HEADER_BYTES > bytes.length) return { reason: 'is cut short' };
    const end = at + SEGMENT_HEADER_BYTES + view.getUint32(at + 4, true);
    if (end > bytes.length) return { reason: 'is cut short' };
    for (let byte = at + SEGMENT_HEADER_BYTES; byte < end; byte++) checksum ^= bytes[byte] ?? 0;
    at = end;
  }
  const sumAt = at + (CHECKSUM_UNIT - 1) - (at % CHECKSUM_UNIT);
  if (sumAt >= bytes.length) return { reason: 'is cut short' };
  if (bytes[sumAt] !== checksum) return { reason: 'has a wrong checksum' };
  const end = sumAt + 1;
  if (bytes[AT.hash] !== 1) return { lengthBytes: end };
  if (end + DIGEST_BYTES > bytes.length) return { reason: 'is cut short' };
  if (bytesToHex(bytes.subarray(end, end + DIGEST_BYTES)) !== sha256Hex(bytes.subarray(0, end)))
    return { reason: 'does not have the SHA-256 that it names' };
  return { lengthBytes: end + DIGEST_BYTES };
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);

/** What a build says of the flash in its settings beside the images; absent: as the image has it. */
export interface FlashSettings {
  readonly mode?: string | undefined;
  readonly size?: string | undefined;
  readonly frequency?: string | undefined;
}

/** Codes of the SPI clock, `esp_image_spi_freq_t`, which differ by the divider that each chip's clock begins with. */
const FREQUENCIES: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  usual: { '80m': 0xf, '40m': 0x0, '26m': 0x1, '20m': 0x2 },
  esp32c2: { '60m': 0xf, '30m': 0x0, '20m': 0x1, '15m': 0x2 },
  esp32c6: { '80m': 0x0, '40m': 0x0, '20m': 0x2 },
  esp32h2: { '48m': 0xf, '24m': 0x0, '16m': 0x1, '12m': 0x2 },
};
/** Words that leave the image as it is. */
const AS_BUILT: readonly (string | undefined)[] = [undefined, '', 'keep', 'detect'];

/**
 * A boot loader with the flash settings of its build, as esptool writes it: the two header bytes, and the digest anew.
 * @returns the same bytes where nothing changes; a reason where a setting is not known.
 */
export function withFlashSettings(
  image: Uint8Array,
  chip: string | undefined,
  { mode, size, frequency }: FlashSettings,
): Uint8Array | { readonly reason: string } {
  const [oldMode = 0, oldSize = 0] = image.subarray(AT.mode, AT.sizeAndSpeed + 1);
  const modeCode = AS_BUILT.includes(mode) ? oldMode : FLASH_MODES.indexOf(mode as FlashMode);
  const sizeCode = AS_BUILT.includes(size) ? oldSize >>> 4 : sizeCodeOf(size ?? '');
  const speeds = FREQUENCIES[chip ?? ''] ?? FREQUENCIES['usual'];
  const speedCode = AS_BUILT.includes(frequency) ? oldSize & 0xf : speeds?.[frequency ?? ''];
  if (modeCode < 0) return { reason: `has the flash mode "${mode}", which is none` };
  if (sizeCode === undefined) return { reason: `has the flash size "${size}", which is none` };
  if (speedCode === undefined) return { reason: `has the flash frequency "${frequency}", which is none` };
  const both = (sizeCode << 4) | speedCode;
  if (modeCode === oldMode && both === oldSize) return image;
  const changed = image.slice();
  changed.set([modeCode, both], AT.mode);
  const checked = checkImage(image);
  if ('reason' in checked || image[AT.hash] !== 1) return changed;
  const end = checked.lengthBytes - DIGEST_BYTES;
  const digest = sha256Hex(changed.subarray(0, end));
  changed.set(
    Uint8Array.from(digest.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16)),
    end,
  );
  return changed;
}

function sizeCodeOf(text: string): number | undefined {
  const megabytes = /^(\d+)MB$/i.exec(text)?.[1];
  const code = Math.log2(Number(megabytes));
  return megabytes !== undefined && Number.isInteger(code) && code <= 7 ? code : undefined;
}
