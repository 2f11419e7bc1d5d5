// One transaction for all who come while the one before runs: many boards at once do not queue for a lock, for the disk
// and for each statement one by one.
import type pg from 'pg';
import { isEspmintError } from '../../core/errors/index.js';
import { GroupCommit } from '../spool/group-commit.js';
import { codeOf } from '../../files/index.js';
import { type Database, SHARED_LOCK_MS, type TransactionOptions } from './database.js';

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

const LOCK_NOT_AVAILABLE = '55P03';

/** How work gets its connection. */
type Connect = <T>(work: (client: pg.ClientBase) => Promise<T>, options?: TransactionOptions) => Promise<T>;

class SharedWork<Request, Answer> {
  readonly #connect: Connect;
  readonly #work: Work<Request, Answer>;
  readonly #shares = new GroupCommit<Share<Request, Answer>>((shares) => this.#runTogether(shares));

  constructor(connect: Connect, work: Work<Request, Answer>) {
    this.#connect = connect;
    this.#work = work;
  }

  /**
   * To each it is as if it were alone: what is thrown because of one of them is its alone, and rolls nothing of the
   * others back.
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
    let cause: unknown;
    const requests = shares.map(({ request }) => request);
    const work = async (client: pg.ClientBase): Promise<readonly Answer[]> => {
      try {
        return await this.#work(client, requests);
      } catch (error) {
        cause = error;
        throw error;
      }
    };
    try {
      const answers = await this.#connect(work, { lockTimeoutMs: SHARED_LOCK_MS });
      for (const [index, { resolve }] of shares.entries()) resolve(answers[index] as Answer);
    } catch (error) {
      if (codeOf(cause) === LOCK_NOT_AVAILABLE) {
        // Whoever comes next does not wait for these: one of them may have to wait for long.
        for (const share of shares) void this.#runAlone(share);
      } else if (shares.length === 1 || isOutage(error)) {
        for (const { reject } of shares) reject(error);
      } else {
        // First come, first served.
        for (const share of shares) await this.#runTogether([share]);
      }
    }
  }

  /** With all the patience that a lock deserves. */
  async #runAlone({ request, resolve, reject }: Share<Request, Answer>): Promise<void> {
    try {
      const [answer] = await this.#connect((client) => this.#work(client, [request]));
      resolve(answer as Answer);
    } catch (error) {
      reject(error);
    }
  }
}

const isOutage = (error: unknown): boolean =>
  isEspmintError(error, 'REGISTRY_UNREACHABLE') || isEspmintError(error, 'REGISTRY_TIMEOUT');

/**
 * One transaction for all who come while the one before runs.
 *
 * @param what is being done, for messages
 * @param work may throw because of any one of its requests: then each is done in a transaction of its own
 */
export class SharedTransaction<Request, Answer> extends SharedWork<Request, Answer> {
  constructor(database: Database, what: string, work: Work<Request, Answer>) {
    super((together, options) => database.transaction(what, together, options), work);
  }
}

/** The same for work that changes nothing, or all in one statement: who does not wait for long needs no transaction. */
export class SharedStatement<Request, Answer> extends SharedWork<Request, Answer> {
  constructor(database: Database, what: string, work: Work<Request, Answer>) {
    super(
      (together, options) =>
        options === undefined ? database.transaction(what, together) : database.connected(what, together),
      work,
    );
  }
}
