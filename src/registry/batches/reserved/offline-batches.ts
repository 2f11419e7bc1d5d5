// Batches that a station goes on with while the database is out of reach: a board then takes one of the units that the
// station holds ahead, and the database hears of it when it is back. Never more boards than units, and none twice.
import { EspmintError, isEspmintError, toEspmintError } from '../../../core/errors/index.js';
import { isDown, Outage } from '../../store/outage.js';
import type { Away, BatchRequest, Claim, ClaimRequest, Heartbeat, Maker } from '../batches.js';
import { checkProfile, identifierOwner, makeClaim } from '../claim.js';
import { PostgresBatches } from '../postgres-batches.js';
import type { ReservedUnitEntry } from './reserved-units.js';
import { UnitSync, type UnitSyncOptions, type SyncedUse } from './sync.js';
import type { UnitIdentity, UnitUse, ProvenUnit } from './reserved-unit.js';
import { claimedRow } from '../../values/reserved-rows.js';
import type { RecentUnits } from './recent-units.js';

export interface OfflineBatchesOptions extends UnitSyncOptions {
  readonly recent: RecentUnits;
  /** What else in this process knows of whether the database can be reached; absent: nothing else. */
  readonly outage?: Outage | undefined;
}

export class OfflineBatches extends PostgresBatches {
  readonly #options: OfflineBatchesOptions;
  readonly #sync: UnitSync;
  /** Claims that the database has given and that are not settled. */
  readonly #open = new Map<string, { readonly request: ClaimRequest; readonly claim: Claim }>();
  readonly #recent: RecentUnits;
  /** Stations whose earlier process may have left units. */
  readonly #adopted = new Set<string>();
  readonly #outage: Outage;

  constructor(options: OfflineBatchesOptions) {
    super(options.database, options.sharedBox);
    this.#options = options;
    this.#recent = options.recent;
    this.#outage = options.outage ?? new Outage();
    this.#sync = new UnitSync(options);
  }

  /** Whether the last call that needed the database did not reach it. */
  get isAway(): boolean {
    return this.#outage.since !== undefined;
  }

