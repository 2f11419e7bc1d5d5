// Runs firmware step by step, with time between the steps, until it is reset or loses power.
import type { Clock } from './clock.js';
import type { Firmware, Next, Step, Steps, TimeSpentOn } from './steps.js';
import { PowerLost } from './flash/memory.js';

/** Waits shorter than this are not waited for one by one but together: timers are not that fine. */
const WAIT_GRAIN_MS = 1;

/** What the CPU is connected to. */
export interface CpuPins {
  readonly clock: Clock;
  /** Sends bytes; `from` is the moment when the firmware handed them over. */
  transmit(bytes: Uint8Array, from: number): void;
  /** Moment when the transmitter will be empty. */
  transmitterIdleAt(): number;
  setBaud(baud: number): void;
  spent(ms: number, on: TimeSpentOn): void;
  /** A frame was taken up. */
  request(): void;
  /** The program ended by itself. */
  ended(next: Next): void;
  powerLost(): void;
}

export class Cpu {
  private firmware: Firmware | undefined;
  private steps: Steps<Next> | undefined;
  private frames: Uint8Array[] = [];
  /** Moment up to which the work is done: it may be a little ahead of the clock. */
  private time = 0;
  private isWaitingForFrame = false;
  private isStepping = false;
  private cancelWait: (() => void) | undefined;

  constructor(private readonly pins: CpuPins) {}

  get isRunning(): boolean {
    return this.steps !== undefined;
  }

  start(firmware: Firmware, startAfterMs: number): void {
    this.stop();
    this.firmware = firmware;
    this.steps = firmware.run();
    this.time = this.pins.clock.now() + startAfterMs;
    this.pins.spent(startAfterMs, 'boot');
    this.proceed();
  }

  /** Everything in RAM is gone. */
  stop(): void {
    this.cancelWait?.();
    this.cancelWait = undefined;
    this.firmware = undefined;
    this.steps = undefined;
    this.frames = [];
    this.isWaitingForFrame = false;
  }

  /** Bytes from the UART's receiver. */
  receive(bytes: Uint8Array): void {
    const { firmware } = this;
    if (firmware?.decoder === undefined) return;
    for (const frame of firmware.decoder.push(bytes)) {
      if (this.frames.length < firmware.frameBuffers || this.isWaitingForFrame) this.frames.push(frame);
    }
    if (this.isWaitingForFrame && this.frames.length > 0) this.proceed();
  }

  /** Wakes the program with an empty frame. */
  interrupt(): void {
    if (this.steps === undefined) return;
    this.frames.push(new Uint8Array());
    if (this.isWaitingForFrame) this.proceed();
  }

  /** Runs until the firmware waits for something. */
  private proceed(): void {
    if (this.isStepping) return;
    this.isStepping = true;
    try {
      while (this.cancelWait === undefined && this.step());
    } finally {
      this.isStepping = false;
    }
  }

  /** False when there is nothing to do now. */
  private step(): boolean {
    const { steps } = this;
    if (steps === undefined) return false;
    if (this.time - this.pins.clock.now() > WAIT_GRAIN_MS) {
      this.waitUntilTime();
      return false;
    }
    const frame = this.isWaitingForFrame ? this.frames.shift() : undefined;
    if (this.isWaitingForFrame && frame === undefined) return false;
    if (frame !== undefined) {
      this.isWaitingForFrame = false;
      this.pins.request();
      this.time = Math.max(this.time, this.pins.clock.now());
    }
    const result = this.resume(steps, frame);
    // A step may have reset the chip.
    if (result === undefined || steps !== this.steps) return this.steps !== undefined;
    if (result.done === true) {
      this.stop();
      this.pins.ended(result.value);
      return true;
    }
    this.perform(result.value);
    return true;
  }

  private resume(steps: Steps<Next>, frame: Uint8Array | undefined): IteratorResult<Step, Next> | undefined {
    try {
      return steps.next(frame ?? new Uint8Array(0));
    } catch (error) {
      if (!(error instanceof PowerLost)) throw error;
      this.stop();
      this.pins.powerLost();
      return undefined;
    }
  }

  private perform(step: Step): void {
    switch (step.do) {
      case 'receive':
        this.isWaitingForFrame = true;
        return;
      case 'send':
        this.pins.transmit(step.bytes, Math.max(this.time, this.pins.clock.now()));
        return;
      case 'busy':
        this.time = Math.max(this.time, this.pins.clock.now()) + step.ms;
        this.pins.spent(step.ms, step.on);
        return;
      case 'set-baud':
        this.time = Math.max(this.time, this.pins.transmitterIdleAt());
        this.pins.setBaud(step.baud);
    }
  }

  private waitUntilTime(): void {
    this.cancelWait = this.pins.clock.at(this.time, () => {
      this.cancelWait = undefined;
      this.proceed();
    });
  }
}
