// How a ROM unpacks a compressed upload: into a window of 32 KB that goes to flash when it is full, and with the last block.
import { Unzlib } from 'fflate';
import { viewOf } from '../packet.js';
import { ROM_ERROR } from './errors.js';

const WINDOW_BYTES = 0x8000;
const ADLER_BYTES = 4;
const ADLER_MODULUS = 65_521;

export class RomInflater {
  private readonly inflater: Unzlib;
  private fresh: Uint8Array[] = [];
  private readonly window = new Uint8Array(WINDOW_BYTES);
  private filled = 0;
  private low = 1;
  private high = 0;
  /** The last bytes of the stream: its checksum, once it has ended. */
  private tail = new Uint8Array(ADLER_BYTES);

  constructor() {
    this.inflater = new Unzlib((chunk) => void this.fresh.push(chunk));
  }

  /** @returns what goes to flash now, in order, or the error that the stream is refused with. */
  push(payload: Uint8Array, isLast: boolean): Uint8Array[] | number {
    this.fresh = [];
    this.tail = Uint8Array.from([...this.tail, ...payload.subarray(-ADLER_BYTES)]).slice(-ADLER_BYTES);
    try {
      this.inflater.push(payload.slice(), isLast);
    } catch {
      return ROM_ERROR.inflate;
    }
    const ready = this.fresh.flatMap((chunk) => this.fill(chunk));
    if (!isLast) return ready;
    if (viewOf(this.tail).getUint32(0) !== ((this.high << 16) | this.low) >>> 0) return ROM_ERROR.inflateSum;
    // Whole words; what stands behind the end is what the window held there before.
    ready.push(this.window.slice(0, Math.ceil(this.filled / 4) * 4));
    return ready;
  }

  private fill(chunk: Uint8Array): Uint8Array[] {
    const full: Uint8Array[] = [];
    for (const byte of chunk) {
      this.low = (this.low + byte) % ADLER_MODULUS;
      this.high = (this.high + this.low) % ADLER_MODULUS;
      this.window[this.filled++] = byte;
      if (this.filled === WINDOW_BYTES) {
        full.push(this.window.slice());
        this.filled = 0;
      }
    }
    return full;
  }
}
