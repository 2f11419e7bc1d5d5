// What each port of each station has done, from the table ports: it is counted as attempts end.
import type { Database } from '../store/database.js';
import { readRecords } from '../store/read-records.js';

export interface PortRecord {
  readonly station: string;
  /** Its address. */
  readonly port: string;
  /** That have ended. */
  readonly attempts: number;
  readonly passes: number;
  /** Bits per second that its link bore last; absent when no attempt has measured it. */
  readonly baud?: number | undefined;
  /** ISO 8601 in UTC: the end of its last attempt. */
  readonly lastSeenAt: string;
}

/** By station and port; of one station where it is named. @throws REGISTRY_* */
export function readPorts(database: Database, station?: string): Promise<PortRecord[]> {
  return database.connected('read ports', (client) =>
    readRecords(
      client,
      `select station, port, attempts, passes, baud, last_seen as last_seen_at from ports
       where $1::text is null or station = $1 order by station, port`,
      [station],
    ),
  );
}