  /** As Batches.claim; out of reach it gives one of the reserved units. @throws RESERVED_UNITS_USED_UP too */
  override async claim(request: ClaimRequest): Promise<Claim> {
    const { batch, mac, station } = request;
    const { reservedUnits } = this.#options;
    if (!this.#adopted.has(station)) await this.#adopt(station);
    try {
      return await this.#online(request, async () => {
        if (reservedUnits.takenBy(batch, mac) !== undefined) this.#note(await this.#sync.sync());
        // What it became is not synced yet: its serial number is the one of that place.
        if (reservedUnits.takenBy(batch, mac) !== undefined) return this.#claimAhead(request);
        const claim = await this.#claimShared(request);
        this.#open.set(claim.id, { request, claim });
        return claim;
      });
    } catch (error) {
      if (!isDown(error)) throw error;
      return this.#claimAhead(request, toEspmintError(error));
    }
  }

  override async passed(claimId: string, unit: ProvenUnit): Promise<void> {
    const { reservedUnits } = this.#options;
    const entry = reservedUnits.entry(claimId);
    if (entry !== undefined) {
      await reservedUnits.end(entry, { at: now(), unit });
      return;
    }
    const open = this.#open.get(claimId);
    this.#open.delete(claimId);
    try {
      await this.#online(open?.request, () => super.passed(claimId, unit));
    } catch (error) {
      if (!isDown(error) || open === undefined) throw error;
      await this.#passAhead(open, unit, error);
    }
    if (open !== undefined) this.#recent.note(open.request, ownIdentity(open.claim), unit.image);
  }

  override async failed(claimId: string): Promise<void> {
    const { reservedUnits } = this.#options;
    const entry = reservedUnits.entry(claimId);
    this.#open.delete(claimId);
    if (entry === undefined) await super.failed(claimId);
    else await reservedUnits.end(entry, { at: now() });
  }

  /**
   * Also tells of the boards that were made out of reach, and reserves units for the batch of the heartbeat.
   *
   * @throws BATCH_PLACE_LOST once for a board that found no room; REGISTRY_REFUSED, REGISTRY_FAILED for one that the
   *   database does not take in, after all others
   */
  override async heartbeat(heartbeat: Heartbeat): Promise<void> {
    await this.#reach(() => super.heartbeat(heartbeat));
    await this.#options.reservedUnits.adopt();
    const synced = await this.#sync.sync();
    this.#note(synced);
    const { batch, station } = heartbeat;
    if (batch === undefined) await this.#sync.empty();
    else await this.#sync.fill({ batch, station });
    const lost = synced.find(({ outcome }) => outcome === 'lost')?.settlement;
    if (lost !== undefined) throw new EspmintError('BATCH_PLACE_LOST', { batch: lost.batch, mac: lost.mac });
    if (this.#sync.refusal !== undefined) throw this.#sync.refusal;
  }

  /** Gives back what no board has taken. What cannot be synced now is synced at the next start. */
  override async close(): Promise<void> {
    try {
      await this.#sync.sync();
      await this.#sync.empty();
    } catch {
      // Its records stay on the disk.
    }
    await this.#options.reservedUnits.close();
    await this.#recent.close();
    await super.close();
  }

  /** Also out of reach, where this station holds or has used a reserved unit of it. @throws BATCH_OUT_OF_REACH too */
  override async order(maker: Maker): Promise<BatchRequest> {
    try {
      return await this.#online(maker, () => super.order(maker));
    } catch (error) {
      if (!isDown(error)) throw error;
      await this.#adopt(maker.station);
      const order = this.#options.reservedUnits.order(maker.batch);
      if (order !== undefined) return order;
      throw new EspmintError('BATCH_OUT_OF_REACH', {
        batch: maker.batch,
        reason: toEspmintError(error).message,
      });
    }
  }

  giveBack(): Promise<void> {
    return this.#sync.empty();
  }

  away(maker: Maker): Promise<Away | undefined> {
    const { reservedUnits } = this.#options;
    const awaySince = this.#outage.since;
    if (awaySince === undefined) return Promise.resolve(undefined);
    const made = reservedUnits
      .used(maker.batch)
      .flatMap(({ end }) => (end?.unit === undefined ? [] : [end.at]));
    const [since = ''] = [...made, awaySince].sort();
    const { batch } = maker;
    return Promise.resolve({ batch, since, made: made.length, left: reservedUnits.free(maker).length });
  }

  async #adopt(station: string): Promise<void> {
    await this.#options.reservedUnits.adopt(station);
    this.#adopted.add(station);
  }

  /** After a failure the database is left alone for a while by boards that can go on without it. */
  async #online<T>(maker: Maker | undefined, work: () => Promise<T>): Promise<T> {
    const canGoOn = maker !== undefined && this.#options.reservedUnits.free(maker).length > 0;
    const { restingFor } = this.#outage;
    if (canGoOn && restingFor !== undefined) throw restingFor;
    return this.#reach(work);
  }

  async #reach<T>(work: () => Promise<T>): Promise<T> {
    try {
      const result = await work();
      this.#outage.over();
      return result;
    } catch (error) {
      this.#outage.note(error);
      throw error;
    }
  }

  /** The last units of a batch may be those that this very station holds ahead. */
  async #claimShared(request: ClaimRequest): Promise<Claim> {
    try {
      return await super.claim(request);
    } catch (error) {
      const holdsSome = this.#options.reservedUnits.free(request).length > 0;
      if (!isEspmintError(error, 'BATCH_BUSY') || !holdsSome) throw error;
      await this.#sync.empty();
      return await super.claim(request);
    }
  }

  /** @param failure why the database is not asked */
  async #claimAhead(request: ClaimRequest, failure?: EspmintError): Promise<Claim> {
    const { batch, mac, station } = request;
    const { reservedUnits, ownKeys } = this.#options;
    const recent = await this.#recent.find(request);
    if (reservedUnits.takenBy(batch, mac) === undefined) {
      await reservedUnits.checkReadable();
      // A process that had ended only just when this one began is gone by now.
      if (reservedUnits.free(request).length === 0) await this.#adopt(station);
    }
    // From here to the taking nothing is waited for: boards that come at once shall not choose the same place.
    const taken = reservedUnits.takenBy(batch, mac);
    const entry = taken ?? this.#freePlace(request, failure);
    const reserved = entry.reserved;
    if (reserved === undefined)
      throw new EspmintError('INTERNAL', { reason: 'a reserved without its content' });
    checkProfile(reserved.order, request);
    const fresh: UnitUse = {
      mac,
      station,
      identity: reserved.identity,
      isOwnIdentity: false,
      hasListedKey: false,
    };
    const use = taken?.use ?? (recent === undefined ? fresh : { ...fresh, ...recent.identity });
    // Another key than that of the list would make it another device, and another row would make its own one useless.
    const hasOwnRow = taken === undefined && recent !== undefined && reserved.row?.isShared === false;
    if ((use.hasListedKey || hasOwnRow) && failure !== undefined) throw failure;
    await reservedUnits.take(entry, use);
    const { serial, uuid, sealedPsk } = use.identity;
    const psk =
      sealedPsk === undefined ? undefined : ownKeys.box.open(sealedPsk, identifierOwner(reserved.batchId));
    const earlier = taken?.end?.unit?.image ?? recent?.image;
    const row = reserved.row && claimedRow(reserved.row, ownKeys.box);
    return makeClaim({ id: entry.id, serial, uuid, psk, row, earlier });
  }

  /** A board that had its reserved unit from the database is proven now, and the database cannot hear of it: it counts by a reserved unit ahead. */
  async #passAhead(
    { request, claim }: { readonly request: ClaimRequest; readonly claim: Claim },
    unit: ProvenUnit,
    failure: unknown,
  ): Promise<void> {
    const { reservedUnits } = this.#options;
    const { batch, mac, station } = request;
    const entry = reservedUnits.takenBy(batch, mac) ?? reservedUnits.free(request)[0];
    if (entry === undefined) throw failure;
    await reservedUnits.take(entry, { mac, station, ...ownIdentity(claim) });
    await reservedUnits.end(entry, { at: now(), unit });
  }

  #freePlace(maker: Maker, failure: EspmintError | undefined): ReservedUnitEntry {
    const { reservedUnits } = this.#options;
    const [free] = reservedUnits.free(maker);
    if (free !== undefined) return free;
    const units = reservedUnits.used(maker.batch).length;
    if (units === 0 && failure !== undefined) throw failure;
    throw new EspmintError('RESERVED_UNITS_USED_UP', { batch: maker.batch, units });
  }

  #note(synced: readonly SyncedUse[]): void {
    for (const { settlement } of synced) {
      const { mac, batch, end, identity, hasListedKey } = settlement;
      if (end.unit === undefined) continue;
      const { serial, uuid, sealedPsk } = identity;
      const own = {
        identity: { serial, uuid },
        isOwnIdentity: true,
        hasListedKey: hasListedKey || sealedPsk !== undefined,
      };
      this.#recent.note({ mac, batch }, own, end.unit.image);
    }
  }
}

function ownIdentity({ serial, uuid, psk }: Claim): Omit<UnitUse, 'mac' | 'station'> {
  const identity: UnitIdentity = { serial, uuid };
  return { identity, isOwnIdentity: true, hasListedKey: psk !== undefined };
}

function now(): string {
  return new Date().toISOString();
}
