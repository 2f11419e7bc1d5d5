// One direction of a line with faults: a delay holds up everything behind it, in order.
import type { Clock } from '../clock.js';
import type { Passed } from './line-faults.js';

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
