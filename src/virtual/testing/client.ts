// A minimal loader client for tests of the chip: builds requests, reads replies, with its own plain SLIP.
import type { HostPort, VirtualBoard } from '../board.js';
import { OP } from '../packet.js';

export interface Reply {
  readonly op: number;
  readonly value: number;
  /** Data and status bytes together. */
  readonly body: Uint8Array;
}

/** Drives a board that runs without timing: every answer is there when `send` returns. */
export class TestClient {
  readonly port: HostPort;
  goneBecause: string | undefined;
  private received: number[] = [];

  constructor(readonly board: VirtualBoard) {
    this.port = board.plugIn({
      bytes: (bytes) => void this.received.push(...bytes),
      gone: (reason) => (this.goneBecause = reason),
    });
  }

  /** Connects to a board in its loader. */
  static inLoader(board: VirtualBoard): TestClient {
    board.powerCycle('download', { quiet: true });
    return new TestClient(board);
  }

  takeBytes(): Uint8Array {
    return Uint8Array.from(this.received.splice(0));
  }

  takeText(): string {
    return new TextDecoder().decode(this.takeBytes());
  }

  /** Frames without delimiters. */
  takeFrames(): Uint8Array[] {
    const frames: Uint8Array[] = [];
    let frame: number[] = [];
    let escaped = false;
    for (const byte of this.takeBytes()) {
      if (byte === 0xc0) {
        if (frame.length > 0) frames.push(Uint8Array.from(frame));
        frame = [];
      } else if (byte === 0xdb) escaped = true;
      else {
        frame.push(escaped ? byte - 0xdc + (byte === 0xdc ? 0xc0 : 0xda) : byte);
        escaped = false;
      }
    }
    return frames;
  }

  takeReplies(): Reply[] {
    return this.takeFrames().map((frame) => {
      const view = new DataView(frame.buffer);
      return { op: view.getUint8(1), value: view.getUint32(4, true), body: frame.subarray(8) };
    });
  }

  send(op: number, data: Uint8Array = new Uint8Array(0), checksum = 0): Reply[] {
    this.port.write(slip(request(op, data, checksum)));
    return this.takeReplies();
  }

  /** The only reply to one command. */
  command(op: number, data?: Uint8Array, checksum?: number): Reply {
    const replies = this.send(op, data, checksum);
    const [reply] = replies;
    if (reply === undefined || replies.length !== 1) throw new Error(`${replies.length} replies to op ${op}`);
    return reply;
  }

  sync(): Reply[] {
    return this.send(OP.SYNC, Uint8Array.from([7, 7, 0x12, 0x20, ...new Array<number>(32).fill(0x55)]));
  }

  readRegister(address: number): number {
    return this.command(OP.READ_REG, words(address)).value;
  }

  /** Attaches the flash as a host does before any flash command. */
  attach(): void {
    this.command(OP.SPI_ATTACH, words(0, 0));
    this.command(OP.SPI_SET_PARAMS, words(0, this.board.flash.sizeBytes, 0x10000, 0x1000, 0x100, 0xffff));
  }

  /** One *_DATA command with a good checksum. */
  block(op: number, payload: Uint8Array, sequence = 0): Reply {
    const data = Uint8Array.from([...words(payload.length, sequence, 0, 0), ...payload]);
    return this.command(op, data, checksumOf(payload));
  }
}

export const checksumOf = (payload: Uint8Array): number => payload.reduce((sum, byte) => sum ^ byte, 0xef);

export function words(...values: number[]): Uint8Array {
  const bytes = new Uint8Array(values.length * 4);
  const view = new DataView(bytes.buffer);
  values.forEach((value, n) => view.setUint32(4 * n, value, true));
  return bytes;
}

export function request(op: number, data: Uint8Array, checksum = 0): Uint8Array {
  const frame = new Uint8Array(8 + data.length);
  const view = new DataView(frame.buffer);
  view.setUint8(1, op);
  view.setUint16(2, data.length, true);
  view.setUint32(4, checksum, true);
  frame.set(data, 8);
  return frame;
}

export function slip(frame: Uint8Array): Uint8Array {
  const body = [...frame].flatMap((b) => (b === 0xc0 ? [0xdb, 0xdc] : b === 0xdb ? [0xdb, 0xdd] : [b]));
  return Uint8Array.from([0xc0, ...body, 0xc0]);
}
