// Whether a database that is about to get devices is the registry's own server: there, whoever may add a target
// would work with the rights that espmint has, which may reach the files of the host.
import type pg from 'pg';
import { codeOf } from '../../files/index.js';

/** Of one running server, whatever its address, database, role or pooler. */
export interface ServerIdentity {
  /** When it was started, in µs since 1970. */
  readonly startedAt: string;
  /** Of its data, which standbys share; absent where this role may not read it. */
  readonly systemId?: string | undefined;
}

/** PostgreSQL's "no such function": a server of another make. */
const NO_SUCH_FUNCTION = '42883';
const MAY_NOT = '42501';

/**
 * Nothing on the search path of the role comes before these functions.
 *
 * @returns undefined for a server that is no PostgreSQL, so not a registry's
 * @throws what the server answers otherwise
 */
export async function readServerIdentity(client: pg.ClientBase): Promise<ServerIdentity | undefined> {
  const started = await unless(NO_SUCH_FUNCTION, () =>
    client.query<{ at: string }>(
      `select (extract(epoch from pg_catalog.pg_postmaster_start_time())
               operator(pg_catalog.*) 1000000)::pg_catalog.int8::pg_catalog.text as at`,
    ),
  );
  const [row] = started?.rows ?? [];
  if (row === undefined) return undefined;
  const system = await unless(MAY_NOT, () =>
    client.query<{ id: string }>(
      'select system_identifier::pg_catalog.text as id from pg_catalog.pg_control_system()',
    ),
  );
  return { startedAt: row.at, systemId: system?.rows[0]?.id };
}

/** The same server, or another one on the same data: a standby or a copy, with the same roles and rights. */
export function isSameServer(one: ServerIdentity, other: ServerIdentity): boolean {
  if (one.startedAt === other.startedAt) return true;
  return one.systemId !== undefined && one.systemId === other.systemId;
}

async function unless<T>(code: string, ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (codeOf(error) === code) return undefined;
    throw error;
  }
}
