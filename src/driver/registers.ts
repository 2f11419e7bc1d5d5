// Registers that do not change while we are connected (eFuses, strapping, calibration): each is read once.
import type { BitField } from '../core/chips/index.js';
import type { Loader } from './loader.js';

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
    await this.loadAddresses(fields.flatMap((field) => field ?? []).map(({ address }) => address));
  }

  async loadAddresses(addresses: readonly number[]): Promise<void> {
    const missing = [...new Set(addresses)].filter((address) => !this.#words.has(address));
    const values = await this.#loader.readRegisters(missing);
    for (const [index, address] of missing.entries()) this.#words.set(address, values[index] ?? 0);
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
