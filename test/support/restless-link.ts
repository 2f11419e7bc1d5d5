// Test help: a link to a chip that answers as chips may answer, but as differently as the protocol leaves room for.
import type { Link, ModemLines, Wait } from '../../src/driver/link/transport.js';
import { Inbox } from '../../src/driver/link/inbox.js';

const END = 0xc0;
const OP = { md5: 0x13, sync: 0x08, readRegister: 0x0a, changeBaud: 0x0f } as const;
const STATUS_BYTES = 4;

/** What one loader does all the time, drawn once. */
interface Habits {
  readonly syncCopies: number;
  readonly statusBytes: 2 | 4;
  readonly md5: 'lower' | 'upper';
  readonly refusesBaud: boolean;
  readonly fillsUnused: boolean;
  readonly chatters: boolean;
  readonly repeatsOldAnswers: boolean;
  readonly largestPiece: number;
  readonly mostDelayMs: number;
  /** Per frame; 0 for a loader that keeps to the protocol. */
  readonly damage: number;
}

export type Random = () => number;

/** 0 to 1, the same for the same seed. */
export function randomFrom(seed: number): Random {
  let state = (seed * 2_654_435_761) >>> 0;
  return () => {
    state = (state + 0x6d2b_79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const pick = <T>(random: Random, ...choices: readonly [T, ...T[]]): T =>
  choices[Math.floor(random() * choices.length)] ?? choices[0];

function drawHabits(random: Random, damage: number): Habits {
  return {
    syncCopies: 1 + Math.floor(random() * 8),
    statusBytes: pick(random, 2, 4),
    md5: pick(random, 'lower', 'upper'),
    refusesBaud: random() < 0.3,
    fillsUnused: random() < 0.5,
    chatters: random() < 0.5,
    repeatsOldAnswers: random() < 0.4,
    largestPiece: pick(random, 1, 3, 17, 64, 4_096),
    mostDelayMs: pick(random, 0, 0, 2, 8),
    damage,
  };
}

/** Stands between the driver and a virtual board whose ROM it makes another. */
export class RestlessLink implements Link {
  readonly habits: Habits;
  readonly #inbox: Inbox;
  #partial: number[] = [];
  #isInFrame = false;
  #isEscaped = false;
  #syncsLeft = 0;
  #last: Uint8Array | undefined;
  #refusal: Uint8Array | undefined;
  #queue = Promise.resolve();
  #isClosed = false;

  constructor(
    private readonly inner: Link,
    private readonly random: Random,
    damage: number,
  ) {
    this.habits = drawHabits(random, damage);
    this.#inbox = new Inbox(inner.address);
    void this.#pump();
  }

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
    const isSync = bytes[2] === OP.sync;
    if (isSync) this.#syncsLeft = this.habits.syncCopies;
    if (this.habits.refusesBaud && bytes[1] === 0 && bytes[2] === OP.changeBaud) {
      this.#refusal = Uint8Array.of(1, OP.changeBaud, STATUS_BYTES, 0, 0, 0, 0, 0, 1, 6, 0, 0);
      this.#answer(this.#refusal);
      return;
    }
    await this.inner.write(bytes, wait);
  }
  read(wait: Wait): Promise<Uint8Array> {
    return this.#inbox.read(wait);
  }
  discardInput(): void {
    this.#inbox.clear();
  }
  async setLines(lines: ModemLines): Promise<void> {
    await this.inner.setLines(lines);
  }
  async setBaud(baud: number): Promise<void> {
    await this.inner.setBaud(baud);
  }
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.inner.close();
  }

  async #pump(): Promise<void> {
    while (!this.#isClosed) {
      try {
        for (const byte of await this.inner.read({ timeoutMs: 200 })) this.#take(byte);
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code === 'LINK_TIMEOUT') continue;
        this.#inbox.fail(error instanceof Error ? error : new Error(String(error)));
        return;
      }
    }
  }

  #take(byte: number): void {
    if (byte === END) {
      const frame = Uint8Array.from(this.#partial);
      this.#partial = [];
      this.#isInFrame = frame.length > 0 ? false : true;
      if (frame.length > 0) this.#answer(frame);
    } else if (!this.#isInFrame) this.#send(Uint8Array.of(byte));
    else if (this.#isEscaped) {
      this.#isEscaped = false;
      this.#partial.push(byte === 0xdc ? END : 0xdb);
    } else if (byte === 0xdb) this.#isEscaped = true;
    else this.#partial.push(byte);
  }

  /** One frame of the chip, as this loader would have said it. */
  #answer(frame: Uint8Array): void {
    const { habits, random } = this;
    if (frame[0] !== 1) return void this.#sendFrame(frame);
    if (frame[1] === OP.sync && this.#syncsLeft-- <= 0) return;
    const old = this.#last;
    if (habits.chatters && random() < 0.3) this.#chatter();
    if (habits.repeatsOldAnswers && old !== undefined && old[1] !== frame[1] && random() < 0.3)
      this.#sendFrame(old);
    const told = this.#reword(frame);
    this.#last = told;
    if (random() >= habits.damage) return void this.#sendFrame(told);
    this.#sendFrame(this.#damaged(told));
  }

  #chatter(): void {
    const text = `I (${Math.floor(this.random() * 9_999)}) log: nothing of note\r\n`;
    const bytes = new TextEncoder().encode(text);
    const how = this.random();
    if (how < 0.4) this.#send(bytes);
    else if (how < 0.7) this.#sendFrame(bytes);
    else this.#send(Uint8Array.of(END, END));
  }

  #reword(frame: Uint8Array): Uint8Array {
    const { habits, random } = this;
    const told = Uint8Array.from(frame);
    const statusAt = told.length - STATUS_BYTES;
    if (told[1] === OP.md5 && habits.md5 === 'upper') {
      for (let at = 8; at < statusAt; at++) {
        const byte = told[at] ?? 0;
        if (byte >= 0x61) told[at] = byte - 0x20;
      }
    }
    if (habits.fillsUnused) {
      if (told[1] !== OP.readRegister)
        for (let at = 4; at < 8; at++) told[at] = 1 + Math.floor(random() * 255);
      if (told[statusAt] === 0) told[statusAt + 1] = Math.floor(random() * 256);
      for (let at = statusAt + 2; at < told.length; at++) told[at] = Math.floor(random() * 256);
    }
    if (habits.statusBytes === 4) return told;
    const short = told.slice(0, -2);
    new DataView(short.buffer).setUint16(2, short.length - 8, true);
    return short;
  }

  #damaged(frame: Uint8Array): Uint8Array {
    const { random } = this;
    const at = Math.floor(random() * frame.length);
    return pick<() => Uint8Array>(
      random,
      () => frame.slice(0, at),
      () => frame.map((byte, index) => (index === at ? byte ^ (1 << Math.floor(random() * 8)) : byte)),
      () => new Uint8Array(0),
      () => Uint8Array.from([...frame, ...frame]),
    )();
  }

  #sendFrame(frame: Uint8Array): void {
    const body = [...frame].flatMap((byte) =>
      byte === END ? [0xdb, 0xdc] : byte === 0xdb ? [0xdb, 0xdd] : [byte],
    );
    this.#send(Uint8Array.from([END, ...body, END]));
  }

  /** In pieces, each of which may take its time; their order stays. */
  #send(bytes: Uint8Array): void {
    const { largestPiece, mostDelayMs } = this.habits;
    for (let at = 0; at < bytes.length; at += largestPiece) {
      const piece = bytes.slice(at, at + largestPiece);
      const delayMs = mostDelayMs > 0 && this.random() < 0.05 ? this.random() * mostDelayMs : 0;
      if (delayMs > 0)
        this.#queue = this.#queue.then(() => new Promise((resolve) => setTimeout(resolve, delayMs)));
      this.#queue = this.#queue.then(() => {
        this.#inbox.push(piece);
      });
    }
  }
}
