// Registers that do not change while we are connected (eFuses, strapping, calibration): each is read once.
import type { BitField } from '../../core/chips/index.js';
import type { Answer, Loader } from '../protocol/loader.js';
import { registerRead, type Command } from '../protocol/request.js';

export class RegisterCache {
  readonly #loader: Loader;
  readonly #words = new Map<number, number>();
  /** A register's value, once it was loaded. */
  readonly read: (address: number) => number = (address) => this.#words.get(address) ?? 0;

  constructor(loader: Loader) {
    this.#loader = loader;
  }

  /** Reads what of these fields was not read before. */
  async load(...fields: readonly (BitField | undefined)[]): Promise<void> {
    await this.loadAddresses(addressesOf(fields));
  }

  async loadAddresses(addresses: readonly number[]): Promise<void> {
    await this.loadAddressesThen(addresses, []);
  }

  /** As `loadAddresses`, and these commands in the same go. @returns their answers. */
  async loadAddressesThen(
    addresses: readonly number[],
    then: readonly Command[],
  ): Promise<readonly Answer[]> {
    const missing = [...new Set(addresses)].filter((address) => !this.#words.has(address));
    // Nothing to ask: what may wait in the loader waits on.
    if (missing.length + then.length === 0) return [];
    const answers = await this.#loader.repeatAll([...missing.map(registerRead), ...then]);
    for (const [index, address] of missing.entries()) this.#words.set(address, answers[index]?.value ?? 0);
    return answers.slice(missing.length);
  }

  /** Reads these anew, because what was read before looks damaged: the link is not trusted with a write then. */
  async reload(addresses: readonly number[]): Promise<void> {
    this.#loader.hasErred = true;
    for (const address of addresses) this.#words.delete(address);
    await this.loadAddresses(addresses);
  }

  /** Reads again what was read before: a damaged value does not come twice. True when nothing differs. */
  async confirm(addresses: readonly number[]): Promise<boolean> {
    const values = await this.#loader.readRegisters(addresses);
    return addresses.every((address, index) => values[index] === this.read(address));
  }
}

export const addressesOf = (fields: readonly (BitField | undefined)[]): readonly number[] =>
  fields.flatMap((field) => field ?? []).map(({ address }) => address);
