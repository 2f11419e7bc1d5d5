// In which form a ROM is given a span: compressed, or only the pages that hold data, and whether it erases for it.
import { ERASE_SECTOR_MS, PAGE_BYTES, PROGRAM_PAGE_MS, SECTOR_BYTES } from '../connect/spi-flash.js';
import { ROM_BLOCK_BYTES, type PackedSpan } from './flash-write.js';
import { BITS_PER_BYTE, type LinkSpeed } from '../connect/loader-choice.js';

const ERASED = 0xff;
/** Request and reply around a block's bytes. */
const BLOCK_WIRE_BYTES = 40;

export interface SpanForm extends PackedSpan {
  /** From the start of the span to the first byte that is sent. */
  readonly skipBytes: number;
  readonly eraseBytes: number;
  readonly blockBytes: number;
}

/**
 * The form that is done first. A ROM erases all that a compressed stream will fill, and programs its blank pages too. Of
 * plain data it erases what it is asked to, which on blank flash is nothing: FLASH_BEGIN has the size to erase and that
 * of the data apart (esptool documentation, "Serial Protocol").
 * @param bytes whole sectors, with data in them.
 * @param isErased the flash is known to be blank there.
 */
export function cheapestForm(
  bytes: Uint8Array,
  packed: PackedSpan,
  isErased: boolean,
  link: LinkSpeed,
): SpanForm {
  const plain = plainForm(bytes, isErased);
  const wholly = { ...packed, skipBytes: 0, eraseBytes: bytes.length, blockBytes: ROM_BLOCK_BYTES };
  return estimateMs(plain, plain.sizeBytes, link) < estimateMs(wholly, bytes.length, link) ? plain : wholly;
}

/** Whole words for the SPI controller, and whole units of its encryption on every chip. */
const UNIT_BYTES = 32;
const roundedUp = (bytes: number): number => Math.ceil(bytes / UNIT_BYTES) * UNIT_BYTES;

/** From the first page with data to the last byte of it. Where the ROM is to erase, its write begins where the erase does. */
function plainForm(bytes: Uint8Array, isErased: boolean): SpanForm {
  const first = isErased ? bytes.findIndex((byte) => byte !== ERASED) : 0;
  const last = bytes.findLastIndex((byte) => byte !== ERASED);
  const skipBytes = first - (first % PAGE_BYTES);
  const stream = bytes.subarray(skipBytes, roundedUp(last + 1));
  return {
    skipBytes,
    sizeBytes: stream.length,
    stream,
    isPacked: false,
    eraseBytes: isErased ? 0 : bytes.length,
    blockBytes: Math.min(ROM_BLOCK_BYTES, stream.length),
  };
}

function estimateMs(form: SpanForm, programmedBytes: number, { baud, latencyMs }: LinkSpeed): number {
  const blocks = Math.ceil(form.stream.length / form.blockBytes);
  const sentBytes =
    (form.isPacked ? form.stream.length : blocks * form.blockBytes) + blocks * BLOCK_WIRE_BYTES;
  const wireMs = (sentBytes * BITS_PER_BYTE * 1_000) / baud + blocks * latencyMs;
  const programMs = (programmedBytes / PAGE_BYTES) * PROGRAM_PAGE_MS;
  return wireMs + programMs + (form.eraseBytes / SECTOR_BYTES) * ERASE_SECTOR_MS;
}
