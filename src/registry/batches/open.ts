// Opens what stations share: batches and runs, in the same database as the registry.
import { openWithSecrets } from '../admin/with-secrets.js';
import type { RegistryOptions } from '../connect.js';
import { type PortRecord, readPorts } from '../statistics/port-records.js';
import { PostgresRuns } from '../statistics/postgres-runs.js';
import type { Runs } from '../statistics/runs.js';
import type { Batches } from './batches.js';
import { PostgresBatches } from './postgres-batches.js';

export interface Production {
  readonly batches: Batches;
  readonly runs: Runs;
  /** What each port has done; of one station where it is named. @throws REGISTRY_* */
  ports(station?: string): Promise<PortRecord[]>;
  /** Never throws, may be called again. */
  close(): Promise<void>;
}

/**
 * The database of the options, brought up to date. There is no journal before it: a place in a batch is only given by
 * the database that all stations share.
 *
 * @throws DATA_DIR_UNUSABLE, EMBEDDED_*, REGISTRY_*, MASTER_KEY_INVALID, SECRET_UNREADABLE, CANCELLED
 */
export async function openProduction(options: RegistryOptions = {}): Promise<Production> {
  // Also with `secrets: 'plain'`, which is about the column that other programs read, these tables are sealed.
  const { database, box } = await openWithSecrets({ ...options, secrets: 'sealed' });
  return {
    batches: new PostgresBatches(database, box),
    runs: new PostgresRuns(database),
    ports: (station) => readPorts(database, station),
    close: () => database.close(),
  };
}
