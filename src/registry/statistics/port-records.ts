// What each port of each station has done, from the table ports: it is counted as attempts end.
import type { Database } from '../store/database.js';
import { orNone } from '../devices/rows.js';

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

interface PortRow {
  readonly station: string;
  readonly port: string;
  /** BIGINT comes as text. */
  readonly attempts: string;
  readonly passes: string;
  readonly baud: number | null;
  readonly last_seen: Date;
}

/** By station and port; of one station where it is named. @throws REGISTRY_* */
export function readPorts(database: Database, station?: string): Promise<PortRecord[]> {
  return database.connected('read ports', async (client) => {
    const { rows } = await client.query<PortRow>(
      'select * from ports where $1::text is null or station = $1 order by station, port',
      [station ?? null],
    );
    return rows.map((row) => ({
      station: row.station,
      port: row.port,
      attempts: Number(row.attempts),
      passes: Number(row.passes),
      baud: orNone(row.baud),
      lastSeenAt: row.last_seen.toISOString(),
    }));
  });
}
