// Opens what stations share: batches and runs, in the same database as the registry.
import { openWithSecrets } from '../admin/with-secrets.js';
import type { RegistryOptions } from '../connect.js';
import { defaultDataDir } from '../data-dir.js';
import { type PortRecord, readPorts } from '../statistics/port-records.js';
import { PostgresRuns } from '../statistics/postgres-runs.js';
import type { Runs } from '../statistics/runs.js';
import type { Batches } from './batches.js';
import { PostgresBatches } from './postgres-batches.js';
import { PlaceBook } from './prepaid/place-book.js';
import { PrepaidBatches } from './prepaid/prepaid-batches.js';

export interface Production {
  readonly batches: Batches;
  readonly runs: Runs;
  /** What each port has done; of one station where it is named. @throws REGISTRY_* */
  ports(station?: string): Promise<PortRecord[]>;
  /** Never throws, may be called again. */
  close(): Promise<void>;
}

/** What a station does with its batch while the database is out of reach. */
export interface OfflinePlaces {
  /** Boards that it may make then; 0: each waits for the database. */
  readonly boards: number;
  /** Tells the registry first what the key journal of this station still holds for it; false: not done yet. */
  readonly keysFirst?: (() => Promise<boolean>) | undefined;
}

/**
 * The database of the options, brought up to date. A place in a batch is only given by the database that all stations
 * share; a station that holds places ahead goes on with those when it is out of reach.
 *
 * @throws DATA_DIR_UNUSABLE, EMBEDDED_*, REGISTRY_*, MASTER_KEY_INVALID, SECRET_UNREADABLE, CANCELLED
 */
export async function openProduction(
  options: RegistryOptions = {},
  offline?: OfflinePlaces,
): Promise<Production> {
  const goesOn = offline !== undefined && offline.boards > 0;
  // Also with `secrets: 'plain'`, which is about the column that other programs read, these tables are sealed.
  const patient = { ...options, secrets: 'sealed', whenDown: goesOn ? 'continue' : 'stop' } as const;
  const { database, box } = await openWithSecrets(patient);
  const batches =
    offline === undefined ? new PostgresBatches(database, box) : await prepaid(options, offline);
  return {
    batches,
    runs: new PostgresRuns(database),
    ports: (station) => readPorts(database, station),
    close: () => batches.close(),
  };

  async function prepaid(
    { dataDir = defaultDataDir() }: RegistryOptions,
    offline: OfflinePlaces,
  ): Promise<Batches> {
    try {
      const book = await PlaceBook.open(dataDir);
      return new PrepaidBatches(
        { database, book, places: offline.boards, keysFirst: offline.keysFirst },
        box,
      );
    } catch (error) {
      await database.close();
      throw error;
    }
  }
}
