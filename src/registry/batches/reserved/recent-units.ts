// Boards that this computer has made lately, so that one that comes again out of reach stays the unit that it is: with its
// serial number, its UUID, and what it holds. Also after the process was started anew: they are on the disk.
//
// They are hints: where none is left the board is counted once all the same, as another unit. So nobody waits until they
// are written. Hints that cannot be read are another matter: a board is not new because its hint belongs to another user.
import type { FlashImage } from '../../../core/flash-image.js';
import { logFolder } from '../../spool/inspect.js';
import { Log } from '../../spool/log.js';
import type { ClaimRequest } from '../batches.js';
import type { UnitUse } from './reserved-unit.js';

/** Far above what lies on a bench; older ones are forgotten, so that memory stays flat. */
const REMEMBERED = 1000;
export interface RecentUnit {
  readonly identity: Omit<UnitUse, 'mac' | 'station'>;
  readonly image: FlashImage;
}

type Named = Pick<ClaimRequest, 'batch' | 'mac'>;
type UnitRecord = Named & RecentUnit;

export class RecentUnits {
  readonly #folder: string;
  readonly #mostRecords: number | undefined;
  readonly #units = new Map<string, UnitRecord>();
  #log: Log<UnitRecord> | undefined;
  #writing: Promise<void> = Promise.resolve();

  /** @param mostRecords of the log before it is written anew, for tests */
  constructor(dataDir: string, mostRecords?: number) {
    this.#folder = logFolder(dataDir, 'unit-hints');
    this.#mostRecords = mostRecords;
  }

  /** At once; on the disk soon after, unless that is full or broken. */
  note({ batch, mac }: Named, identity: RecentUnit['identity'], image: FlashImage): void {
    const unit = { batch, mac, identity, image };
    const key = keyOf(unit);
    this.#units.delete(key);
    this.#units.set(key, unit);
    const [oldest] = this.#units.keys();
    if (this.#units.size > REMEMBERED && oldest !== undefined) this.#units.delete(oldest);
    this.#writing = this.#writing.then(() => this.#write(unit)).catch(() => undefined);
  }

  /** What this process knows, or what others of this computer have left. @throws SPOOL_UNREADABLE */
  async find(named: Named): Promise<RecentUnit | undefined> {
    const known = this.#units.get(keyOf(named));
    if (known !== undefined) return known;
    const records = await (this.#log ?? this.#newLog()).readWhole();
    return records.findLast((record) => keyOf(record) === keyOf(named));
  }

  /** Never throws. */
  async close(): Promise<void> {
    await this.#writing;
    await this.#log?.close((records) => records.length === 0);
  }

  async #write(unit: UnitRecord): Promise<void> {
    if (this.#log === undefined) {
      const log = this.#newLog();
      await log.adopt(newest);
      this.#log = log;
    }
    await this.#log.append(unit);
  }

  #newLog(): Log<UnitRecord> {
    return new Log<UnitRecord>(this.#folder, { stillMatters: newest, mostRecords: this.#mostRecords });
  }
}

/** The last record of each of the newest units, in their order. */
function newest(records: readonly UnitRecord[]): UnitRecord[] {
  const units = new Map<string, UnitRecord>();
  for (const record of records) {
    units.delete(keyOf(record));
    units.set(keyOf(record), record);
  }
  return [...units.values()].slice(-REMEMBERED);
}

function keyOf({ batch, mac }: Named): string {
  return JSON.stringify([batch, mac]);
}
