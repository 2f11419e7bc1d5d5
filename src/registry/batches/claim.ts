// Claiming places in a batch and settling them: the transactions that keep its count exact.
import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import type { FlashImage } from '../../core/flash-image.js';
import { EspmintError } from '../../core/errors/index.js';
import { macKeyOf } from '../devices/rows.js';
import { needDistinct } from '../store/shared-transaction.js';
import type { SecretBox, SecretOwner } from '../store/secrets/secret-box.js';
import { type Claim, type ClaimRequest, type ProfileVersion, reasonText } from './batches.js';
import { nextSerials } from './serials.js';
import {
  countBatch,
  IDENTIFIER_IS_FREE,
  lockBatchesOf,
  readBatch,
  type BatchRow,
  type IdentifierRow,
} from './sql.js';
import { lockUnits, readUnitsOf, writeClaims, writePasses, type UnitRow } from './unit-sql.js';

/** Runs inside a transaction, for different boards; answers in their order. See Batches.claim. */
export async function claim(
  client: pg.ClientBase,
  box: SecretBox,
  requests: readonly ClaimRequest[],
): Promise<Claim[]> {
  needDistinct(requests.map(({ batch, mac }) => `${macKeyOf(mac)} ${batch}`));
  const claims = new Map<ClaimRequest, Claim>();
  // Whoever locks several batches does it in this order.
  for (const name of [...new Set(requests.map(({ batch }) => batch))].sort()) {
    const own = requests.filter(({ batch }) => batch === name);
    const made = await claimOf(client, box, await readBatch(client, name, { lock: true }), own);
    for (const [index, one] of made.entries()) claims.set(own[index] as ClaimRequest, one);
  }
  return requests.flatMap((request) => claims.get(request) ?? []);
}

/** Places in one batch, whose row is locked. */
async function claimOf(
  client: pg.ClientBase,
  box: SecretBox,
  batch: BatchRow,
  requests: readonly ClaimRequest[],
): Promise<Claim[]> {
  const macKeys = requests.map(({ mac }) => macKeyOf(mac));
  checkOpen(batch);
  const { name, profile_name: profileName, profile_version: version } = batch;
  for (const request of requests) checkProfile({ name, profile: { name: profileName, version } }, request);
  const units = await readUnitsOf(client, batch.id, macKeys);
  await checkRoom(client, batch, macKeys.filter((macKey) => !hasPlace(units.get(macKey))).length);
  const identifiers = await identifiersFor(client, batch, macKeys);
  const serialOf = (macKey: string): string | null =>
    units.get(macKey)?.serial ?? identifiers.get(macKey)?.serial ?? null;
  const serials = await nextSerials(
    client,
    batch,
    macKeys.filter((macKey) => serialOf(macKey) === null).length,
  );
  const places = requests.map(({ station }, index) => {
    const macKey = macKeys[index] ?? '';
    return { macKey, claimId: randomUUID(), station, serial: serialOf(macKey) ?? serials.shift() ?? null };
  });
  await writeClaims(client, batch.id, places);
  return places.map(({ macKey, claimId: id, serial }) => {
    const [unit, identifier] = [units.get(macKey), identifiers.get(macKey)];
    const psk = identifier?.psk_secret ?? undefined;
    return makeClaim({
      id,
      serial: serial ?? undefined,
      uuid: identifier?.global_uuid ?? undefined,
      psk: psk === undefined ? undefined : box.open(psk, identifierOwner(batch.id)),
      earlier: unit?.state === 'passed' ? (unit.image ?? undefined) : undefined,
    });
  });
}

/** It is counted, or has a place until its lease ends. */
const hasPlace = (unit: UnitRow | undefined): boolean =>
  unit?.state === 'passed' || unit?.state === 'in work';

/** Printing it does not print its key. */
export function makeClaim(claim: Claim): Claim {
  return Object.defineProperty({ ...claim }, 'psk', { enumerable: false });
}

/** What a sealed key of a list belongs to, before it belongs to a board. */
export function identifierOwner(batchId: string): SecretOwner {
  return { uuid: `batch ${batchId}`, macKey: '' };
}

