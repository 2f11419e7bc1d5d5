// Opens what stations share: batches and runs, in the same database as the registry.
import { withSecretsLater } from '../admin/with-secrets.js';
import type { RegistryOptions } from '../store/connect.js';
import { defaultDataDir } from '../data-dir.js';
import { isDown } from '../store/outage.js';
import type { Database } from '../store/database.js';
import { LocalKeys } from '../store/secrets/local-keys.js';
import { loadMasterKeys, masterKeySource } from '../store/secrets/master-key.js';
import { KeptRuns } from '../statistics/kept-runs.js';
import { type PortRecord, readPorts } from '../statistics/port-records.js';
import { PostgresRuns } from '../statistics/postgres-runs.js';
import type { Runs } from '../statistics/runs.js';
import type { Batches } from './batches.js';
import { PostgresBatches } from './postgres-batches.js';
import { PlaceBook } from './prepaid/place-book.js';
import { PrepaidBatches } from './prepaid/prepaid-batches.js';
import { RecentUnits } from './prepaid/recent-units.js';

export interface Production {
  readonly batches: Batches;
  readonly runs: Runs;
  /** What each port has done; of one station where it is named. @throws REGISTRY_* */
  ports(station?: string): Promise<PortRecord[]>;
  /** Never throws, may be called again. */
  close(): Promise<void>;
}

/** What a station does while the database is out of reach. */
export interface OfflinePlaces {
  /** Boards of its batch that it may make then; 0: each waits for the database. */
  readonly boards: number;
  /** Tells the registry first what the key journal of this station still holds for it; false: not done yet. */
  readonly keysFirst?: (() => Promise<boolean>) | undefined;
}

/**
 * The database of the options, brought up to date. A place in a batch is only given by the database that all stations
 * share; a station that holds places ahead goes on with those when it is out of reach, and starts then too: calls that
 * need the database fail until it is back.
 *
 * @param offline absent: no station, every call needs the database
 * @throws DATA_DIR_UNUSABLE, EMBEDDED_*, REGISTRY_*, MASTER_KEY_INVALID, SECRET_UNREADABLE, FILE_*, DISK_FULL, CANCELLED
 */
export async function openProduction(
  options: RegistryOptions = {},
  offline?: OfflinePlaces,
): Promise<Production> {
  const { dataDir = defaultDataDir(), whenDown = 'continue', env = process.env } = options;
  const goesOn = offline !== undefined && whenDown === 'continue';
  // Also with `secrets: 'plain'`, which is about the column that other programs read, these tables are sealed.
  const boards = offline?.boards ?? 0;
  const patient = {
    ...options,
    secrets: 'sealed',
    whenDown: goesOn && boards > 0 ? 'continue' : 'stop',
  } as const;
  const { database, box } = await withSecretsLater(patient);
  try {
    await database
      .connected('migrations', () => Promise.resolve())
      .catch((error: unknown) => {
        if (!goesOn || !isDown(error)) throw error;
      });
    const runs = new PostgresRuns(database);
    if (offline === undefined) return productionOf(database, new PostgresBatches(database, box), runs);
    const keySource = masterKeySource(dataDir, env);
    const ownKeys = LocalKeys.open(keySource, await loadMasterKeys(keySource), 'batch places');
    const batches = new PrepaidBatches({
      database,
      sharedBox: box,
      ownKeys,
      book: new PlaceBook(dataDir),
      recent: new RecentUnits(dataDir),
      places: offline.boards,
      keysFirst: offline.keysFirst,
    });
    return productionOf(database, batches, await KeptRuns.open(dataDir, runs, () => batches.isAway));
  } catch (error) {
    await database.close();
    throw error;
  }
}

function productionOf(database: Database, batches: Batches, runs: Runs): Production {
  return {
    batches,
    runs,
    ports: (station) => readPorts(database, station),
    close: async () => {
      await runs.close();
      await batches.close();
    },
  };
}
