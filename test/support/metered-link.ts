// Test help: a link that counts what crosses it, and can spoil it on the way.
import type { Link, ModemLines, Wait } from '../../src/driver/link/transport.js';

export interface Meter {
  /** Requests: writes to the link, resets not counted. */
  roundTrips: number;
  bytesOut: number;
  bytesIn: number;
  readonly bauds: number[];
}

/** What may be done to bytes on their way; the default hands them on. What goes out is shown frame by frame. */
export interface Spoiler {
  readonly out?: (bytes: Uint8Array, baud: number) => Uint8Array;
  readonly in?: (bytes: Uint8Array, baud: number) => Uint8Array;
}

/** Wraps a link; the meter counts from `restart` on. */
export class MeteredLink implements Link {
  readonly meter: Meter = { roundTrips: 0, bytesOut: 0, bytesIn: 0, bauds: [] };

  constructor(
    /** May be exchanged: another board on the same cable. */
    public inner: Link,
    readonly spoiler: Spoiler = {},
    /** Plays the chip's own USB controller. */
    readonly isNativeUsb = false,
  ) {}

  get address(): string {
    return this.inner.address;
  }
  get hasModemLines(): boolean {
    return this.inner.hasModemLines;
  }
  get baud(): number {
    return this.inner.baud;
  }

  async write(bytes: Uint8Array, wait: Wait): Promise<void> {
    this.meter.roundTrips += 1;
    this.meter.bytesOut += bytes.length;
    const { out } = this.spoiler;
    const sent = out === undefined ? [bytes] : framesIn(bytes).map((frame) => out(frame, this.baud));
    await this.inner.write(Uint8Array.from(sent.flatMap((frame) => [...frame])), wait);
  }
  async read(wait: Wait): Promise<Uint8Array> {
    const bytes = await this.inner.read(wait);
    this.meter.bytesIn += bytes.length;
    return this.spoiler.in?.(bytes, this.baud) ?? bytes;
  }
  discardInput(): void {
    this.inner.discardInput();
  }
  async setLines(lines: ModemLines): Promise<void> {
    await this.inner.setLines(lines);
  }
  async setBaud(baud: number): Promise<void> {
    this.meter.bauds.push(baud);
    await this.inner.setBaud(baud);
  }
  async close(): Promise<void> {
    await this.inner.close();
  }
}

const FRAME_END = 0xc0;

/** The frames that one write carries, each with its delimiters; what is no whole frame stays with what is before it. */
function framesIn(bytes: Uint8Array): readonly Uint8Array[] {
  const frames: Uint8Array[] = [];
  let start = 0;
  for (let at = 1; at < bytes.length; at++) {
    if (bytes[at] !== FRAME_END || bytes[at - 1] !== FRAME_END || at - start < 2) continue;
    frames.push(bytes.subarray(start, at));
    start = at;
  }
  return [...frames, bytes.subarray(start)];
}
