// ROM or stub: whichever is estimated to be done first. The stub must be uploaded, but then overlaps and asks less often.
import { PAGE_BYTES, PROGRAM_PAGE_MS } from './spi-flash.js';

/** `auto`: where it is estimated to be faster, or the ROM lacks the command. */
export type StubPolicy = 'auto' | 'never' | 'always';

/** Work for a loader. Compressed bytes for a write. */
export interface Work {
  readonly kind: 'read' | 'write';
  readonly wireBytes: number;
  /** Bytes of flash to program, or to read. */
  readonly flashBytes: number;
}

/** What the link does to it. */
export interface LinkSpeed {
  readonly baud: number;
  /** Milliseconds that a round trip takes beyond its bytes. */
  readonly latencyMs: number;
}

export interface Choice {
  readonly loader: 'rom' | 'stub';
  readonly romMs: number;
  readonly stubMs: number;
}

/** Start, stop and acknowledgement bits: ten on the wire for a byte. */
export const BITS_PER_BYTE = 10;
const ROM_BLOCK_BYTES = 0x400;
const STUB_BLOCK_BYTES = 0x4000;
const ROM_READ_BYTES = 64;
/** A read of 64 bytes costs a request of 18 and an answer of 78. */
const ROM_READ_WIRE_BYTES = 96;
const STUB_READ_BYTES = 0x1000;
/** Of the larger stubs (release 1.2.2 has 6,000 to 8,400). */
const STUB_BYTES = 7_500;
/** Start of the stub and what must be repeated to it: attaching, size. Six round trips and a greeting. */
const STUB_START_ROUND_TRIPS = 8;
const STUB_START_MS = 10;

export function chooseLoader(work: Work, link: LinkSpeed): Choice {
  const wireMs = (bytes: number): number => (bytes * BITS_PER_BYTE * 1_000) / link.baud;
  const trips = (bytes: number, perTrip: number): number => Math.ceil(bytes / perTrip) * link.latencyMs;
  const startMs = wireMs(STUB_BYTES) + STUB_START_ROUND_TRIPS * link.latencyMs + STUB_START_MS;
  const programMs = (work.flashBytes / PAGE_BYTES) * PROGRAM_PAGE_MS;
  const { romMs, stubMs } =
    work.kind === 'write'
      ? {
          // The ROM answers when a block is in flash; the stub programs one while the next is on the wire.
          romMs: wireMs(work.wireBytes) + programMs + trips(work.wireBytes, ROM_BLOCK_BYTES),
          stubMs:
            startMs + Math.max(wireMs(work.wireBytes), programMs) + trips(work.wireBytes, STUB_BLOCK_BYTES),
        }
      : {
          romMs:
            wireMs((work.flashBytes / ROM_READ_BYTES) * ROM_READ_WIRE_BYTES) +
            trips(work.flashBytes, ROM_READ_BYTES),
          stubMs: startMs + wireMs(work.flashBytes) + trips(work.flashBytes, STUB_READ_BYTES),
        };
  return { loader: stubMs < romMs ? 'stub' : 'rom', romMs, stubMs };
}
