// How long things take on a real board (erasing and programming flash, MD5, the start, USB): one table of numbers with the source of each.

export interface Timing {
  readonly kind: 'instant' | 'real';
  /** From EN high to the ROM listening, ms. */
  readonly bootMs: number;
  /** 4 KB erase, ms. */
  readonly eraseSectorMs: number;
  /** 64 KB erase, ms. */
  readonly eraseBlockMs: number;
  /** Programming of up to 256 bytes, ms. */
  readonly programPageMs: number;
  /** Chip MD5 over flash, bytes a second. */
  readonly md5BytesPerSecond: number;
  /** Reading flash into RAM, bytes a second. */
  readonly flashReadBytesPerSecond: number;
  /** What a USB-serial adapter adds to bytes on their way to the host, ms. */
  readonly usbLatencyMs: number;
}

/** No time at all: for tests of behaviour. */
export const INSTANT: Timing = {
  kind: 'instant',
  bootMs: 0,
  eraseSectorMs: 0,
  eraseBlockMs: 0,
  programPageMs: 0,
  md5BytesPerSecond: Infinity,
  flashReadBytesPerSecond: Infinity,
  usbLatencyMs: 0,
};

/**
 * A board with W25Q32JV-class flash (typical values of its data sheet, "AC electrical characteristics":
 * page program 0.4 ms, sector erase 45 ms, 64 KB block erase 150 ms) behind an FTDI adapter, whose latency timer
 * is 16 ms as delivered (FTDI AN232B-04); native USB needs about 1 ms (one full-speed frame). Boot and MD5 are
 * estimates from boards: ROM ready about 50 ms after EN, MD5 of 64 KB in 20 ms, 8 MB/s over a DIO bus at 40 MHz.
 */
export const REAL: Timing = {
  kind: 'real',
  bootMs: 50,
  eraseSectorMs: 45,
  eraseBlockMs: 150,
  programPageMs: 0.4,
  md5BytesPerSecond: 3_276_800,
  flashReadBytesPerSecond: 8_000_000,
  usbLatencyMs: 16,
};
