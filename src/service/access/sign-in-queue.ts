// The line of sign-ins that wait for their password to be checked: short, and with room for everybody.
import { EspmintError } from '../../core/errors/index.js';

/** A check takes a few tenths of a second: who stands last waits about five seconds. */
const MOST_WAITING = 16;
/** Of one address: whoever sends sign-ins without end leaves room for the others. */
const MOST_OF_ONE = 4;
const WAIT_SECONDS = 2;

export class SignInQueue {
  readonly #waiting = new Map<string, number>();
  #total = 0;

  /** @throws SIGN_IN_BUSY at once, before any work, when there is no room */
  async run<T>(address: string, check: () => Promise<T>): Promise<T> {
    const own = this.#waiting.get(address) ?? 0;
    if (own >= MOST_OF_ONE || this.#total >= MOST_WAITING) {
      throw new EspmintError('SIGN_IN_BUSY', { waitSeconds: WAIT_SECONDS });
    }
    this.#waiting.set(address, own + 1);
    this.#total += 1;
    try {
      return await check();
    } finally {
      this.#total -= 1;
      const left = (this.#waiting.get(address) ?? 1) - 1;
      if (left === 0) this.#waiting.delete(address);
      else this.#waiting.set(address, left);
    }
  }
}
