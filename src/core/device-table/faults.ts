// What is wrong with a file, kept short: the first lines by name, the others by their number.
import { EspmintError } from '../errors/index.js';
import type { LineFault } from './read.js';

/** Lines of a file that one message tells of. */
export const FAULTS_SHOWN = 10;

/** Takes any number of faults and holds few. */
export class FaultList {
  #first: LineFault[] = [];
  #count = 0;

  /** @param file how errors name it */
  constructor(
    private readonly file: string,
    private readonly code: 'DEVICES_FILE_INVALID' | 'VALUES_FILE_INVALID' = 'DEVICES_FILE_INVALID',
  ) {}

  add(fault: LineFault): void {
    this.#count += 1;
    this.#first.push(fault);
    if (this.#first.length > 2 * FAULTS_SHOWN) this.#first = this.#shown();
  }

  /** Faults that are counted and not listed: there are that many lines before them. */
  addRest(count: number): void {
    this.#count += count;
  }

  /** @throws its error with the first lines that are wrong and how many more there are */
  throwIfAny(): void {
    if (this.#count === 0) return;
    const shown = this.#shown().map(({ line, reason }) => `${this.file}:${line}: ${reason}`);
    const more = this.#count - shown.length;
    throw new EspmintError(this.code, {
      faults: shown,
      more: more > 0 ? `; and ${more} more lines` : '',
    });
  }

  #shown(): LineFault[] {
    return this.#first.sort((a, b) => a.line - b.line).slice(0, FAULTS_SHOWN);
  }
}
