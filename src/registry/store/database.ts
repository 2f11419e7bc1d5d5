// The pool: transactions with deadlines, that are run again when the connection was lost or another one came in the way.
import pg from 'pg';
import { setTimeout as sleep } from 'node:timers/promises';
import { EspmintError } from '../../core/errors/index.js';
import { type ErrorContext, isCollision, isConnectionLoss, toRegistryError } from './sql-errors.js';

/** Where the server is, and whatever keeps it there. */
export interface ServerSource {
  /** For people and messages; no password. */
  readonly description: string;
  /** Called before first use and after each lost connection. */
  ensure(signal?: AbortSignal): Promise<pg.ClientConfig>;
  /** Never throws. */
  release(): Promise<void>;
}

export interface DatabaseOptions {
  /** Connections held at most; idle ones are closed after a while. */
  readonly poolSize: number;
  /** Of one statement, and of the wait for a connection. */
  readonly timeoutMs: number;
  /** Whether a statement may take longer than that once it has its connection and its locks. */
  readonly isBulk?: boolean;
  /** How long to go on trying when the server cannot be reached. */
  readonly patienceMs: number;
  readonly signal?: AbortSignal | undefined;
  /** Runs before all work on the first connection, and again on the next one where it failed. */
  readonly prepare?: ((client: pg.ClientBase) => Promise<void>) | undefined;
}

/** Whatever the default of the role is: work is written for this level, and takes the locks that it needs. */
export const BEGIN = 'begin isolation level read committed';

/** Of one transaction. */
export interface TransactionOptions {
  /** Waits no longer than this for a lock, if that is shorter than the limit of a statement. */
  readonly lockTimeoutMs?: number | undefined;
}

/** What a role or database may have set otherwise, and what our reading of times and writing of texts relies on. */
const SESSION = `set datestyle = 'ISO'; set standard_conforming_strings = on`;

const FIRST_PAUSE_MS = 25;
const LONGEST_PAUSE_MS = 1000;
const COLLISION_TRIES = 3;

export class Database {
  readonly source: ServerSource;
  readonly #options: DatabaseOptions;
  #pool: pg.Pool | undefined;
  #closed: Promise<void> | undefined;
  #prepared: Promise<void> | undefined;
  /** Connections that have their settings. */
  readonly #set = new WeakSet<pg.ClientBase>();

  constructor(source: ServerSource, options: DatabaseOptions) {
    this.source = source;
    this.#options = options;
  }

  /**
   * Runs `work` in one transaction. It may run more than once, and the last time may follow one whose commit was not
   * heard of: it must lead to the same end then.
   *
   * @throws REGISTRY_*, DISK_FULL, CANCELLED, and what `work` throws of its own
   */
  async transaction<T>(
    what: string,
    work: (client: pg.ClientBase) => Promise<T>,
    { lockTimeoutMs = Infinity }: TransactionOptions = {},
  ): Promise<T> {
    return this.connected(what, async (client) => {
      const limitMs = Math.ceil(this.#options.timeoutMs);
      const statementMs = this.#options.isBulk === true ? 0 : limitMs;
      const lockMs = Math.min(limitMs, lockTimeoutMs);
      await client.query(
        `${BEGIN}; set local statement_timeout = ${statementMs}; set local lock_timeout = ${lockMs}`,
      );
      try {
        const result = await work(client);
        await client.query('commit');
        return result;
      } catch (error) {
        await client.query('rollback').catch(() => undefined);
        throw error;
      }
    });
  }

  /** Runs `work` on one connection, under the same rules but without a transaction around it. */
  async connected<T>(what: string, work: (client: pg.ClientBase) => Promise<T>): Promise<T> {
    const deadline = Date.now() + this.#options.patienceMs;
    let pauseMs = FIRST_PAUSE_MS;
    for (let tries = 1; ; tries++) {
      try {
        return await this.#once(work);
      } catch (error) {
        // Work on all devices may take longer than our patience, and still deserves another try after a collision.
        const isUnlucky = isCollision(error) && tries < COLLISION_TRIES;
        const again = isConnectionLoss(error) || isCollision(error);
        // After a stop a call is still made once: how an attempt ended is worth writing down.
        const isLate = Date.now() + pauseMs > deadline && !isUnlucky;
        if (!again || isLate || this.#options.signal?.aborted === true)
          throw toRegistryError(error, this.#context(what));
      }
      await sleep(pauseMs);
      pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
    }
  }

  /** Closes all connections, then leaves the server. Never throws; may be called again. */
  async close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    await this.#pool?.end().catch(() => undefined);
    await this.source.release();
  }

  async #once<T>(work: (client: pg.ClientBase) => Promise<T>): Promise<T> {
    if (this.#closed !== undefined)
      throw new EspmintError('INTERNAL', { reason: 'the registry was closed before' });
    const config = await this.source.ensure(this.#options.signal);
    const client = await (this.#pool ??= this.#openPool(config)).connect();
    let broken = false;
    try {
      if (!this.#set.has(client)) await client.query(SESSION);
      this.#set.add(client);
      await this.#prepare(client);
      return await work(client);
    } catch (error) {
      broken = isConnectionLoss(error);
      throw error;
    } finally {
      client.release(broken);
    }
  }

  /** Others that come meanwhile wait for it. */
  #prepare(client: pg.ClientBase): Promise<void> | undefined {
    const { prepare } = this.#options;
    if (prepare === undefined) return undefined;
    return (this.#prepared ??= prepare(client).catch((error: unknown) => {
      this.#prepared = undefined;
      throw error;
    }));
  }

  #openPool(config: pg.ClientConfig): pg.Pool {
    const pool = new pg.Pool({
      ...config,
      max: this.#options.poolSize,
      connectionTimeoutMillis: this.#options.timeoutMs,
      // The server's own limit comes first; this one is for a server that no longer answers at all.
      ...(this.#options.isBulk === true ? {} : { query_timeout: this.#options.timeoutMs + 2000 }),
      idleTimeoutMillis: 30_000,
      keepAlive: true,
      application_name: 'espmint',
    });
    // An idle connection that breaks is dropped by the pool; the next call takes another.
    pool.on('error', () => undefined);
    pool.on('connect', (client) => client.on('error', () => undefined));
    return pool;
  }

  #context(what: string): ErrorContext {
    const { user, database } = this.#pool?.options ?? {};
    return {
      target: this.source.description,
      what,
      user: user ?? '',
      database: database ?? '',
      timeoutMs: this.#options.timeoutMs,
    };
  }
}
