// A clock that stands still until a test moves it.
import type { Clock } from '../clock.js';

export class FakeClock implements Clock {
  private time = 0;
  private timers: { readonly moment: number; readonly run: () => void }[] = [];

  now(): number {
    return this.time;
  }

  at(moment: number, run: () => void): () => void {
    const timer = { moment, run };
    this.timers.push(timer);
    return () => {
      this.timers = this.timers.filter((other) => other !== timer);
    };
  }

  /** Lets time pass; timers run in their order, each at its moment. */
  advance(ms: number): void {
    const end = this.time + ms;
    for (;;) {
      const due = this.timers.filter(({ moment }) => moment <= end).sort((a, b) => a.moment - b.moment)[0];
      if (due === undefined) break;
      this.timers = this.timers.filter((other) => other !== due);
      this.time = Math.max(this.time, due.moment);
      due.run();
    }
    this.time = end;
  }
}
