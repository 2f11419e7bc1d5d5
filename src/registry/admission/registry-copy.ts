// What a station keeps of its registry for the time when that is out of reach: which registry it is, the master key that
// it is sealed with, and its admission lists. One file of each registry, `registries/ID.json`, mode 0600.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EspmintError, isEspmintError, toEspmintError } from '../../core/errors/index.js';
import { parseListEntry } from '../../core/list-entry.js';
import { codeOf, makePrivateDir, reasonOf, replaceOwnFile } from '../../files/index.js';
import type { BoardNames, KnownPolicy } from '../registry.js';
import { checkLists, type ListedEntry } from './rules.js';
import { sha256Hex } from '../../core/digest.js';

/** Allow and deny lists, and which devices are out of use. */
interface AdmissionLists {
  readonly entries: readonly ListedEntry[];
  /** MACs of removed devices. */
  readonly removed: readonly string[];
}

/** What the registry says of itself. */
export interface RegistryFacts extends AdmissionLists {
  /** The same however its address is spelled. */
  readonly registryId: string;
  /** Ids of the master keys that open it. */
  readonly masterIds: readonly string[];
}

/** What is in the file. */
export interface CopiedRegistry extends RegistryFacts {
  /** ISO 8601 in UTC. */
  readonly at: string;
  /** Each address that it was reached by, and when that was last; ISO 8601 in UTC. */
  readonly addresses: Readonly<Record<string, string>>;
}

/** While the registry is in use, the copy is no older than this. */
const RENEW_MS = 15_000;
const NAME = /^[a-z0-9]+\.json$/;

export class RegistryCopy {
  readonly #folder: string;
  readonly #address: string;
  /** Once the registry was reached, or found among the copies. */
  #id: string | undefined;
  #renewing: Promise<void> = Promise.resolve();
  #dueAt = 0;

  /** @param address by which the registry is reached: for people, without password */
  constructor(dataDir: string, address: string) {
    this.#folder = join(dataDir, 'registries');
    this.#address = address;
  }

  /** Renews the copy in the background where it is due. A failure leaves the old one: its age is shown. */
  renew(read: () => Promise<RegistryFacts>): void {
    if (performance.now() < this.#dueAt) return;
    this.#dueAt = performance.now() + RENEW_MS;
    this.#renewing = this.#renew(read).catch(() => undefined);
  }

  /** Resolves when nothing is being renewed. Never throws. */
  settled(): Promise<void> {
    return this.#renewing;
  }

  /** When the copy was made; undefined where there is none. ISO 8601 in UTC. @throws ADMISSION_LISTS_UNREADABLE */
  async at(): Promise<string | undefined> {
    return (await this.find())?.at;
  }

  /**
   * The copy of the registry behind this address; undefined where it was never reached by it.
   *
   * @throws ADMISSION_LISTS_UNREADABLE where a copy cannot be read that may be the one
   */
  async find(): Promise<CopiedRegistry | undefined> {
    if (this.#id !== undefined) return this.#read(`${this.#id}.json`);
    const copies: CopiedRegistry[] = [];
    let fault: EspmintError | undefined;
    for (const name of await this.#names()) {
      try {
        copies.push(await this.#read(name));
      } catch (error) {
        fault = toEspmintError(error);
      }
    }
    const seenAt = ({ addresses }: CopiedRegistry): string => addresses[this.#address] ?? '';
    const [newest] = copies.sort((a, b) => (seenAt(a) > seenAt(b) ? -1 : 1));
    if (newest !== undefined && seenAt(newest) !== '') {
      this.#id = newest.registryId;
      return newest;
    }
    if (fault !== undefined) throw fault;
    return undefined;
  }

  /** Whether this computer has ever reached any registry. @throws ADMISSION_LISTS_UNREADABLE */
  async isFirst(): Promise<boolean> {
    return (await this.#names()).length === 0;
  }

  /**
   * Where this computer has never reached the registry there is nothing to go by: see Spool.start.
   *
   * @throws DEVICE_DENIED, DEVICE_NOT_ALLOWED, DEVICE_REMOVED, each with the age of the copy;
   *   ADMISSION_LISTS_UNREADABLE: who may be denied is not let in
   */
  async check(board: BoardNames, policy: KnownPolicy): Promise<void> {
    const copy = await this.find();
    if (copy === undefined) return;
    const { mac, uuid } = board;
    const { at: asOf, entries, removed } = copy;
    checkLists(
      board,
      entries.filter(({ entry }) => names(entry, board)),
      entries.some(({ list }) => list === 'allow'),
      asOf,
    );
    if (policy !== 'rotate' && removed.includes(mac))
      throw new EspmintError('DEVICE_REMOVED', { mac, uuid, asOf });
  }

  async #renew(read: () => Promise<RegistryFacts>): Promise<void> {
    const { registryId, masterIds, entries, removed } = await read();
    const name = `${registryId}.json`;
    // One that cannot be read is replaced: this is the registry itself.
    const earlier = await this.#read(name).catch(() => undefined);
    const at = new Date().toISOString();
    const addresses = { ...earlier?.addresses, [this.#address]: at };
    await this.#write(name, { registryId, masterIds, at, addresses, entries, removed });
    this.#id = registryId;
  }

  async #write(name: string, copy: CopiedRegistry): Promise<void> {
    await makePrivateDir(this.#folder);
    await replaceOwnFile(join(this.#folder, name), JSON.stringify({ sha256: digestOf(copy), copy }));
  }

  async #names(): Promise<string[]> {
    try {
      return (await readdir(this.#folder)).filter((name) => NAME.test(name)).sort();
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return [];
      throw unreadable(this.#folder, reasonOf(error));
    }
  }

  /** @throws ADMISSION_LISTS_UNREADABLE, also where it is gone */
  async #read(name: string): Promise<CopiedRegistry> {
    const path = join(this.#folder, name);
    try {
      const { sha256, copy } = JSON.parse(await readFile(path, 'utf8')) as {
        sha256: string;
        copy: CopiedRegistry;
      };
      if (sha256 !== digestOf(copy)) throw unreadable(path, 'it was damaged or changed');
      return copy;
    } catch (error) {
      if (isEspmintError(error)) throw error;
      throw unreadable(path, reasonOf(error));
    }
  }
}

/** Of the text that JSON makes of it, which is the same again after reading. */
function digestOf(copy: CopiedRegistry): string {
  return sha256Hex(JSON.stringify(copy));
}

function unreadable(path: string, reason: string): EspmintError {
  return new EspmintError('ADMISSION_LISTS_UNREADABLE', { path, reason });
}

function names(text: string, { mac, uuid }: BoardNames): boolean {
  const entry = parseListEntry(text);
  return 'uuid' in entry ? entry.uuid === uuid : entry.first <= mac && mac <= entry.last;
}
