// What a ROM loader keeps from one command to the next, byte for byte: its receive buffer and its reply.
//
// Facts read from the ROMs of ESP32, C2, C3, C5, C6, C61, H2 and P4 (`UartDwnLdProc`, ELF files that ESP-IDF installs),
// and held against that very code by test/conformance/silicon-rom.test.ts.
import { encodeSlip } from '../slip.js';
import { viewOf, type Request } from '../packet.js';

/** A longer frame loses its end. */
export const ROM_BUFFER_BYTES = 0x2000;
const HEADER_BYTES = 8;
/** Data of the longest reply, that of READ_FLASH_SLOW. */
const MAX_DATA_BYTES = 64;
/** Failed or not, why, and two that are never written. */
const STATUS_BYTES = 4;

/** Frames come into one buffer: a short one leaves what the last one had there behind it. */
export class RequestBuffer {
  private readonly bytes = new Uint8Array(ROM_BUFFER_BYTES);

  /** The request as the ROM sees it: its length is what the header says, its data all that stands behind the header. */
  take(frame: Uint8Array): Request & { readonly direction: number } {
    this.bytes.set(frame.subarray(0, ROM_BUFFER_BYTES));
    const view = viewOf(this.bytes);
    return {
      direction: view.getUint8(0),
      op: view.getUint8(1),
      length: view.getUint16(2, true),
      checksum: view.getUint32(4, true),
      data: this.bytes.subarray(HEADER_BYTES),
    };
  }
}

/** One reply that is changed by each command: what a command does not set stays as the last one left it. */
export class ReplyBuffer {
  private readonly bytes = new Uint8Array(HEADER_BYTES + MAX_DATA_BYTES + STATUS_BYTES);

  constructor() {
    this.bytes[0] = 1;
  }

  get op(): number {
    return this.bytes[1] ?? 0;
  }
  set op(op: number) {
    this.bytes[1] = op;
  }

  set value(value: number) {
    viewOf(this.bytes).setUint32(4, value >>> 0, true);
  }

  set data(data: Uint8Array) {
    this.bytes.set(data, HEADER_BYTES);
  }

  /** @param dataBytes that the status stands behind, whether this command set them or not. */
  encode(dataBytes: number, hasFailed: boolean, error: number): Uint8Array {
    const { bytes } = this;
    const at = HEADER_BYTES + dataBytes;
    viewOf(bytes).setUint16(2, dataBytes + STATUS_BYTES, true);
    bytes[at] = hasFailed ? 1 : 0;
    bytes[at + 1] = error;
    return encodeSlip(bytes.subarray(0, at + STATUS_BYTES));
  }
}
