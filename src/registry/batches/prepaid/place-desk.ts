// Fills a station's stock of prepaid places while the database is in reach, and tells it what became of them.
import { randomUUID } from 'node:crypto';
import { isEspmintError } from '../../../core/errors/index.js';
import type { Database } from '../../store/database.js';
import type { LocalKeys } from '../../store/secrets/local-keys.js';
import type { SecretBox } from '../../store/secrets/secret-box.js';
import type { Maker } from '../batches.js';
import { identifierOwner } from '../claim.js';
import type { PlaceBook, PlaceEntry } from './place-book.js';
import { drawPlaces, planPlaces, returnPlaces } from './place-sql.js';
import type { Place, PlaceOutcome, Settlement } from './places.js';
import { settlePlace } from './settle-place.js';

export interface PlaceDeskOptions {
  readonly database: Database;
  /** Opens what the database has sealed, inside of its transactions. */
  readonly sharedBox: SecretBox;
  /** Seal what stands in the station's own records, and need no database. */
  readonly ownKeys: Pick<LocalKeys, 'box' | 'refresh'>;
  readonly book: PlaceBook;
  /** Places to hold of the batch that a station works on. */
  readonly places: number;
  /**
   * Tells the registry of the keys that this station's journal still holds for it; false where that is not done yet. A
   * unit that its batch counts is in the registry with its key. Absent: passes count without asking the registry.
   */
  readonly keysFirst?: (() => Promise<boolean>) | undefined;
}

/** A use that the database knows now. */
export interface ToldUse {
  readonly settlement: Settlement;
  readonly outcome: PlaceOutcome;
}

export class PlaceDesk {
  readonly #options: PlaceDeskOptions;
  #telling: Promise<ToldUse[]> | undefined;

  constructor(options: PlaceDeskOptions) {
    this.#options = options;
  }

  /** Each use once, in the order of their ends. @throws REGISTRY_*; the rest is told another time */
  tell(): Promise<ToldUse[]> {
    this.#telling ??= this.#tell().finally(() => (this.#telling = undefined));
    return this.#telling;
  }

  /** Holds as many places of this batch as there should be, and none of others. @throws REGISTRY_*, BATCH_UNKNOWN */
  async fill(maker: Maker): Promise<void> {
    const { database, book, places, ownKeys } = this.#options;
    const held = book.free(maker).map(({ id }) => id);
    const wish = { ...maker, places, held };
    const plan = await database.transaction('plan places', (client) => planPlaces(client, wish));
    book.sendBack(maker, plan);
    const kept = book.free(maker).map(({ id }) => id);
    const missing = plan.target - kept.length;
    if (missing > 0) {
      await ownKeys.refresh();
      const ids = Array.from({ length: missing }, () => randomUUID());
      await book.ask(ids);
      try {
        const ask = { ...wish, held: kept };
        const drawn = await database.transaction('draw places', (client) => drawPlaces(client, ask, ids));
        await book.hold(drawn.map((place) => this.#resealed(place)));
      } finally {
        book.giveUp(ids);
      }
    }
    await this.giveBack();
  }

  /** Places of all batches that no board has taken. @throws REGISTRY_* */
  async empty(): Promise<void> {
    this.#options.book.sendBack(undefined);
    await this.giveBack();
  }

  /** @throws REGISTRY_* */
  async giveBack(): Promise<void> {
    const { database, book } = this.#options;
    const ids = book.goingBack();
    if (ids.length === 0) return;
    await database.transaction('return places', async (client) => {
      // Only now, when the database is there: a station that is stopped in an outage goes on with them.
      await book.returning(ids);
      await returnPlaces(client, ids);
    });
    await book.done(ids);
  }

  /** Its key can be opened without the database. */
  #resealed(place: Place): Place {
    const { sealedPsk } = place.identity;
    if (sealedPsk === undefined) return place;
    const { sharedBox, ownKeys } = this.#options;
    const owner = identifierOwner(place.batchId);
    const psk = sharedBox.open(sealedPsk, owner);
    return { ...place, identity: { ...place.identity, sealedPsk: ownKeys.box.seal(psk, owner) } };
  }

  async #tell(): Promise<ToldUse[]> {
    const { book, keysFirst } = this.#options;
    const ended = book.ended();
    if (ended.length === 0 || (keysFirst !== undefined && !(await keysFirst()))) return [];
    const told: ToldUse[] = [];
    for (const entry of ended) {
      const use = await this.#tellOne(entry);
      if (use !== undefined) told.push(use);
    }
    return told;
  }

  async #tellOne(entry: PlaceEntry): Promise<ToldUse | undefined> {
    const { database, book, keysFirst } = this.#options;
    const { id: placeId, place, use, end } = entry;
    if (place === undefined || use === undefined || end === undefined) return undefined;
    const settlement = { ...use, placeId, batch: place.batch, end };
    const outcome = await database
      .transaction('settle', (client) => settlePlace(client, settlement, keysFirst !== undefined))
      .catch((error: unknown): PlaceOutcome => {
        // Its database was set back to a time before that batch.
        if (isEspmintError(error, 'BATCH_UNKNOWN')) return 'lost';
        throw error;
      });
    // Its board may have come again meanwhile: then there is more to tell.
    if (!entry.isRunning && entry.end === end) await book.done([placeId]);
    return { settlement, outcome };
  }
}
