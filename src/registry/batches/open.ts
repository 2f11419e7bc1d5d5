// What stations share: batches and runs, and what a station does with them while the database is out of reach.
import { KeptRuns } from '../statistics/kept-runs.js';
import { type PortRecord, readPorts } from '../statistics/port-records.js';
import { PostgresRuns } from '../statistics/postgres-runs.js';
import type { Runs } from '../statistics/runs.js';
import type { Database } from '../store/database.js';
import type { LocalKeys } from '../store/secrets/local-keys.js';
import type { SecretBox } from '../store/secrets/secret-box.js';
import type { Batches } from './batches.js';
import { PostgresBatches } from './postgres-batches.js';
import { ReservedUnits } from './reserved/reserved-units.js';
import { OfflineBatches } from './reserved/offline-batches.js';
import { RecentUnits } from './reserved/recent-units.js';

export interface Production {
  readonly batches: Batches;
  readonly runs: Runs;
  /** What each port has done; of one station where it is named. @throws REGISTRY_* */
  ports(station?: string): Promise<PortRecord[]>;
  /** Never throws, may be called again. */
  close(): Promise<void>;
}

/** What a station does while the database is out of reach. */
export interface OfflineUnits {
  /** Boards of its batch that it may make then; 0: each waits for the database. */
  readonly boards: number;
}

export interface BatchParts {
  readonly dataDir: string;
  readonly database: Database;
  readonly box: SecretBox;
  /** Seal what stands in the station's own records. */
  readonly ownKeys: LocalKeys;
  /** Absent: no station, every call needs the database. */
  readonly offline: OfflineUnits | undefined;
  /** Tells the registry first what the key journal of this station still holds for it; false: not done yet. */
  readonly keysFirst: (() => Promise<boolean>) | undefined;
}

/** @throws FILE_*, DISK_FULL; the database is closed then */
export async function openBatches(parts: BatchParts): Promise<Production> {
  const { dataDir, database, box, ownKeys, offline, keysFirst } = parts;
  const runs = new PostgresRuns(database);
  if (offline === undefined) return productionOf(database, new PostgresBatches(database, box), runs);
  try {
    const batches = new OfflineBatches({
      database,
      sharedBox: box,
      ownKeys,
      reservedUnits: new ReservedUnits(dataDir),
      recent: new RecentUnits(dataDir),
      units: offline.boards,
      keysFirst,
      outage: database.outage,
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
