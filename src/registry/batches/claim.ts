// Claiming a place in a batch and settling it: the transactions that keep its count exact.
import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { EspmintError } from '../../core/errors/index.js';
import { macKeyOf } from '../postgres/rows.js';
import type { SecretBox, SecretOwner } from '../secrets/secret-box.js';
import type { Claim, ClaimRequest, ProfileVersion, UnitImage } from './batches.js';
import { nextSerial } from './serials.js';
import {
  countBatch,
  IDENTIFIER_IS_FREE,
  readBatch,
  readUnit,
  writeClaim,
  writePass,
  type BatchRow,
  type IdentifierRow,
  type UnitRow,
} from './sql.js';

/** Runs inside a transaction; see Batches.claim. */
export async function claim(client: pg.ClientBase, box: SecretBox, request: ClaimRequest): Promise<Claim> {
  const batch = await readBatch(client, request.batch, { lock: true });
  checkOpen(batch);
  const { name, profile_name: profileName, profile_version: version } = batch;
  checkProfile({ name, profile: { name: profileName, version } }, request);
  const macKey = macKeyOf(request.mac);
  const unit = await readUnit(client, batch.id, macKey);
  if (unit?.passed !== true && unit?.live !== true) await checkRoom(client, batch);
  const identifier = await identifierFor(client, batch, macKey);
  const serial = unit?.serial ?? identifier?.serial ?? (await nextSerial(client, batch));
  const id = randomUUID();
  await writeClaim(client, { batchId: batch.id, macKey, claimId: id, station: request.station, serial });
  const psk = identifier?.psk_secret ?? undefined;
  return makeClaim({
    id,
    serial: serial ?? undefined,
    uuid: identifier?.global_uuid ?? undefined,
    psk: psk === undefined ? undefined : box.open(psk, identifierOwner(batch.id)),
    earlier: unit?.passed === true ? imageOf(unit) : undefined,
  });
}

/** Printing it does not print its key. */
export function makeClaim(claim: Claim): Claim {
  return Object.defineProperty({ ...claim }, 'psk', { enumerable: false });
}

/** What a sealed key of a list belongs to, before it belongs to a board. */
export function identifierOwner(batchId: string): SecretOwner {
  return { uuid: `batch ${batchId}`, macKey: '' };
}

function checkOpen({ name, state, reason }: BatchRow): void {
  if (state !== 'open') throw new EspmintError('BATCH_NOT_OPEN', { batch: name, state, reason });
}

/** @throws BATCH_PROFILE_DIFFERS */
export function checkProfile(
  batch: { readonly name: string; readonly profile: ProfileVersion },
  request: ClaimRequest,
): void {
  const [wanted, given] = [batch.profile, request.profile].map(
    ({ name, version }) => `${name} version ${version}`,
  );
  if (wanted === given) return;
  throw new EspmintError('BATCH_PROFILE_DIFFERS', {
    batch: batch.name,
    wanted: wanted ?? '',
    given: given ?? '',
  });
}

async function checkRoom(client: pg.ClientBase, batch: BatchRow): Promise<void> {
  const { open, inWork, held } = await countBatch(client, batch);
  if (open > 0) return;
  const { name, quantity } = batch;
  const reserved = inWork + held;
  if (reserved > 0) throw new EspmintError('BATCH_BUSY', { batch: name, quantity, reserved, held });
  throw new EspmintError('BATCH_FULL', { batch: name, quantity });
}

/** The row of the list that is this board's, or the next free one; undefined for a batch without a list. */
async function identifierFor(
  client: pg.ClientBase,
  batch: BatchRow,
  macKey: string,
): Promise<IdentifierRow | undefined> {
  const { rows } = await client.query<IdentifierRow & { mac_key: string | null }>(
    `select id, serial, global_uuid, psk_secret, mac_key from batch_identifiers
     where batch_id = $1 and (mac_key = $2 or ${IDENTIFIER_IS_FREE}) order by mac_key nulls last, id limit 1`,
    [batch.id, macKey],
  );
  const [row] = rows;
  if (row === undefined) {
    const { rows: any } = await client.query('select from batch_identifiers where batch_id = $1 limit 1', [
      batch.id,
    ]);
    if (any.length === 0) return undefined;
    throw new EspmintError('BATCH_IDENTIFIERS_USED_UP', { batch: batch.name });
  }
  if (row.mac_key === null) {
    await client.query('update batch_identifiers set mac_key = $2, claimed_at = now() where id = $1', [
      row.id,
      macKey,
    ]);
  }
  return row;
}

function imageOf(unit: UnitRow): UnitImage | undefined {
  const { image_offset: offset, image_size: size, image_md5: md5, image_sha256: sha256 } = unit;
  if (offset === null || size === null || md5 === null || sha256 === null) return undefined;
  return { offsetBytes: Number(offset), sizeBytes: Number(size), md5, sha256 };
}

/** Runs inside a transaction; see Batches.passed. */
export async function settlePass(
  client: pg.ClientBase,
  claimId: string,
  unit: { readonly uuid: string; readonly chip: string; readonly image: UnitImage },
): Promise<void> {
  const { batch, macKey } = await lockClaim(client, claimId);
  const known = await readUnit(client, batch.id, macKey);
  if (known?.passed !== true && known?.live !== true) {
    const { open } = await countBatch(client, batch);
    if (open < 1) throw placeLost(batch.name, macKey);
  }
  await writePass(client, claimId, unit);
}

/** Runs inside a transaction; see Batches.failed. A claim that another one has replaced has nothing to settle. */
export async function settleFailure(client: pg.ClientBase, claimId: string): Promise<void> {
  await client.query('update batch_units set passed = false, lease_until = null where claim_id = $1', [
    claimId,
  ]);
}

/** The batch first, then the unit: the order in which every transaction here locks. */
async function lockClaim(
  client: pg.ClientBase,
  claimId: string,
): Promise<{ batch: BatchRow; macKey: string }> {
  const { rows } = await client.query<BatchRow>(
    `select * from batches where id = (select batch_id from batch_units where claim_id = $1) for update`,
    [claimId],
  );
  const { rows: units } = await client.query<{ mac_key: string }>(
    'select mac_key from batch_units where claim_id = $1 for update',
    [claimId],
  );
  const [batch, unit] = [rows[0], units[0]];
  // Another station has claimed the same board since.
  if (batch === undefined || unit === undefined) throw placeLost('of this claim', claimId);
  return { batch, macKey: unit.mac_key };
}

function placeLost(batch: string, macKey: string): EspmintError {
  return new EspmintError('BATCH_PLACE_LOST', { batch, mac: macKey.match(/../g)?.join(':') ?? macKey });
}
