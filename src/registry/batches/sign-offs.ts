// Signatures under the report of a batch: added, read, never changed.
import type pg from 'pg';
import { readRecords } from '../store/read-records.js';
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
export function readSignOffs(client: pg.ClientBase, batchId: string): Promise<SignOff[]> {
  return readRecords(
    client,
    'select signed_at as at, signed_by as by, note, digest from batch_sign_offs where batch_id = $1 order by id',
    [batchId],
  );
}
