// Faults of the wire: bytes lost, changed, doubled or late, text between frames, a rate that errs, an end.
import { type Random, randomFrom } from './random.js';
import type { Direction, Fault, Scenario } from './scenario.js';
import type { Clock } from '../clock.js';

/** What a run of bytes became. */
export type Passed =
  | { readonly type: 'bytes'; readonly bytes: Uint8Array }
  | { readonly type: 'delay'; readonly ms: number }
  | { readonly type: 'end'; readonly reason: 'disconnect' | 'power-loss' };

type Placed = Extract<Fault, { atByte: number }>;

const FRAME_END = 0xc0;

export class LineFaults {
  private readonly random: Random;
  private readonly pending: Fault[];
  private readonly counted: Record<Direction, number> = { 'to-chip': 0, 'to-host': 0 };
  private frames = 0;
  private isInFrame = false;

  constructor({ seed, faults }: Scenario) {
    this.random = randomFrom(seed);
    this.pending = [...faults];
  }

  /** @param baud rate of the wire, bits per second. */
  pass(direction: Direction, bytes: Uint8Array, baud: number): Passed[] {
    const passed: Passed[] = [];
    let run: number[] = [];
    const flush = (): void => {
      if (run.length > 0) passed.push({ type: 'bytes', bytes: Uint8Array.from(run) });
      run = [];
    };
    for (const byte of bytes) {
      const at = this.counted[direction]++;
      if (direction === 'to-host') run.push(...this.noiseBefore(byte));
      const result = this.strike(direction, at, this.wear(byte, baud));
      if (Array.isArray(result)) run.push(...result);
      else {
        flush();
        passed.push(result);
        if (result.type === 'end') return passed;
        run.push(byte);
      }
    }
    flush();
    return passed;
  }

  /** The byte as it arrives: gone, changed, twice; or an event of the line. */
  private strike(direction: Direction, at: number, byte: number): number[] | Passed {
    const fault = this.faultAt(direction, at);
    switch (fault?.kind) {
      case undefined:
        return [byte];
      case 'drop':
        return [];
      case 'flip':
        return [byte ^ (1 << this.random.below(8))];
      case 'duplicate':
        return [byte, byte];
      case 'delay':
        this.done(fault);
        return { type: 'delay', ms: fault.ms };
      case 'disconnect':
      case 'power-loss':
        this.done(fault);
        return { type: 'end', reason: fault.kind };
    }
  }

  /** A fault over several bytes stays until the last of them. */
  private faultAt(direction: Direction, at: number): Placed | undefined {
    for (const fault of this.pending) {
      if (!('atByte' in fault) || fault.direction !== direction) continue;
      const count = 'count' in fault ? fault.count : 1;
      if (at < fault.atByte || at >= fault.atByte + count) continue;
      if (at === fault.atByte + count - 1) this.done(fault);
      return fault;
    }
    return undefined;
  }

  private done(fault: Fault): void {
    const index = this.pending.indexOf(fault);
    if (index !== -1) this.pending.splice(index, 1);
  }

  private noiseBefore(byte: number): Uint8Array {
    if (byte !== FRAME_END) return new Uint8Array(0);
    this.isInFrame = !this.isInFrame;
    if (!this.isInFrame) return new Uint8Array(0);
    const frame = this.frames++;
    const fault = this.pending.find((one) => one.kind === 'noise' && one.atFrame === frame);
    if (fault?.kind !== 'noise') return new Uint8Array(0);
    this.done(fault);
    return new TextEncoder().encode(fault.text);
  }

  private wear(byte: number, baud: number): number {
    const limit = this.pending.find((one) => one.kind === 'baud-limit');
    if (limit?.kind !== 'baud-limit' || baud <= limit.baud) return byte;
    return this.random.below(limit.oneIn) === 0 ? byte ^ (1 << this.random.below(8)) : byte;
  }
}

export interface LineEnd {
  /** @param baud the sender's rate. */
  deliver(bytes: Uint8Array, baud: number): void;
  end(reason: 'disconnect' | 'power-loss'): void;
}

export class HeldLine {
  private readonly queue: { readonly passed: Passed; readonly baud: number }[] = [];
  private cancelDelay: (() => void) | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly to: LineEnd,
  ) {}

  push(passed: readonly Passed[], baud: number): void {
    for (const one of passed) this.queue.push({ passed: one, baud });
    this.proceed();
  }

  /** Forgets what is held up. */
  cut(): void {
    this.cancelDelay?.();
    this.cancelDelay = undefined;
    this.queue.length = 0;
  }

  private proceed(): void {
    while (this.cancelDelay === undefined) {
      const next = this.queue.shift();
      if (next === undefined) return;
      const { passed, baud } = next;
      if (passed.type === 'bytes') this.to.deliver(passed.bytes, baud);
      else if (passed.type === 'end') this.to.end(passed.reason);
      else this.wait(passed.ms);
    }
  }

  private wait(ms: number): void {
    this.cancelDelay = this.clock.at(this.clock.now() + ms, () => {
      this.cancelDelay = undefined;
      this.proceed();
    });
  }
}
