// The wire between host and chip: at what moment bytes arrive, at what rate, and what a wrong rate makes of them.
import type { Clock } from './clock.js';

const BITS_PER_BYTE = 10;
/** Largest piece that arrives in one go, bytes: what a USB full-speed adapter hands over in a few packets. */
const PIECE_BYTES = 256;
/** A receiver samples the tenth bit wrong from about this much difference on. */
const BAUD_TOLERANCE = 0.035;

export const byteMs = (baud: number): number => (BITS_PER_BYTE * 1000) / baud;

export function baudsAgree(sender: number, receiver: number): boolean {
  return Math.abs(sender - receiver) / receiver < BAUD_TOLERANCE;
}

/** What a UART reads when its rate is not the sender's: nothing that looks like the sender's bytes. */
export function garble(bytes: Uint8Array, sender: number, receiver: number): Uint8Array {
  const count = Math.max(1, Math.floor((bytes.length * receiver) / sender));
  return Uint8Array.from({ length: Math.min(count, 2 * bytes.length) }, (_, n) => {
    const byte = bytes[n % bytes.length] ?? 0;
    return ((byte << 3) ^ (byte >>> 2) ^ 0x81) & 0xff;
  });
}

interface Piece {
  readonly moment: number;
  readonly bytes: Uint8Array;
  readonly baud: number;
}

/**
 * One direction of the wire. Bytes leave one after another at the sender's rate and arrive `latencyMs` after their
 * last bit; without pacing they arrive at once.
 */
export class Wire {
  private freeAt = 0;
  private readonly underWay: Piece[] = [];
  private cancelTimer: (() => void) | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly deliver: (bytes: Uint8Array, baud: number) => void,
    private readonly pacing: { readonly paced: boolean; readonly latencyMs: number },
  ) {}

  /** Moment when the last byte handed over will have left. */
  get idleAt(): number {
    return this.freeAt;
  }

  /** @param from moment when the first byte can start. */
  send(bytes: Uint8Array, baud: number, from: number): void {
    if (!this.pacing.paced) {
      this.deliver(bytes, baud);
      return;
    }
    for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
      const piece = bytes.slice(at, at + PIECE_BYTES);
      this.freeAt = Math.max(this.freeAt, from) + piece.length * byteMs(baud);
      this.underWay.push({ moment: this.freeAt + this.pacing.latencyMs, bytes: piece, baud });
    }
    this.schedule();
  }

  /** Forgets what is on its way. */
  cut(): void {
    this.cancelTimer?.();
    this.cancelTimer = undefined;
    this.underWay.length = 0;
    this.freeAt = 0;
  }

  private schedule(): void {
    const next = this.underWay[0];
    if (this.cancelTimer !== undefined || next === undefined) return;
    this.cancelTimer = this.clock.at(next.moment, () => {
      this.cancelTimer = undefined;
      this.underWay.shift();
      this.deliver(next.bytes, next.baud);
      this.schedule();
    });
  }
}
