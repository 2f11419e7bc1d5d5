// The registry on PostgreSQL: each call is one transaction.
import { toEspmintError } from '../../core/errors/index.js';
import type {
  DeviceFilter,
  DeviceHistory,
  DeviceName,
  DevicePage,
  DeviceRecord,
  Failure,
  Image,
  Proof,
  Registry,
  RegistryStatus,
  Reservation,
  ReserveRequest,
} from '../registry.js';
import { checkReason, checkWidths } from '../request.js';
import type { SealingKey } from '../secrets/envelope.js';
import { plainBox, sealedBox, type SecretBox } from '../secrets/secret-box.js';
import { openDataKeys } from './data-keys.js';
import type { Database } from './database.js';
import { list } from './list.js';
import { migrate } from './migrate.js';
import { find, openKey, recordReveal, show } from './read.js';
import { type OfflineReservation, replayReservation, reserve } from './reserve.js';
import { confirm, fail, noteImage } from './settle.js';

export interface SecretOptions {
  /** The master key, and one that is about to replace it if there is one. */
  readonly masters: readonly SealingKey[];
  /** Store keys as they are, for consumers that read the column themselves. */
  readonly plain: boolean;
}

export class PostgresRegistry implements Registry {
  readonly #database: Database;
  readonly #box: SecretBox;

  private constructor(database: Database, box: SecretBox) {
    this.#database = database;
    this.#box = box;
  }

  /** Brings the schema up to date, then opens the registry. On failure the database is closed. */
  static async open(database: Database, options: SecretOptions): Promise<PostgresRegistry> {
    try {
      await database.connected('migrations', (client) => migrate(client, database.source.description));
      const keys = await database.transaction('keys', (client) => openDataKeys(client, options.masters));
      const box = sealedBox(keys);
      return new PostgresRegistry(database, options.plain ? plainBox(box) : box);
    } catch (error) {
      await database.close();
      throw error;
    }
  }

  get description(): string {
    return this.#database.source.description;
  }

  find(device: DeviceName): Promise<DeviceRecord | undefined> {
    return this.#database.connected('find', (client) => find(client, device));
  }

  async reserve(request: ReserveRequest): Promise<Reservation> {
    checkWidths(request);
    return this.#database.transaction('reserve', (client) => reserve(client, this.#box, request));
  }

  /** Writes down a reservation that was made while this registry was out of reach. @throws UUID_TAKEN, MAC_TAKEN */
  replay(offline: OfflineReservation): Promise<void> {
    return this.#database.transaction('replay', (client) => replayReservation(client, this.#box, offline));
  }

  built(reservationId: string, image: Image): Promise<void> {
    return this.#database.transaction('built', (client) => noteImage(client, reservationId, image));
  }

  confirm(reservationId: string, proof: Proof): Promise<DeviceRecord> {
    return this.#database.transaction('confirm', (client) => confirm(client, reservationId, proof));
  }

  fail(reservationId: string, failure: Failure): Promise<void> {
    return this.#database.transaction('fail', (client) => fail(client, reservationId, failure));
  }

  list(filter: DeviceFilter = {}): Promise<DevicePage> {
    return this.#database.connected('list', (client) => list(client, filter));
  }

  show(device: DeviceName): Promise<DeviceHistory> {
    return this.#database.connected('show', (client) => show(client, device));
  }

  async reveal(mac: string, reason: string, actor?: string): Promise<string> {
    checkReason(reason);
    const row = await this.#database.transaction('reveal', (client) =>
      recordReveal(client, { mac, reason, actor }),
    );
    return openKey(this.#box, row);
  }

  async status(): Promise<RegistryStatus> {
    const settled = { pendingSync: 0, conflicts: 0 };
    try {
      await this.#database.connected('status', (client) => client.query('select 1'));
      return { reachable: true, ...settled };
    } catch (error) {
      return { reachable: false, reason: toEspmintError(error).message, ...settled };
    }
  }

  close(): Promise<void> {
    return this.#database.close();
  }
}
