// The registry on PostgreSQL: each call is one transaction.
import type {
  DeviceFilter,
  DeviceHistory,
  DeviceName,
  DevicePage,
  DeviceRecord,
  Failure,
  Proof,
  Registry,
  Reservation,
  ReserveRequest,
} from '../registry.js';
import { checkReason, checkWidths } from '../request.js';
import type { SecretBox } from '../secrets/secret-box.js';
import type { Database } from './database.js';
import { migrate } from './migrate.js';
import { find, list, openKey, recordReveal, show } from './read.js';
import { reserve } from './reserve.js';
import { confirm, fail } from './settle.js';

export class PostgresRegistry implements Registry {
  readonly #database: Database;
  readonly #box: SecretBox;

  private constructor(database: Database, box: SecretBox) {
    this.#database = database;
    this.#box = box;
  }

  /** Brings the schema up to date, then opens the registry. On failure the database is closed. */
  static async open(database: Database, box: SecretBox): Promise<PostgresRegistry> {
    try {
      await database.connected('migrations', (client) => migrate(client, database.source.description));
      return new PostgresRegistry(database, box);
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

  async reveal(mac: string, reason: string): Promise<string> {
    checkReason(reason);
    const row = await this.#database.transaction('reveal', (client) => recordReveal(client, mac, reason));
    return openKey(this.#box, row);
  }

  close(): Promise<void> {
    return this.#database.close();
  }
}
