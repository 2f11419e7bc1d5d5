// The master keys of this computer, loaded once: which of them seals, which open, and what each of them is for. They
// follow the key files, which may be changed while a process works: what was sealed before must still open then.
import { stat } from 'node:fs/promises';
import { EspmintError } from '../../../core/errors/index.js';
import type { SecretKey } from './envelope.js';
import { localKeyIds } from './local-key-ids.js';
import {
  deriveKey,
  findMasterKeys,
  type FoundKeys,
  keepKeys,
  makeKeyFile,
  type MasterKeySource,
  previousOf,
} from './master-key.js';
import { type SecretBox, sealedBox } from './secret-box.js';

export class MasterKeys {
  readonly #source: MasterKeySource;
  readonly #dataDir: string;
  #found: FoundKeys;
  #files: string;
  /** Of the key that the registry is sealed with: what this computer seals for itself shall open where that is known. */
  #registrysId: string | undefined;
  readonly #boxes = new Map<string, { readonly of: FoundKeys; readonly box: SecretBox }>();

  private constructor(source: MasterKeySource, dataDir: string, found: FoundKeys, files: string) {
    this.#source = source;
    this.#dataDir = dataDir;
    this.#found = found;
    this.#files = files;
  }

  /** Makes no key: only a registry that has none may get one. @throws MASTER_KEY_INVALID, FILE_UNREADABLE */
  static async load(source: MasterKeySource, dataDir: string): Promise<MasterKeys> {
    const files = await lookAt(source);
    return new MasterKeys(source, dataDir, await findMasterKeys(source), files);
  }

  get source(): MasterKeySource {
    return this.#source;
  }

  /** Whether somebody has named the key by a variable or a command: then it is the one that opens the registry. */
  get isGiven(): boolean {
    return this.#found.isGiven;
  }

  /** Whether there is one that is used, beside those that are kept. */
  get hasCurrent(): boolean {
    return this.#found.current !== undefined;
  }

  /** That may open the registry, the likeliest first. */
  get forRegistry(): readonly SecretKey[] {
    const { current, isGiven } = this.#found;
    return isGiven && current !== undefined ? [current] : this.all;
  }

  /** That open what is sealed here, the one that seals first. */
  get all(): readonly SecretKey[] {
    const { current, others } = this.#found;
    const keys = current === undefined ? others : [current, ...others];
    const first = keys.filter(({ id }) => id === this.#registrysId);
    return [...first, ...keys.filter(({ id }) => id !== this.#registrysId)];
  }

  has(id: string): boolean {
    return this.all.some((key) => key.id === id);
  }

  /** Notes which key the registry is sealed with. */
  noteRegistrys(id: string | undefined): void {
    if (id === this.#registrysId) return;
    this.#registrysId = id;
    this.#boxes.clear();
  }

  /** Reads the files, and runs the command, once more. @throws as `load` */
  async reload(): Promise<void> {
    const files = await lookAt(this.#source);
    this.#found = await findMasterKeys(this.#source);
    this.#files = files;
  }

  /**
   * Looks whether the files are others by now. Call it before sealing: a later process will have the new key, and of the
   * old one only what is kept here. While a file is half copied, the old keys go on. Never throws.
   */
  async follow(): Promise<void> {
    const { command, text } = this.#source;
    if (command !== undefined || text !== undefined) return;
    const files = await lookAt(this.#source);
    if (files === this.#files) return;
    const before = this.#found.current;
    try {
      const found = await findMasterKeys(this.#source);
      // Somebody has copied another file over it, or removed it.
      if (before !== undefined && found.current?.id !== before.id) await keepKeys(this.#source, [before]);
      if (found.current === undefined) return;
      this.#found = await findMasterKeys(this.#source);
      this.#files = await lookAt(this.#source);
    } catch {
      // It is looked at again the next time.
    }
  }

  /**
   * The key for a registry that has none yet: the one that is there, or a new one.
   *
   * @throws SECRET_UNREADABLE where this computer's own records need a key that is missing: it is lost, not new
   */
  async forNewRegistry(): Promise<SecretKey> {
    const { current } = this.#found;
    if (current !== undefined) return current;
    await this.requireLocal();
    await makeKeyFile(this.#source.file);
    await this.reload();
    const made = this.#found.current;
    if (made === undefined) throw new EspmintError('INTERNAL', { reason: 'the new master key vanished' });
    return made;
  }

  /** @throws SECRET_UNREADABLE where this computer's own records need a key that is missing */
  async requireLocal(): Promise<void> {
    const missing = [...(await localKeyIds(this.#dataDir)).keys()].filter((id) => !this.has(id));
    if (missing.length > 0) throw this.missing(`the records in ${this.#dataDir}`, missing);
  }

  /** Whether a registry that is sealed under these may be opened here. */
  opens(wanted: readonly string[]): boolean {
    return wanted.every((id) => this.forRegistry.some((key) => key.id === id));
  }

  /** @param what is sealed under these  @throws SECRET_UNREADABLE unless all of them may be used here */
  require(what: string, wanted: readonly string[]): void {
    const lacking = wanted.filter((id) => !this.opens([id]));
    if (lacking.length > 0) throw this.missing(what, lacking);
  }

  /** That these ids are wanted and may not be used here. */
  missing(what: string, wanted: readonly string[]): EspmintError {
    const { isGiven, current } = this.#found;
    const kept = isGiven && wanted.some((id) => this.has(id));
    const has = (isGiven && current !== undefined ? [current] : this.all).map(({ id }) => id);
    const which = `it is sealed under the master key ${wanted.join(' or ')}, and `;
    const here = has.length === 0 ? 'this computer has none' : `the one given is ${has.join(', ')}`;
    return new EspmintError('SECRET_UNREADABLE', {
      what,
      reason: which + here,
      wanted: wanted.join(', '),
      advice: kept ? 'unset' : 'import',
    });
  }

  /** Seals with the first key, opens with any; keys of two purposes never open each other's secrets. */
  boxFor(purpose: string): SecretBox {
    return {
      seal: (secret, owner) => this.#boxOf(purpose).seal(secret, owner),
      open: (stored, owner) => this.#boxOf(purpose).open(stored, owner),
    };
  }

  #boxOf(purpose: string): SecretBox {
    const known = this.#boxes.get(purpose);
    if (known?.of === this.#found) return known.box;
    // The last key of a box seals.
    const box = sealedBox([...this.all].reverse().map((key) => deriveKey(key, purpose)));
    this.#boxes.set(purpose, { of: this.#found, box });
    return box;
  }
}

/** Changes with the key files. */
async function lookAt(source: MasterKeySource): Promise<string> {
  const looks = [source.file, previousOf(source)].map(async (path) => {
    const found = await stat(path, { bigint: true }).catch(() => undefined);
    return found === undefined ? '-' : `${found.ino} ${found.mtimeNs} ${found.size}`;
  });
  return (await Promise.all(looks)).join(' / ');
}
