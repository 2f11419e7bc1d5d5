// The pool: transactions with deadlines, that are run again when the connection was lost or another one came in the way.
import pg from 'pg';
import { setTimeout as sleep } from 'node:timers/promises';
import { EspmintError } from '../../core/errors/index.js';
import { afterStop, cut, endOrCut } from './goodbye.js';
import { Outage } from './outage.js';
import { type ErrorContext, isCollision, isConnectionLoss, toRegistryError } from './sql-errors.js';

/** Where the server is, and whatever keeps it there. */
export interface ServerSource {
  /** For people and messages; no password. */
  readonly description: string;
  /** Called before first use and after each lost connection. */
  ensure(signal?: AbortSignal): Promise<pg.ClientConfig>;
  /** Called for each connection that was lost: another host may have taken over. */
  lost?(): void;
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
  /** Cancels the statement that runs then, and nothing of the transaction stays; bulk work: that of the options by default. */
  readonly cancel?: AbortSignal | undefined;
}

/** A lock that somebody else holds for so long is one request's trouble: those that share its work shall not wait for it. */
export const SHARED_LOCK_MS = 1000;

/**
 * What a role or database may have set otherwise, and what our reading of times and writing of texts relies on; limits of
 * statements that have no transaction around them; and that what is committed is on the disk.
 */
const sessionOf = (limitMs: number): string =>
  `set datestyle = 'ISO'; set standard_conforming_strings = on; set statement_timeout = ${limitMs};
   set lock_timeout = ${Math.min(SHARED_LOCK_MS, limitMs)};
   select set_config('synchronous_commit', 'on', false) where current_setting('synchronous_commit') = 'off';
   select set_config('transaction_timeout', '0', false) where current_setting('transaction_timeout', true) <> '0'`;

const FIRST_PAUSE_MS = 25;
const LONGEST_PAUSE_MS = 1000;
const COLLISION_TRIES = 3;
/** A cancel that comes between two statements cancels nothing. */
const CANCEL_AGAIN_MS = 100;

/** Of one who works with a database that others use too. Bulk work has connections of its own: they have no time limit. */
export type ViewOptions = Partial<Pick<DatabaseOptions, 'patienceMs' | 'signal' | 'isBulk'>>;

export class Database {
  readonly #connections: Connections;
  readonly #options: DatabaseOptions;
  #closed: Promise<void> | undefined;

  constructor(source: ServerSource, options: DatabaseOptions, connections?: Connections) {
    this.#options = options;
    this.#connections = connections ?? new Connections(source, options);
    this.#connections.users++;
  }

  get source(): ServerSource {
    return this.#connections.source;
  }

  /** What everybody who works with these connections knows of the server. */
  get outage(): Outage {
    return this.#connections.outage;
  }

