// One transaction for all who come while the one before runs: many boards at once do not queue for a lock, for the disk
// and for each statement one by one.
import type pg from 'pg';
import { isEspmintError } from '../../core/errors/index.js';
import { GroupCommit } from '../group-commit.js';
import { codeOf } from '../reason.js';
import type { Database } from './database.js';

interface Share<Request, Answer> {
  readonly request: Request;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}

/** What is done for all who share a transaction; the answers are in the order of the requests. */
type Work<Request, Answer> = (
  client: pg.ClientBase,
  requests: readonly Request[],
) => Promise<readonly Answer[]>;

/** These requests touch the same row: each is to have a transaction of its own. */
class Clash extends Error {}

/** Work that changes many rows in one statement changes each of them once. @throws what sets the requests apart */
export function needDistinct(keys: readonly unknown[]): void {
  if (new Set(keys).size < keys.length) throw new Clash('two of one transaction touch the same row');
}

/** A lock that somebody else holds for so long is one request's trouble: the others shall not wait for it. */
const SHARED_LOCK_MS = 1000;
const LOCK_NOT_AVAILABLE = '55P03';

export class SharedTransaction<Request, Answer> {
  readonly #database: Database;
  readonly #what: string;
  readonly #work: Work<Request, Answer>;
  readonly #shares = new GroupCommit<Share<Request, Answer>>((shares) => this.#runTogether(shares));

  /**
   * @param what is being done, for messages
   * @param work may throw because of any one of its requests: then each is done in a transaction of its own
   */
  constructor(database: Database, what: string, work: Work<Request, Answer>) {
    this.#database = database;
    this.#what = what;
    this.#work = work;
  }

  /**
   * To each it is as if it had a transaction of its own: what is thrown because of one of them is its alone, and rolls
   * nothing of the others back.
   *
   * @throws as Database.transaction
   */
  run(request: Request): Promise<Answer> {
    return new Promise((resolve, reject) => {
      void this.#shares.add([{ request, resolve, reject }]);
    });
  }

  /** Never throws: each share hears for itself how it ended. */
  async #runTogether(shares: readonly Share<Request, Answer>[]): Promise<void> {
    const [first, ...others] = shares;
    if (first === undefined) return;
    if (others.length === 0) return this.#runAlone(first);
    const requests = shares.map(({ request }) => request);
    let cause: unknown;
    try {
      const together = async (client: pg.ClientBase): Promise<readonly Answer[]> =>
        this.#work(client, requests).catch((error: unknown) => {
          cause = error;
          throw error;
        });
      const answers = await this.#database.transaction(this.#what, together, {
        lockTimeoutMs: SHARED_LOCK_MS,
      });
      for (const [index, { resolve }] of shares.entries()) resolve(answers[index] as Answer);
    } catch (error) {
      const isLocked = codeOf(cause) === LOCK_NOT_AVAILABLE;
      const isLate = isEspmintError(error, 'REGISTRY_TIMEOUT') && !isLocked;
      if (isLate || isEspmintError(error, 'REGISTRY_UNREACHABLE')) {
        for (const { reject } of shares) reject(error);
        return;
      }
      for (const share of shares) {
        const done = this.#runAlone(share);
        // First come, first served; but nobody waits for one that may have to wait for long.
        if (!isLocked) await done;
      }
    }
  }

  async #runAlone({ request, resolve, reject }: Share<Request, Answer>): Promise<void> {
    try {
      const [answer] = await this.#database.transaction(this.#what, (client) =>
        this.#work(client, [request]),
      );
      resolve(answer as Answer);
    } catch (error) {
      reject(error);
    }
  }
}
