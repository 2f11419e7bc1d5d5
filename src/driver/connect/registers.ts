// Registers that do not change while we are connected (eFuses, strapping): each is read, and read again before anything is
// concluded from it, because the answers carry no checksum.
import { hex } from '../../core/text.js';
import type { BitField } from '../../core/chips/index.js';
import type { Answer, Loader } from '../protocol/loader.js';
import { type Command, registerRead } from '../protocol/request.js';
import { EspmintError } from '../../core/errors/index.js';

export class RegisterCache {
  readonly #words = new Map<number, number>();
  /** Read once so far. */
  readonly #unproven = new Set<number>();
  /** A register's value, once it was loaded. */
  readonly read: (address: number) => number = (address) => this.#words.get(address) ?? 0;

  constructor(private readonly loader: Loader) {}

  /** Reads once what of these fields was not read before: enough where a wrong value shows by itself. */
  async load(...fields: readonly (BitField | undefined)[]): Promise<void> {
    const missing = this.#missingOf(addressesOf(fields));
    this.#note(missing, missing.length === 0 ? [] : await this.loader.readRegisters(missing));
  }

  /**
   * Reads these until two readings in a row are equal, one of which may have been made before.
   * @param then is sent behind all of them, in the same go.
   * @returns the answers to `then`.
   * @throws LINK_DAMAGED where readings differ: at once where a lower rate is left, else after several pairs.
   */
  async prove(
    addresses: readonly number[],
    { then = [] }: { readonly then?: readonly Command[] } = {},
  ): Promise<readonly Answer[]> {
    const missing = this.#missingOf(addresses);
    const again = [...new Set(addresses)].filter(
      (address) => this.#unproven.has(address) || missing.includes(address),
    );
    const asked = [...missing, ...again].map(registerRead);
    // Nothing to ask: what may wait in the loader waits on.
    if (asked.length + then.length === 0) return [];
    const answers = await this.loader.repeatAll([...asked, ...then]);
    const values = answers.slice(0, asked.length).map(({ value }) => value);
    this.#note(missing, values);
    await this.#agree(again, values.slice(missing.length));
    return answers.slice(asked.length);
  }

  /** Reads these anew, because what was read before looks damaged: the link is not trusted with a write then. */
  async reload(addresses: readonly number[]): Promise<void> {
    this.loader.hasErred = true;
    for (const address of addresses) this.#words.delete(address);
    await this.prove(addresses);
  }

  async #agree(addresses: readonly number[], readAgain: readonly number[]): Promise<void> {
    let latest = readAgain;
    for (let pairs = 1; ; pairs++) {
      const differing = addresses.filter((address, index) => this.read(address) !== latest[index]);
      if (differing.length === 0) break;
      readingsDiffer(this.loader, `register ${hex(differing[0] ?? 0)}`, pairs);
      this.#note(addresses, latest);
      latest = await this.loader.readRegisters(addresses);
    }
    for (const address of addresses) this.#unproven.delete(address);
  }

  #missingOf(addresses: readonly number[]): readonly number[] {
    return [...new Set(addresses)].filter((address) => !this.#words.has(address));
  }

  #note(addresses: readonly number[], values: readonly number[]): void {
    for (const [index, address] of addresses.entries()) {
      this.#words.set(address, values[index] ?? 0);
      this.#unproven.add(address);
    }
  }
}

export const addressesOf = (fields: readonly (BitField | undefined)[]): readonly number[] =>
  fields.flatMap((field) => field ?? []).map(({ address }) => address);

// What follows where two readings of one thing differ: an answer was damaged on its way in a form that still was an answer.
// Such a thing is read again, or the link is blamed; nothing is concluded about the board.

/**
 * To be called where two readings differ. Returns where they are to be read again.
 * @param pairs compared so far. @param tries pairs to compare at most: 1 where a lower rate is left to try.
 * @throws LINK_DAMAGED where that was the last pair
 */
export function readingsDiffer(
  loader: Loader,
  what: string,
  pairs: number,
  tries = loader.repeatTries,
): void {
  loader.hasErred = true;
  if (pairs >= tries) throw damagedLink(loader, `two readings of ${what} differ`);
}

export function damagedLink({ link }: Loader, reason: string): EspmintError<'LINK_DAMAGED'> {
  return new EspmintError('LINK_DAMAGED', { port: link.address, baud: link.baud, reason });
}
