// A station's own record of its reserved units: on this disk before a board is touched, and until the database knows.
import type { BatchRequest, Maker } from '../batches.js';
import { EspmintError } from '../../../core/errors/index.js';
import { logFolder } from '../../spool/inspect.js';
import { Log } from '../../spool/log.js';
import type { ReservedUnit, UnitEnd, UnitUse, Plan } from './reserved-unit.js';

export type ReservedUnitRecord =
  /** Before the database is asked: whatever it gives, this station knows of it. */
  | { readonly type: 'asked'; readonly ids: readonly string[] }
  | { readonly type: 'held'; readonly id: string; readonly reserved: ReservedUnit }
  | ({ readonly type: 'used'; readonly id: string } & UnitUse)
  | ({ readonly type: 'ended'; readonly id: string } & UnitEnd)
  /** Before the database hears that nobody takes them any more. */
  | { readonly type: 'returning'; readonly ids: readonly string[] }
  /** The database knows all of it. */
  | { readonly type: 'done'; readonly ids: readonly string[] };

/** One place as this station knows it. */
export interface ReservedUnitEntry {
  readonly id: string;
  /** Absent: asked for, and the answer was not heard. */
  reserved?: ReservedUnit | undefined;
  use?: UnitUse | undefined;
  end?: UnitEnd | undefined;
  /** Its board is being worked on by this process. */
  isRunning: boolean;
  /** Nobody may take it any more; the database is to hear so. */
  isGoingBack: boolean;
}

export class ReservedUnits {
  readonly #log: Log<ReservedUnitRecord>;
  readonly #entries = new Map<string, ReservedUnitEntry>();

  constructor(dataDir: string) {
    this.#log = new Log(logFolder(dataDir, 'units'), { stillMatters: owedOf });
  }

