// A station's own copy of who may come in, for the time when the registry is out of reach: `door.json` beside the key
// journal, mode 0600, renewed while the registry can be reached.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EspmintError } from '../../core/errors/index.js';
import { parseListEntry } from '../../core/list-entry.js';
import { replaceOwnFile } from '../../files/index.js';
import type { BoardNames, KnownPolicy } from '../registry.js';
import { checkDoor, type DoorEntry } from './rules.js';

/** The lists of a registry, and which devices are tombstones. */
export interface Door {
  readonly entries: readonly DoorEntry[];
  /** MACs of removed devices. */
  readonly removed: readonly string[];
}

interface CopiedDoor extends Door {
  /** ISO 8601 in UTC. */
  readonly at: string;
  /** Description of the registry that it was copied from: a station may change to another one. */
  readonly registry: string;
}

/** While the registry is in use, the copy is no older than this. */
const RENEW_MS = 15_000;

export class DoorCopy {
  readonly #path: string;
  readonly #registry: string;
  #renewing: Promise<void> = Promise.resolve();
  #dueAt = 0;

  constructor(dataDir: string, registry: string) {
    this.#path = join(dataDir, 'door.json');
    this.#registry = registry;
  }

  /** Renews the copy in the background where it is due. A failure leaves the old one: its age is told. */
  renew(read: () => Promise<Door>): void {
    if (performance.now() < this.#dueAt) return;
    this.#dueAt = performance.now() + RENEW_MS;
    this.#renewing = this.#renew(read).catch(() => undefined);
  }

  /** Resolves when nothing is being renewed. Never throws. */
  settled(): Promise<void> {
    return this.#renewing;
  }

  /** When the copy was made; undefined where there is none. ISO 8601 in UTC. */
  async at(): Promise<string | undefined> {
    return (await this.#read())?.at;
  }

  /**
   * Without a copy every board is welcome: the station has never reached this registry.
   *
   * @throws DEVICE_DENIED, DEVICE_NOT_ALLOWED, DEVICE_REMOVED, each with the age of the copy
   */
  async check(board: BoardNames, policy: KnownPolicy): Promise<void> {
    const copy = await this.#read();
    if (copy === undefined) return;
    const { mac, uuid } = board;
    const { at: asOf, entries, removed } = copy;
    checkDoor(
      board,
      entries.filter(({ entry }) => names(entry, board)),
      entries.some(({ list }) => list === 'allow'),
      asOf,
    );
    if (policy !== 'rotate' && removed.includes(mac))
      throw new EspmintError('DEVICE_REMOVED', { mac, uuid, asOf });
  }

  async #renew(read: () => Promise<Door>): Promise<void> {
    const { entries, removed } = await read();
    const copy: CopiedDoor = { at: new Date().toISOString(), registry: this.#registry, entries, removed };
    await replaceOwnFile(this.#path, JSON.stringify(copy));
  }

  async #read(): Promise<CopiedDoor | undefined> {
    try {
      const copy = JSON.parse(await readFile(this.#path, 'utf8')) as CopiedDoor;
      return copy.registry === this.#registry ? copy : undefined;
    } catch {
      return undefined;
    }
  }
}

function names(text: string, { mac, uuid }: BoardNames): boolean {
  const entry = parseListEntry(text);
  return 'uuid' in entry ? entry.uuid === uuid : entry.first <= mac && mac <= entry.last;
}
