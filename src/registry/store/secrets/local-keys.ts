// Keys for what this computer writes down for itself, in its key journal and of its places in batches: made from the master
// key, so that they need no database. They follow the key file: it may be replaced while a process works, and what was
// sealed before must still open then.
import { stat } from 'node:fs/promises';
import type { SealingKey } from './envelope.js';
import {
  deriveKey,
  keepPreviousKey,
  type MasterKeySource,
  readKeyFile,
  readPreviousKeys,
} from './master-key.js';
import { type SecretBox, sealedBox } from './secret-box.js';

export class LocalKeys {
  /** Seals with the newest key, opens with any. */
  readonly box: SecretBox = {
    seal: (secret, owner) => this.#known.seal(secret, owner),
    open: (stored, owner) => this.#known.open(stored, owner),
  };
  readonly #source: MasterKeySource;
  readonly #purpose: string;
  #known = sealedBox([]);
  #master: SealingKey | undefined;
  #seen: string | undefined;

  private constructor(source: MasterKeySource, purpose: string) {
    this.#source = source;
    this.#purpose = purpose;
  }

  /**
   * @param loaded what loadMasterKeys said
   * @param purpose so that keys of two purposes never open each other's secrets
   */
  static open(
    source: MasterKeySource,
    loaded: readonly [SealingKey, ...SealingKey[]],
    purpose: string,
  ): LocalKeys {
    const keys = new LocalKeys(source, purpose);
    keys.#use(loaded);
    return keys;
  }

  /**
   * Looks whether the key file is another one by now. Call it before sealing: a later process will have the new key, and
   * of the old one only what is kept here. While a file is half copied, the old key goes on. Never throws.
   */
  async refresh(): Promise<void> {
    const { command, text, file } = this.#source;
    if (command !== undefined || text !== undefined) return;
    const seen = await this.#look();
    if (seen === undefined || seen === this.#seen) return;
    try {
      const master = await readKeyFile(file);
      if (master === undefined) return;
      if (this.#master !== undefined && this.#master.id !== master.id)
        await keepPreviousKey(this.#source, this.#master);
      this.#use([master, ...(await readPreviousKeys(this.#source))]);
      this.#seen = seen;
    } catch {
      // It is looked at again the next time.
    }
  }

  /** The last key of a box seals. */
  #use(masters: readonly [SealingKey, ...SealingKey[]]): void {
    const lastFirst = [...masters].reverse();
    this.#known = sealedBox(lastFirst.map((key) => deriveKey(key, this.#purpose)));
    this.#master = masters[0];
  }

  async #look(): Promise<string | undefined> {
    const found = await stat(this.#source.file, { bigint: true }).catch(() => undefined);
    return found && `${found.ino} ${found.mtimeNs} ${found.size}`;
  }
}
