// Fills a station's stock of reserved units while the database is in reach, and tells it what became of them.
import { randomUUID } from 'node:crypto';
import { type EspmintError, isEspmintError } from '../../../core/errors/index.js';
import type { Database } from '../../store/database.js';
import type { LocalKeys } from '../../store/secrets/local-keys.js';
import type { SecretBox, SecretOwner } from '../../store/secrets/secret-box.js';
import type { Maker } from '../batches.js';
import { identifierOwner } from '../claim.js';
import type { ReservedUnits, ReservedUnitEntry } from './reserved-units.js';
import { drawUnits, planUnits, returnUnits } from './reserved-sql.js';
import { rowOwner } from '../../values/reserved-rows.js';
import type { ReservedUnit, UnitOutcome, Settlement } from './reserved-unit.js';
import { settleUnit } from './settle-unit.js';

export interface UnitSyncOptions {
  readonly database: Database;
  /** Opens what the database has sealed, inside of its transactions. */
  readonly sharedBox: SecretBox;
  /** Seal what stands in the station's own records, and need no database. */
  readonly ownKeys: Pick<LocalKeys, 'box' | 'refresh'>;
  readonly reservedUnits: ReservedUnits;
  /** Units to hold of the batch that a station works on. */
  readonly units: number;
  /**
   * Tells the registry of the keys that this station's journal still holds for it; false where that is not done yet. A
   * unit that its batch counts is in the registry with its key. Absent: passes count without asking the registry.
   */
  readonly keysFirst?: (() => Promise<boolean>) | undefined;
}

/** A use that the database knows now. */
export interface SyncedUse {
  readonly settlement: Settlement;
  readonly outcome: UnitOutcome;
}

export class UnitSync {
  readonly #options: UnitSyncOptions;
  #syncing: Promise<SyncedUse[]> | undefined;
  /** Why the database does not take in one of the uses that were sent last; it stays here, and is sent again. */
  #refusal: EspmintError | undefined;

  constructor(options: UnitSyncOptions) {
    this.#options = options;
  }

  get refusal(): EspmintError | undefined {
    return this.#refusal;
  }

  /**
   * Each use once, in the order of their ends. One that the database refuses keeps no other from it: see `refusal`.
   *
   * @throws REGISTRY_* that concerns all of them; the rest is sent another time
   */
  sync(): Promise<SyncedUse[]> {
    this.#syncing ??= this.#sync().finally(() => (this.#syncing = undefined));
    return this.#syncing;
  }

  /** Holds as many units of this batch as there should be, and none of others. @throws REGISTRY_*, BATCH_UNKNOWN */
  async fill(maker: Maker): Promise<void> {
    const { database, reservedUnits, units, ownKeys } = this.#options;
    const held = reservedUnits.free(maker).map(({ id }) => id);
    const wanted = { ...maker, units, held };
    const plan = await database.transaction('plan units', (client) => planUnits(client, wanted));
    reservedUnits.sendBack(maker, plan);
    const kept = reservedUnits.free(maker).map(({ id }) => id);
    const missing = plan.target - kept.length;
    if (missing > 0) {
      await ownKeys.refresh();
      const ids = Array.from({ length: missing }, () => randomUUID());
      await reservedUnits.ask(ids);
      try {
        const ask = { ...wanted, held: kept };
        const drawn = await database.transaction('draw units', (client) => drawUnits(client, ask, ids));
        await reservedUnits.hold(drawn.map((reserved) => this.#resealed(reserved)));
      } finally {
        reservedUnits.giveUp(ids);
      }
    }
    await this.giveBack();
  }

  /** Units of all batches that no board has taken. @throws REGISTRY_* */
  async empty(): Promise<void> {
    this.#options.reservedUnits.sendBack(undefined);
    await this.giveBack();
  }

  /** @throws REGISTRY_* */
  async giveBack(): Promise<void> {
    const { database, reservedUnits } = this.#options;
    const ids = reservedUnits.goingBack();
    if (ids.length === 0) return;
    await database.transaction('return units', async (client) => {
      // Only now, when the database is there: a station that is stopped in an outage goes on with them.
      await reservedUnits.returning(ids);
      await returnUnits(client, ids);
    });
    await reservedUnits.done(ids);
  }

  /** What is secret in it can be opened without the database. */
  #resealed(reserved: ReservedUnit): ReservedUnit {
    const { sharedBox, ownKeys } = this.#options;
    const reseal = (sealed: string | undefined, owner: SecretOwner): string | undefined =>
      sealed === undefined ? undefined : ownKeys.box.seal(sharedBox.open(sealed, owner), owner);
    const { identity, row, batchId } = reserved;
    const sealedPsk = reseal(identity.sealedPsk, identifierOwner(batchId));
    const sealedRow = row && { ...row, sealed: reseal(row.sealed, rowOwner(row.list, row.number)) };
    return { ...reserved, identity: { ...identity, sealedPsk }, row: sealedRow };
  }

  async #sync(): Promise<SyncedUse[]> {
    const { reservedUnits, keysFirst } = this.#options;
    const ended = reservedUnits.ended();
    if (ended.length === 0 || (keysFirst !== undefined && !(await keysFirst()))) return [];
    const synced: SyncedUse[] = [];
    this.#refusal = undefined;
    for (const entry of ended) {
      try {
        const use = await this.#syncOne(entry);
        if (use !== undefined) synced.push(use);
      } catch (error) {
        if (!isEspmintError(error, 'REGISTRY_REFUSED') && !isEspmintError(error, 'REGISTRY_FAILED'))
          throw error;
        this.#refusal ??= error;
      }
    }
    return synced;
  }

  async #syncOne(entry: ReservedUnitEntry): Promise<SyncedUse | undefined> {
    const { database, reservedUnits, keysFirst } = this.#options;
    const { id: reservedId, reserved, use, end } = entry;
    if (reserved === undefined || use === undefined || end === undefined) return undefined;
    const settlement = { ...use, reservedId, batch: reserved.batch, end, row: reserved.row };
    const outcome = await database
      .transaction('settle', (client) => settleUnit(client, settlement, keysFirst !== undefined))
      .catch((error: unknown): UnitOutcome => {
        // Its database was set back to a time before that batch.
        if (isEspmintError(error, 'BATCH_UNKNOWN')) return 'lost';
        throw error;
      });
    // Its board may have come again meanwhile: then there is more to tell.
    if (!entry.isRunning && entry.end === end) await reservedUnits.done([reservedId]);
    return { settlement, outcome };
  }
}
