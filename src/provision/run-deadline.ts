// The deadline of a run, which stands still while its board waits for others: for the WPS button, or for the air.
import type { ProvisionEvent } from '../core/stages.js';

/** Each board that is waited for has a deadline of its own, so this wait has an end too. */
export class RunDeadline {
  readonly #passed = new AbortController();
  #leftMs: number;
  #since = performance.now();
  #timer: NodeJS.Timeout | undefined;

  /** @param timeoutMs without the waits */
  constructor(timeoutMs: number) {
    this.#leftMs = timeoutMs;
    this.#goOn();
  }

  /** Aborted at the deadline. */
  get signal(): AbortSignal {
    return this.#passed.signal;
  }

  /** Takes in what the run tells. */
  follow(event: ProvisionEvent): void {
    if (event.type === 'action' && TURNS.includes(event.action)) this.#hold();
    else if (event.type === 'action' || event.type === 'attempt') this.#goOn();
  }

  /** The run has ended. */
  close(): void {
    clearTimeout(this.#timer);
  }

  #hold(): void {
    if (this.#timer === undefined) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#leftMs -= performance.now() - this.#since;
  }

  #goOn(): void {
    if (this.#timer !== undefined) return;
    this.#since = performance.now();
    this.#timer = setTimeout(() => this.#passed.abort(), Math.max(0, this.#leftMs));
  }
}

const TURNS: readonly string[] = ['wps-turn', 'smartconfig-turn'];
