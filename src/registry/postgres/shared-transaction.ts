// One transaction for all who come while the one before runs: many boards at once do not queue for a lock and for the
// disk one by one.
import type pg from 'pg';
import { isEspmintError } from '../../core/errors/index.js';
import { GroupCommit } from '../group-commit.js';
import type { Database } from './database.js';

interface Share {
  readonly work: (client: pg.ClientBase) => Promise<void>;
  readonly failed: (error: unknown) => void;
}

export class SharedTransaction {
  readonly #shares: GroupCommit<Share>;

  /** @param what is being done, for messages */
  constructor(database: Database, what: string) {
    this.#shares = new GroupCommit((shares) => runTogether(database, what, shares));
  }

  /**
   * Runs `work` in a transaction that others may share, one after the other. To each it is as if it had one of its own:
   * what one of them throws is its alone, and rolls nothing of the others back.
   *
   * @throws as Database.transaction
   */
  async run<T>(work: (client: pg.ClientBase) => Promise<T>): Promise<T> {
    let outcome: { readonly value: T } | undefined;
    let failure: { readonly error: unknown } | undefined;
    const share: Share = {
      work: async (client) => {
        outcome = { value: await work(client) };
      },
      failed: (error) => (failure = { error }),
    };
    await this.#shares.add([share]);
    if (failure !== undefined || outcome === undefined) throw failure?.error;
    return outcome.value;
  }
}

/** All in one transaction; where that fails by one of them, each in its own. */
async function runTogether(database: Database, what: string, shares: readonly Share[]): Promise<void> {
  try {
    await database.transaction(what, async (client) => {
      for (const { work } of shares) await work(client);
    });
  } catch (error) {
    const isDown = isEspmintError(error, 'REGISTRY_UNREACHABLE') || isEspmintError(error, 'REGISTRY_TIMEOUT');
    if (isDown || shares.length === 1) throw error;
    for (const { work, failed } of shares) await database.transaction(what, work).catch(failed);
  }
}
