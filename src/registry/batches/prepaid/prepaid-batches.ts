// Batches that a station goes on with while the database is out of reach: a board then takes one of the places that the
// station holds ahead, and the database hears of it when it is back. Never more boards than places, and none twice.
import { EspmintError, isEspmintError, toEspmintError } from '../../../core/errors/index.js';
import { isDown, Outage } from '../../store/outage.js';
import type { Away, BatchRequest, Claim, ClaimRequest, Heartbeat, Maker } from '../batches.js';
import { checkProfile, identifierOwner, makeClaim } from '../claim.js';
import { PostgresBatches } from '../postgres-batches.js';
import type { PlaceEntry } from './place-book.js';
import { PlaceDesk, type PlaceDeskOptions, type ToldUse } from './place-desk.js';
import type { PlaceIdentity, PlaceUse, ProvenUnit } from './places.js';
import type { RecentUnits } from './recent-units.js';

export interface PrepaidOptions extends PlaceDeskOptions {
  readonly recent: RecentUnits;
  /** What else in this process knows of whether the database can be reached; absent: nothing else. */
  readonly outage?: Outage | undefined;
}

export class PrepaidBatches extends PostgresBatches {
  readonly #options: PrepaidOptions;
  readonly #desk: PlaceDesk;
  /** Claims that the database has given and that are not settled. */
  readonly #open = new Map<string, { readonly request: ClaimRequest; readonly claim: Claim }>();
  readonly #recent: RecentUnits;
  /** Stations whose earlier process may have left places. */
  readonly #adopted = new Set<string>();
  readonly #outage: Outage;

  constructor(options: PrepaidOptions) {
    super(options.database, options.sharedBox);
    this.#options = options;
    this.#recent = options.recent;
    this.#outage = options.outage ?? new Outage();
    this.#desk = new PlaceDesk(options);
  }

  /** Whether the last call that needed the database did not reach it. */
  get isAway(): boolean {
    return this.#outage.since !== undefined;
  }

