// Stations of one test that reserve units, their common database, and ways to it that can be cut.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FlashImage } from '../../src/core/flash-image.js';
import { EspmintError } from '../../src/core/errors/index.js';
import { ReservedUnits } from '../../src/registry/batches/reserved/reserved-units.js';
import { OfflineBatches } from '../../src/registry/batches/reserved/offline-batches.js';
import { RecentUnits } from '../../src/registry/batches/reserved/recent-units.js';
import type { Claim } from '../../src/registry/index.js';
import type { Database } from '../../src/registry/store/database.js';
import { openDatabase, type OpenDatabase } from '../../src/registry/store/open-database.js';
import { abandonAll } from '../../src/registry/spool/testing/abandon.js';
import { sealedBox } from '../../src/registry/store/secrets/secret-box.js';

export const profile = { name: 'sensor', version: 3 };
export const image: FlashImage = {
  offsetBytes: 0x9000,
  sizeBytes: 0x6000,
  md5: 'a'.repeat(32),
  sha256: 'b'.repeat(64),
};
export const macOf = (board: number): string => `a4:cf:12:00:00:${board.toString(16).padStart(2, '0')}`;
export const uuidOf = (board: number): string =>
  `00000000-0000-5000-8000-${board.toString(16).padStart(12, '0')}`;

/** The way of one station to the database. `unheard`: what it asks for is done, and the answer is lost. */
class Way {
  state: 'open' | 'cut' | 'unheard' = 'open';
  readonly database: Database;

  constructor(real: Database) {
    const lost = (): EspmintError =>
      new EspmintError('REGISTRY_UNREACHABLE', { target: 'test', reason: this.state });
    const way = {
      transaction: async (...[what, work]: Parameters<Database['transaction']>): Promise<unknown> => {
        if (this.state === 'cut') throw lost();
        const result = await real.transaction(what, work);
        if (this.state === 'unheard') throw lost();
        return result;
      },
      close: () => Promise.resolve(),
    };
    this.database = way as unknown as Database;
  }
}

/** As if the process that writes it had died: it carries the id of a process that is none. */
/** Seal what stations write down for themselves. */
export const OWN_KEYS = {
  box: sealedBox([{ id: 'own', bytes: new Uint8Array(32) }]),
  refresh: () => Promise.resolve(),
};

export interface TestStation {
  readonly name: string;
  readonly way: Way;
  readonly batches: OfflineBatches;
  claim(batch: string, board: number): Promise<Claim>;
  /** One board from its claim to its pass. */
  make(batch: string, board: number): Promise<Claim>;
  heartbeat(batch?: string): Promise<void>;
  die(): void;
}

export class ReservedRig {
  readonly folder: string;
  readonly open: OpenDatabase;
  /** Of somebody who holds no units. */
  readonly plain: OfflineBatches;
  readonly #stations: OfflineBatches[] = [];
  #batchCount = 0;

  private constructor(folder: string, open: OpenDatabase) {
    this.folder = folder;
    this.open = open;
    this.plain = this.station(0).batches;
  }

  static async start(binDir?: string): Promise<ReservedRig> {
    const folder = mkdtempSync(join(tmpdir(), 'espmint-reserved-'));
    return new ReservedRig(folder, await openDatabase({ dataDir: join(folder, 'home'), binDir }));
  }

  /** Of the batch that was made last. */
  get batchCount(): number {
    return this.#batchCount;
  }

  /** @param home of an earlier one: it starts again in the same data directory */
  station(units: number, home = `station ${this.#stations.length}`): TestStation {
    const way = new Way(this.open.database);
    const batches = new OfflineBatches({
      database: way.database,
      sharedBox: this.open.box,
      ownKeys: OWN_KEYS,
      reservedUnits: new ReservedUnits(join(this.folder, home)),
      recent: new RecentUnits(join(this.folder, home)),
      units,
    });
    this.#stations.push(batches);
    const claim = (batch: string, board: number): Promise<Claim> =>
      batches.claim({ batch, mac: macOf(board), station: home, profile });
    return {
      name: home,
      way,
      batches,
      claim,
      die: () => void abandonAll(join(this.folder, home, 'spool/units')),
      make: async (batch, board) => {
        const made = await claim(batch, board);
        await batches.passed(made.id, { uuid: uuidOf(board), chip: 'esp32', image });
        return made;
      },
      heartbeat: (batch) =>
        batches.heartbeat({
          station: home,
          host: 'h',
          batch,
          mode: 'running',
          slots: 1,
          running: 0,
          claims: [],
        }),
    };
  }

  async makeBatch(quantity: number, profileText?: string): Promise<string> {
    const name = `WO-${++this.#batchCount}`;
    await this.plain.create(
      { name, profile, profileText, quantity, serialTemplate: `B${this.#batchCount}-{000}` },
      'tester',
    );
    return name;
  }

  async stop(): Promise<void> {
    for (const batches of this.#stations) await batches.close();
    await this.open.database.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
