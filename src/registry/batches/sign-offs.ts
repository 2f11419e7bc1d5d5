// Signatures under the report of a batch: added, read, never changed.
import type pg from 'pg';
import type { SignOff } from './batches.js';

export async function insertSignOff(
  client: pg.ClientBase,
  batchId: string,
  { by, note, digest }: Omit<SignOff, 'at'>,
): Promise<void> {
  await client.query(
    'insert into batch_sign_offs (batch_id, signed_by, note, digest) values ($1, $2, $3, $4)',
    [batchId, by, note, digest],
  );
}

/** Oldest first. */
export async function readSignOffs(client: pg.ClientBase, batchId: string): Promise<SignOff[]> {
  const { rows } = await client.query<{ signed_at: Date; signed_by: string; note: string; digest: string }>(
    'select signed_at, signed_by, note, digest from batch_sign_offs where batch_id = $1 order by id',
    [batchId],
  );
  return rows.map(({ signed_at: at, signed_by: by, note, digest }) => ({
    at: at.toISOString(),
    by,
    note,
    digest,
  }));
}