  /**
   * Takes over what processes that are gone have left: those of one station, which goes on with its units, or all.
   *
   * @throws FILE_UNWRITABLE, DISK_FULL
   */
  async adopt(station?: string): Promise<void> {
    const isWanted = (records: readonly ReservedUnitRecord[]): boolean =>
      station === undefined || sumUp(records).some(({ reserved }) => reserved?.station === station);
    const adopted = sumUp(await this.#log.adopt(owedOf, isWanted));
    const at = new Date().toISOString();
    for (const entry of adopted) {
      this.#entries.set(entry.id, entry);
      if (entry.reserved === undefined) entry.isGoingBack = true;
      // Its board was being flashed: whatever it holds, nobody has proven it.
      else if (entry.use !== undefined && entry.end === undefined) await this.end(entry, { at });
    }
  }

  /** Whether a board has taken a unit may stand in a file that is not ours. @throws SPOOL_UNREADABLE */
  async checkReadable(): Promise<void> {
    await this.#log.readWhole();
  }

  entry(id: string): ReservedUnitEntry | undefined {
    return this.#entries.get(id);
  }

  /** Units that a board may take. */
  free(maker: Maker): ReservedUnitEntry[] {
    return [...this.#entries.values()].filter(
      ({ reserved, use, isGoingBack }) => isOf(reserved, maker) && use === undefined && !isGoingBack,
    );
  }

  /** The batch as it was made, where anything is known of a reserved unit of it. */
  order(batch: string): BatchRequest | undefined {
    return [...this.#entries.values()].find(({ reserved }) => reserved?.batch === batch)?.reserved?.order;
  }

  /** The reserved unit that this board has taken. */
  takenBy(batch: string, mac: string): ReservedUnitEntry | undefined {
    return [...this.#entries.values()].find(
      ({ reserved, use }) => reserved?.batch === batch && use?.mac === mac,
    );
  }

  /** Uses that have ended, oldest first. */
  ended(): ReservedUnitEntry[] {
    return [...this.#entries.values()]
      .filter(({ end, isRunning }) => end !== undefined && !isRunning)
      .sort((a, b) => ((a.end?.at ?? '') < (b.end?.at ?? '') ? -1 : 1));
  }

  /** Units that the database is to have back. */
  goingBack(): string[] {
    return [...this.#entries.values()].filter(({ isGoingBack }) => isGoingBack).map(({ id }) => id);
  }

  /** Units of that batch that boards have taken, and that the database has not heard of. */
  used(batch: string): ReservedUnitEntry[] {
    return [...this.#entries.values()].filter(
      ({ reserved, use }) => reserved?.batch === batch && use !== undefined,
    );
  }

  /** From now on nobody takes a free reserved unit, but for those of one batch that its plan leaves here. */
  sendBack(maker: Maker | undefined, plan: Plan = { held: [], target: 0 }): void {
    const held = new Set(plan.held);
    let kept = 0;
    for (const entry of this.#entries.values()) {
      const { id, reserved, use, isGoingBack } = entry;
      if (reserved === undefined || use !== undefined || isGoingBack) continue;
      if (isOf(reserved, maker) && held.has(id) && kept < plan.target) kept += 1;
      else entry.isGoingBack = true;
    }
  }

  /** @throws FILE_UNWRITABLE, DISK_FULL */
  ask(ids: readonly string[]): Promise<void> {
    return this.#write({ type: 'asked', ids });
  }

  /** @throws FILE_UNWRITABLE, DISK_FULL */
  hold(units: readonly ReservedUnit[]): Promise<void> {
    return this.#write(...units.map((reserved) => ({ type: 'held' as const, id: reserved.id, reserved })));
  }

  /** What was asked for and not heard of goes back, in case it was given. */
  giveUp(asked: readonly string[]): void {
    for (const id of asked) {
      const entry = this.#entries.get(id);
      if (entry !== undefined && entry.reserved === undefined) entry.isGoingBack = true;
    }
  }

  /**
   * Its board may be flashed when this returns. A board that comes again takes its own reserved unit again.
   *
   * @throws FILE_UNWRITABLE, DISK_FULL, and the reserved unit is as it was before
   */
  async take(entry: ReservedUnitEntry, use: UnitUse): Promise<void> {
    const before = entry.use;
    // At once: no other board may choose it while the disk is busy.
    entry.use = use;
    try {
      await this.#append({ type: 'used', id: entry.id, ...use });
      entry.isRunning = true;
    } catch (error) {
      entry.use = before;
      throw error;
    }
  }

  /** A later end of the same board replaces an earlier one. @throws FILE_UNWRITABLE, DISK_FULL */
  async end(entry: ReservedUnitEntry, end: UnitEnd): Promise<void> {
    entry.isRunning = false;
    await this.#write({ type: 'ended', id: entry.id, ...end });
  }

  /** After this no start of the station uses them: the database may have them back. @throws FILE_UNWRITABLE, DISK_FULL */
  returning(ids: readonly string[]): Promise<void> {
    return this.#write({ type: 'returning', ids });
  }

  done(ids: readonly string[]): Promise<void> {
    return this.#write({ type: 'done', ids });
  }

  /** Never throws. What the database has not heard of stays on the disk. */
  async close(): Promise<void> {
    await this.#log.close((records) => owedOf(records).length === 0);
  }

  /**
   * A process that slept for long may find that another one has taken its units over: none of those that are free may
   * be used here any more, and a board that was about to take one is tried again.
   */
  async #append(...records: ReservedUnitRecord[]): Promise<void> {
    const before = this.#log.timesTakenOver;
    await this.#log.append(...records);
    if (this.#log.timesTakenOver === before) return;
    const kept: ReservedUnitRecord[] = [];
    for (const { id, reserved, use, end, isRunning } of this.#entries.values()) {
      if (reserved === undefined || use === undefined || (!isRunning && end === undefined))
        this.#entries.delete(id);
      else kept.push({ type: 'held', id, reserved }, { type: 'used', id, ...use });
      if (end !== undefined && this.#entries.has(id)) kept.push({ type: 'ended', id, ...end });
    }
    await this.#log.append(...kept);
    throw new EspmintError('SPOOL_TAKEN_OVER', {});
  }

  async #write(...records: ReservedUnitRecord[]): Promise<void> {
    await this.#append(...records);
    for (const record of records) apply(this.#entries, record);
  }
}

function isOf(reserved: ReservedUnit | undefined, maker: Maker | undefined): boolean {
  return reserved !== undefined && reserved.batch === maker?.batch && reserved.station === maker.station;
}

function sumUp(records: readonly ReservedUnitRecord[]): ReservedUnitEntry[] {
  const entries = new Map<string, ReservedUnitEntry>();
  for (const record of records) apply(entries, record);
  return [...entries.values()];
}

function apply(entries: Map<string, ReservedUnitEntry>, record: ReservedUnitRecord): void {
  if (record.type === 'done') {
    for (const id of record.ids) entries.delete(id);
    return;
  }
  for (const id of 'ids' in record ? record.ids : [record.id]) {
    const entry = entries.get(id) ?? { id, isRunning: false, isGoingBack: false };
    entries.set(id, entry);
    if (record.type === 'returning') entry.isGoingBack = true;
    if (record.type === 'held') entry.reserved = record.reserved;
    if (record.type === 'used') entry.use = record;
    if (record.type === 'ended') entry.end = record;
  }
}

/** The records of units that the database has not settled. */
function owedOf(records: readonly ReservedUnitRecord[]): ReservedUnitRecord[] {
  const done = new Set(records.flatMap((record) => (record.type === 'done' ? record.ids : [])));
  return records.flatMap((record): ReservedUnitRecord[] => {
    if (record.type === 'done') return [];
    if (!('ids' in record)) return done.has(record.id) ? [] : [record];
    const ids = record.ids.filter((id) => !done.has(id));
    return ids.length === 0 ? [] : [{ ...record, ids }];
  });
}
