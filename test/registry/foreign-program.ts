// Another program on the embedded database: the plain client, with none of our code between.
import { join } from 'node:path';
import pg from 'pg';

/** Runs `work` on a connection of its own. */
export async function asForeignProgram<T>(
  dataDir: string,
  work: (client: pg.Client) => Promise<T>,
  database = 'espmint',
  user = 'espmint',
): Promise<T> {
  const client = new pg.Client({ host: join(dataDir, 'postgres/run'), user, database });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** Rows of one statement. */
export async function queryAt(
  dataDir: string,
  sql: string,
  values: readonly unknown[] = [],
  ...as: readonly [database?: string, user?: string]
): Promise<unknown[]> {
  const { rows } = await asForeignProgram(
    dataDir,
    (client) => client.query<Record<string, unknown>>(sql, [...values]),
    ...as,
  );
  return rows;
}