  /** The same connections, used with another patience; it is closed for itself. */
  view(changes: ViewOptions): Database {
    return new Database(this.source, { ...this.#options, ...changes }, this.#connections);
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
    { lockTimeoutMs = Infinity, cancel = this.#bulkSignal }: TransactionOptions = {},
  ): Promise<T> {
    return this.connected(what, async (client) => {
      const lockMs = Math.min(Math.ceil(this.#options.timeoutMs), lockTimeoutMs);
      await client.query(
        `${BEGIN}; set local statement_timeout = ${limitOf(this.#options)}; set local lock_timeout = ${lockMs}`,
      );
      const canceller = cancel === undefined ? undefined : await this.#cancelOn(client, cancel);
      try {
        const result = await work(client);
        await client.query('commit');
        return result;
      } catch (error) {
        await canceller?.end();
        await client.query('rollback').catch(() => undefined);
        throw cancel?.aborted === true ? new EspmintError('CANCELLED', { what: `The ${what}` }) : error;
      } finally {
        await canceller?.end();
      }
    });
  }

  get #bulkSignal(): AbortSignal | undefined {
    return this.#options.isBulk === true ? this.#options.signal : undefined;
  }

  /** Whatever runs on that connection is cancelled from another one, until the end: nothing of it may run afterwards. */
  async #cancelOn(client: pg.ClientBase, signal: AbortSignal): Promise<{ end(): Promise<void> }> {
    const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
    const ended = new AbortController();
    const cancelUntilEnd = async (): Promise<void> => {
      await aborted(AbortSignal.any([signal, ended.signal]));
      while (!ended.signal.aborted) {
        const cancelIt = (other: pg.ClientBase) =>
          other.query('select pg_cancel_backend($1)', [rows[0]?.pid]);
        await this.#connections.use(cancelIt, this.#options);
        await sleep(CANCEL_AGAIN_MS, undefined, { signal: ended.signal });
      }
    };
    const cancelling = cancelUntilEnd().catch(() => undefined);
    return {
      end: () => {
        ended.abort();
        return cancelling;
      },
    };
  }

  /** Runs `work` on one connection, under the same rules but without a transaction around it. */
  async connected<T>(what: string, work: (client: pg.ClientBase) => Promise<T>): Promise<T> {
    const { restingFor } = this.outage;
    // Each call would wait for itself, and the program is to end.
    if (restingFor !== undefined && this.#options.signal?.aborted === true) throw restingFor;
    const deadline = performance.now() + this.#options.patienceMs;
    let pauseMs = FIRST_PAUSE_MS;
    for (let tries = 1; ; tries++) {
      try {
        const result = await this.#connections.use(work, this.#options);
        this.outage.reached();
        return result;
      } catch (error) {
        // Work on all devices may take longer than our patience, and still deserves another try after a collision.
        const isUnlucky = isCollision(error) && tries < COLLISION_TRIES;
        const again = isConnectionLoss(error) || isCollision(error);
        // After a stop a call is still made once: how an attempt ended is worth writing down.
        const isLate = performance.now() + pauseMs > deadline && !isUnlucky;
        if (!again || isLate || this.#options.signal?.aborted === true) throw this.#failure(error, what);
      }
      await sleep(pauseMs);
      pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
    }
  }

  /** The last one who uses the connections closes them, then leaves the server. Never throws; may be called again. */
  async close(): Promise<void> {
    this.#closed ??= this.#connections.leave();
    return this.#closed;
  }

  #failure(error: unknown, what: string): EspmintError {
    const { timeoutMs } = this.#options;
    const failure = toRegistryError(error, { ...this.#connections.context, what, timeoutMs });
    if (failure.code === 'REGISTRY_UNREACHABLE') this.outage.note(failure);
    return failure;
  }
}

/** One pool for calls, and one for bulk work where there is any; prepared once, however many work with them. */
class Connections {
  readonly source: ServerSource;
  readonly outage = new Outage();
  users = 0;
  readonly #options: DatabaseOptions;
  /** By whether it is for bulk work. */
  readonly #pools = new Map<boolean, pg.Pool>();
  readonly #clients = new Set<pg.Client>();
  readonly #connecting = new Set<pg.Client>();
  #closed = false;
  #prepared: Promise<void> | undefined;
  /** Connections that have their settings. */
  readonly #set = new WeakSet<pg.ClientBase>();

  constructor(source: ServerSource, options: DatabaseOptions) {
    this.source = source;
    this.#options = options;
  }

  async use<T>(
    work: (client: pg.ClientBase) => Promise<T>,
    { signal, isBulk = false }: Pick<DatabaseOptions, 'signal' | 'isBulk'>,
  ): Promise<T> {
    if (this.#closed) throw new EspmintError('INTERNAL', { reason: 'the registry was closed before' });
    const config = await this.source.ensure(signal);
    const pool = this.#pools.get(isBulk) ?? this.#openPool(config, isBulk);
    this.#pools.set(isBulk, pool);
    // New connections go where the source says now.
    Object.assign(pool.options, settingsOf(config, this.#options.timeoutMs));
    const client = await this.#connect(pool, signal).catch((error: unknown) => {
      if (isConnectionLoss(error)) this.source.lost?.();
      throw error;
    });
    let broken = false;
    const isOver = afterStop(signal, () => cut(client));
    try {
      if (!this.#set.has(client)) await client.query(sessionOf(limitOf(this.#options)));
      this.#set.add(client);
      await this.#prepare(client);
      return await work(client);
    } catch (error) {
      broken = isConnectionLoss(error);
      if (broken) this.source.lost?.();
      throw error;
    } finally {
      isOver();
      client.release(broken);
    }
  }

  /** A connection of the pool. A server that does not answer after a stop signal counts as out of reach. */
  async #connect(pool: pg.Pool, signal: AbortSignal | undefined): Promise<pg.PoolClient> {
    const connecting = pool.connect();
    let isOver: () => void = () => undefined;
    const lost = new Promise<never>((_, reject) => {
      isOver = afterStop(signal, () => {
        for (const client of this.#connecting) cut(client);
        reject(new Error('Connection terminated: the program ends'));
        void connecting.then((late) => late.release(true)).catch(() => undefined);
      });
    });
    try {
      return await Promise.race([connecting, lost]);
    } finally {
      isOver();
    }
  }

  async leave(): Promise<void> {
    this.users--;
    if (this.users > 0) return;
    this.#closed = true;
    const clients = [...this.#clients];
    const closed = clients.map((client) => new Promise((resolve) => client.once('end', resolve)));
    for (const pool of this.#pools.values()) await pool.end().catch(() => undefined);
    // A pool waits for the work on its connections, not until they are closed; the program would not end before.
    await endOrCut(() => Promise.all(closed), clients);
    await this.source.release();
  }

  get context(): Omit<ErrorContext, 'what' | 'timeoutMs'> {
    const [pool] = this.#pools.values();
    const { user, database, password } = pool?.options ?? {};
    const secret = typeof password === 'string' ? password : undefined;
    return { target: this.source.description, user: user ?? '', database: database ?? '', secret };
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

  #openPool(config: pg.ClientConfig, isBulk: boolean): pg.Pool {
    const connecting = this.#connecting;
    const pool = new pg.Pool({
      Client: class extends pg.Client {
        constructor(config?: pg.ClientConfig) {
          super(config);
          connecting.add(this);
          this.once('end', () => connecting.delete(this));
        }
      },
      ...settingsOf(config, this.#options.timeoutMs),
      max: this.#options.poolSize,
      // The server's own limit comes first; this one is for a server that no longer answers at all.
      ...(isBulk ? {} : { query_timeout: this.#options.timeoutMs + 2000 }),
      idleTimeoutMillis: 30_000,
      keepAlive: true,
    });
    // An idle connection that breaks is dropped by the pool; the next call takes another.
    pool.on('error', () => undefined);
    pool.on('connect', (client) => {
      client.on('error', () => undefined);
      this.#connecting.delete(client);
      this.#clients.add(client);
      client.once('end', () => this.#clients.delete(client));
    });
    return pool;
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** Milliseconds of one statement; 0: none. */
function limitOf({ isBulk, timeoutMs }: DatabaseOptions): number {
  return isBulk === true ? 0 : Math.ceil(timeoutMs);
}

function settingsOf(config: pg.ClientConfig, timeoutMs: number): pg.ClientConfig {
  const { connectionTimeoutMillis = timeoutMs, application_name: name = 'espmint' } = config;
  return {
    ...config,
    connectionTimeoutMillis: Math.min(connectionTimeoutMillis, timeoutMs),
    application_name: name,
  };
}
