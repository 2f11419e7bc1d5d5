// Codes that an operator scans before the boards are plugged in: each names the row of a list of values for the next board.
import type { ScannedCodes } from '../provision/index.js';

export class CodeQueue implements ScannedCodes {
  readonly #codes: string[] = [];

  /** One that waits already stays where it is. Returns how many wait. */
  add(code: string): number {
    if (!this.#codes.includes(code)) this.#codes.push(code);
    return this.#codes.length;
  }

  take(): string | undefined {
    return this.#codes.shift();
  }

  putBack(code: string): void {
    this.#codes.unshift(code);
  }

  clear(): void {
    this.#codes.length = 0;
  }
}