  /** As Batches.claim; out of reach it gives one of the places held ahead. @throws BATCH_PLACES_USED_UP too */
  override async claim(request: ClaimRequest): Promise<Claim> {
    const { batch, mac, station } = request;
    const { book } = this.#options;
    if (!this.#adopted.has(station)) await this.#adopt(station);
    try {
      return await this.#online(request, async () => {
        if (book.takenBy(batch, mac) !== undefined) this.#note(await this.#desk.tell());
        // What it became is not told yet: its serial number is the one of that place.
        if (book.takenBy(batch, mac) !== undefined) return this.#claimAhead(request);
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
    const { book } = this.#options;
    const entry = book.entry(claimId);
    if (entry !== undefined) {
      await book.end(entry, { at: now(), unit });
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
    const { book } = this.#options;
    const entry = book.entry(claimId);
    this.#open.delete(claimId);
    if (entry === undefined) await super.failed(claimId);
    else await book.end(entry, { at: now() });
  }

  /**
   * Also tells of the boards that were made out of reach, and holds places ahead for the batch of the heartbeat.
   *
   * @throws BATCH_PLACE_LOST once for a board that found no room
   */
  override async heartbeat(heartbeat: Heartbeat): Promise<void> {
    await this.#reach(() => super.heartbeat(heartbeat));
    await this.#options.book.adopt();
    const told = await this.#desk.tell();
    this.#note(told);
    const { batch, station } = heartbeat;
    if (batch === undefined) await this.#desk.empty();
    else await this.#desk.fill({ batch, station });
    const lost = told.find(({ outcome }) => outcome === 'lost')?.settlement;
    if (lost === undefined) return;
    throw new EspmintError('BATCH_PLACE_LOST', { batch: lost.batch, mac: lost.mac });
  }

  /** Gives back what no board has taken. What cannot be told now is told at the next start. */
  override async close(): Promise<void> {
    try {
      await this.#desk.tell();
      await this.#desk.empty();
    } catch {
      // Its records stay on the disk.
    }
    await this.#options.book.close();
    await this.#recent.close();
    await super.close();
  }

  /** Also out of reach, where this station holds or has used a place of it. @throws BATCH_OUT_OF_REACH too */
  override async order(maker: Maker): Promise<BatchRequest> {
    try {
      return await this.#online(maker, () => super.order(maker));
    } catch (error) {
      if (!isDown(error)) throw error;
      await this.#adopt(maker.station);
      const order = this.#options.book.order(maker.batch);
      if (order !== undefined) return order;
      throw new EspmintError('BATCH_OUT_OF_REACH', {
        batch: maker.batch,
        reason: toEspmintError(error).message,
      });
    }
  }

  away(maker: Maker): Promise<Away | undefined> {
    const { book } = this.#options;
    const awaySince = this.#outage.since;
    if (awaySince === undefined) return Promise.resolve(undefined);
    const made = book.used(maker.batch).flatMap(({ end }) => (end?.unit === undefined ? [] : [end.at]));
    const [since = ''] = [...made, awaySince].sort();
    const { batch } = maker;
    return Promise.resolve({ batch, since, made: made.length, left: book.free(maker).length });
  }

  async #adopt(station: string): Promise<void> {
    await this.#options.book.adopt(station);
    this.#adopted.add(station);
  }

  /** After a failure the database is left alone for a while by boards that can go on without it. */
  async #online<T>(maker: Maker | undefined, work: () => Promise<T>): Promise<T> {
    const canGoOn = maker !== undefined && this.#options.book.free(maker).length > 0;
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

  /** The last places of a batch may be those that this very station holds ahead. */
  async #claimShared(request: ClaimRequest): Promise<Claim> {
    try {
      return await super.claim(request);
    } catch (error) {
      const holdsSome = this.#options.book.free(request).length > 0;
      if (!isEspmintError(error, 'BATCH_BUSY') || !holdsSome) throw error;
      await this.#desk.empty();
      return await super.claim(request);
    }
  }

  /** @param failure why the database is not asked */
  async #claimAhead(request: ClaimRequest, failure?: EspmintError): Promise<Claim> {
    const { batch, mac, station } = request;
    const { book, ownKeys } = this.#options;
    const recent = await this.#recent.find(request);
    // A process that had ended only just when this one began is gone by now.
    if (book.takenBy(batch, mac) === undefined && book.free(request).length === 0) await this.#adopt(station);
    // From here to the taking nothing is waited for: boards that come at once shall not choose the same place.
    const taken = book.takenBy(batch, mac);
    const entry = taken ?? this.#freePlace(request, failure);
    const place = entry.place;
    if (place === undefined) throw new EspmintError('INTERNAL', { reason: 'a place without its content' });
    checkProfile(place.order, request);
    const fresh: PlaceUse = {
      mac,
      station,
      identity: place.identity,
      isOwnIdentity: false,
      hasListedKey: false,
    };
    const use = taken?.use ?? (recent === undefined ? fresh : { ...fresh, ...recent.identity });
    // Another key than that of the list would make it another device.
    if (use.hasListedKey && failure !== undefined) throw failure;
    await book.take(entry, use);
    const { serial, uuid, sealedPsk } = use.identity;
    const psk =
      sealedPsk === undefined ? undefined : ownKeys.box.open(sealedPsk, identifierOwner(place.batchId));
    const earlier = taken?.end?.unit?.image ?? recent?.image;
    return makeClaim({ id: entry.id, serial, uuid, psk, earlier });
  }

  /** A board that had its place from the database is proven now, and nobody can be told: it counts by a place ahead. */
  async #passAhead(
    { request, claim }: { readonly request: ClaimRequest; readonly claim: Claim },
    unit: ProvenUnit,
    failure: unknown,
  ): Promise<void> {
    const { book } = this.#options;
    const { batch, mac, station } = request;
    const entry = book.takenBy(batch, mac) ?? book.free(request)[0];
    if (entry === undefined) throw failure;
    await book.take(entry, { mac, station, ...ownIdentity(claim) });
    await book.end(entry, { at: now(), unit });
  }

  #freePlace(maker: Maker, failure: EspmintError | undefined): PlaceEntry {
    const { book } = this.#options;
    const [free] = book.free(maker);
    if (free !== undefined) return free;
    const places = book.used(maker.batch).length;
    if (places === 0 && failure !== undefined) throw failure;
    throw new EspmintError('BATCH_PLACES_USED_UP', { batch: maker.batch, places });
  }

  #note(told: readonly ToldUse[]): void {
    for (const { settlement } of told) {
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

function ownIdentity({ serial, uuid, psk }: Claim): Omit<PlaceUse, 'mac' | 'station'> {
  const identity: PlaceIdentity = { serial, uuid };
  return { identity, isOwnIdentity: true, hasListedKey: psk !== undefined };
}

function now(): string {
  return new Date().toISOString();
}