function checkOpen(batch: BatchRow): void {
  const { name, state } = batch;
  if (state !== 'open')
    throw new EspmintError('BATCH_NOT_OPEN', { batch: name, state, reason: reasonText(batch) });
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

/** @param wanted boards that have no place yet. @throws BATCH_BUSY, BATCH_FULL */
async function checkRoom(client: pg.ClientBase, batch: BatchRow, wanted: number): Promise<void> {
  if (wanted === 0) return;
  const { open, inWork, held } = await countBatch(client, batch);
  if (open >= wanted) return;
  const { name, quantity } = batch;
  const reserved = inWork + held;
  if (reserved > 0) throw new EspmintError('BATCH_BUSY', { batch: name, quantity, reserved, held });
  throw new EspmintError('BATCH_FULL', { batch: name, quantity });
}

/** The rows of the list that are these boards', or the next free ones; none for a batch without a list. */
async function identifiersFor(
  client: pg.ClientBase,
  batch: BatchRow,
  macKeys: readonly string[],
): Promise<ReadonlyMap<string, IdentifierRow>> {
  const { rows } = await client.query<IdentifierRow & { mac_key: string | null }>(
    `select id, serial, global_uuid, psk_secret, mac_key from batch_identifiers
     where batch_id = $1 and (mac_key = any($2) or ${IDENTIFIER_IS_FREE}) order by mac_key nulls last, id limit $3`,
    [batch.id, macKeys, macKeys.length],
  );
  if (rows.length < macKeys.length) {
    const { rowCount } = await client.query('select from batch_identifiers where batch_id = $1 limit 1', [
      batch.id,
    ]);
    if (rowCount === 0) return new Map();
    throw new EspmintError('BATCH_IDENTIFIERS_USED_UP', { batch: batch.name });
  }
  const own = new Map(rows.flatMap((row) => (row.mac_key === null ? [] : [[row.mac_key, row] as const])));
  const free = rows.filter(({ mac_key: macKey }) => macKey === null);
  for (const macKey of macKeys) {
    const row = own.has(macKey) ? undefined : free.shift();
    if (row === undefined) continue;
    own.set(macKey, row);
    await client.query('update batch_identifiers set mac_key = $2, claimed_at = now() where id = $1', [
      row.id,
      macKey,
    ]);
  }
  return own;
}

/** A board that is good. */
export interface PassedClaim {
  readonly claimId: string;
  readonly unit: { readonly uuid: string; readonly chip: string; readonly image: FlashImage };
}

/** Runs inside a transaction, for different claims; see Batches.passed. */
export async function settlePasses(client: pg.ClientBase, passes: readonly PassedClaim[]): Promise<void[]> {
  const claimIds = passes.map(({ claimId }) => claimId);
  needDistinct(claimIds);
  const batches = await lockBatchesOf(client, claimIds);
  const units = await lockUnits(client, claimIds);
  for (const claimId of claimIds) {
    // Another station has claimed the same board since.
    if (!units.has(claimId)) throw placeLost('of this claim', claimId);
  }
  for (const batch of batches) {
    const late = [...units.values()].filter((unit) => unit.batch_id === batch.id && !hasPlace(unit));
    const [first] = late;
    if (first !== undefined && (await countBatch(client, batch)).open < late.length)
      throw placeLost(batch.name, first.mac_key);
  }
  await writePasses(client, passes);
  return passes.map(() => undefined);
}

/** Runs inside a transaction; see Batches.failed. A claim that another one has replaced has nothing to settle. */
export async function settleFailures(client: pg.ClientBase, claimIds: readonly string[]): Promise<void[]> {
  await client.query(
    'update batch_units set passed = false, lease_until = null where claim_id = any($1::uuid[])',
    [claimIds],
  );
  return claimIds.map(() => undefined);
}

function placeLost(batch: string, macKey: string): EspmintError {
  return new EspmintError('BATCH_PLACE_LOST', { batch, mac: macKey.match(/../g)?.join(':') ?? macKey });
}
