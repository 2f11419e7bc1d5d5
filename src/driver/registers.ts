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

  /** Reads what of a field was not read before. */
  async load(field: BitField): Promise<void> {
    await this.loadAddresses(field.map(({ address }) => address));
  }

  async loadAddresses(addresses: readonly number[]): Promise<void> {
    for (const address of addresses) {
      if (!this.#words.has(address)) this.#words.set(address, await this.#loader.readRegister(address));
    }
  }

  /** Reads again what was read before: a damaged value does not come twice. True when nothing differs. */
  async confirm(addresses: readonly number[]): Promise<boolean> {
    for (const address of addresses) {
      if ((await this.#loader.readRegister(address)) !== this.read(address)) return false;
    }
    return true;
  }
}
