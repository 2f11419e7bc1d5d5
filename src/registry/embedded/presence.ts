// Keeps the embedded server running as long as any espmint process needs it, and not longer.
//
// Each process holds one connection with a SHARED advisory lock: its presence. The system drops it with the process,
// however that ends. Who leaves gives it up and tries for the EXCLUSIVE lock: getting it means to be the last, and it
// keeps newcomers waiting at their own lock while the server goes down. They then lose their connection and start again.
import pg from 'pg';
import { setTimeout as sleep } from 'node:timers/promises';
import { EspmintError } from '../../core/errors/index.js';
import { shortReason } from '../reason.js';
import { type Binaries, findBinaries } from './binaries.js';
import { ensureCluster, readyMajor } from './cluster.js';
import { refuseCopy } from './copied.js';
import { openHome, type ServerHome } from './home.js';
import { loopbackConnection, refuseOtherThanScram } from './loopback.js';
import { DATABASE, ROLE } from './roles.js';
import { cut, endOrCut, LAST_ANSWER_MS } from '../store/goodbye.js';
import { type Starting, startServer, stopServer } from './server-process.js';
import { SOCKET_PORT } from './settings.js';
import { codeOf } from '../../files/index.js';

/** The two halves of the presence lock's key; any number will do as long as all espmint processes use the same. */
const LOCK = '(1702063213, 1)';

/** Longer than recovery after a crash takes, since the server is alive and says so during it. */
const JOIN_TIMEOUT_MS = 60_000;
const POLL_MS = 10;
const LONGEST_POLL_MS = 250;
/** Between two starts: one that ended because of another server will not end otherwise at once. */
const START_PAUSE_MS = 100;
const LONGEST_START_PAUSE_MS = 5000;

/** The starts of one join. */
interface Starts {
  nextMs: number;
  pauseMs: number;
  /** Whether the programs of the last one were asked for their version. */
  areChecked: boolean;
}

export interface EmbeddedOptions {
  /** Absolute path of an existing folder. */
  readonly dataDir: string;
  /** PostgreSQL programs to use instead of those that come with the package. */
  readonly binDir?: string | undefined;
  /** Reached by a port of 127.0.0.1 and a password; by default on Windows, which has no private sockets. */
  readonly isOnLoopback?: boolean;
}

/** This process's stay at the embedded server of one data directory. */
export class Presence {
  readonly #options: EmbeddedOptions;
  #home: ServerHome | undefined;
  #client: pg.Client | undefined;
  #joining: Promise<pg.ClientConfig> | undefined;

  constructor(options: EmbeddedOptions) {
    this.#options = options;
  }

  /**
   * Starts the server, or joins it, unless we are there already.
   *
   * @returns how to connect to it
   * @throws DATA_DIR_UNUSABLE, EMBEDDED_*, DISK_FULL, CANCELLED
   */
  async ensure(signal?: AbortSignal): Promise<pg.ClientConfig> {
    if (this.#client !== undefined && this.#home !== undefined) {
      const connection = await connectionTo(this.#home);
      if (connection !== undefined) return connection;
    }
    this.#joining ??= this.#join(signal).finally(() => (this.#joining = undefined));
    return this.#joining;
  }

  /** Leaves; the last one stops the server. Never throws. */
  async release(): Promise<void> {
    await this.#joining?.catch(() => undefined);
    const [client, home] = [this.#client, this.#home];
    this.#client = undefined;
    if (client === undefined || home === undefined) return;
    try {
      // A server that no longer answers is left as it is: the next process finds it, well or not.
      const goodbye = async (): Promise<boolean> => {
        await client.query(`select pg_advisory_unlock_shared${LOCK}`);
        const { rows } = await client.query<{ last: boolean }>(`select pg_try_advisory_lock${LOCK} as last`);
        return rows[0]?.last === true;
      };
      const isLast = await endOrCut(goodbye, [client], LAST_ANSWER_MS);
      if (isLast === true) await stopServer(home, () => this.#programs(home));
    } catch {
      // The server is gone or going: nothing is left to leave.
    } finally {
      await endOrCut(() => client.end(), [client]);
    }
  }

  async #join(signal?: AbortSignal): Promise<pg.ClientConfig> {
    const home = (this.#home ??= await openHome(this.#options.dataDir, this.#options.isOnLoopback));
    let deadline = performance.now() + JOIN_TIMEOUT_MS;
    let starting: Starting | undefined;
    let last = 'it never answered';
    let pauseMs = POLL_MS;
    const starts: Starts = { nextMs: 0, pauseMs: START_PAUSE_MS, areChecked: false };
    while (performance.now() < deadline) {
      if (signal?.aborted === true) throw new EspmintError('CANCELLED', { what: 'Opening the registry' });
      const outcome = await tryToEnter(home, signal);
      if (outcome instanceof pg.Client) {
        const connection = await connectionTo(home);
        if (connection !== undefined) {
          this.#watch(outcome);
          return connection;
        }
        await endOrCut(() => outcome.end(), [outcome]);
        continue;
      }
      last = outcome.reason;
      if (outcome.state === 'down') {
        const beforeMs = performance.now();
        starting = await this.#start(home, { starting, starts }, signal);
        // Making a cluster has limits of its own, and a slow disk needs a minute for it.
        deadline += performance.now() - beforeMs;
      }
      await sleep(pauseMs);
      // Little of the time that a start takes is added to it.
      pauseMs = Math.min(pauseMs * 1.05, LONGEST_POLL_MS);
    }
    throw new EspmintError('EMBEDDED_START_FAILED', { path: home.cluster, reason: last, log: home.logFile });
  }

  /** Starts the server unless a start of ours is still under way, or has only just ended. */
  async #start(
    home: ServerHome,
    before: { readonly starting: Starting | undefined; readonly starts: Starts },
    signal?: AbortSignal,
  ): Promise<Starting | undefined> {
    const { starting, starts } = before;
    const ended = await starting?.ended();
    if (starting !== undefined && ended === undefined) return starting;
    if (ended?.kind === 'failed' && starts.areChecked) throw ended.error;
    if (performance.now() < starts.nextMs) return starting;
    starts.nextMs = performance.now() + starts.pauseMs;
    starts.pauseMs = Math.min(starts.pauseMs * 2, LONGEST_START_PAUSE_MS);
    await refuseCopy(home);
    // Data that only wait for their server: its start shows sooner than a question whether the programs fit and run here.
    const major = starting === undefined ? await readyMajor(home) : undefined;
    starts.areChecked = major === undefined;
    const binaries = await this.#programs(home, major);
    if (!(await ensureCluster(home, binaries, signal))) return starting;
    return startServer(home, binaries);
  }

  #programs(home: ServerHome, assumedMajor?: number): Promise<Binaries> {
    return findBinaries(home.account, home.spareDir, this.#options.binDir, assumedMajor);
  }

  /** A server that dies takes our presence with it: the next `ensure` joins anew. */
  #watch(client: pg.Client): void {
    this.#client = client;
    client.on('end', () => {
      if (this.#client === client) this.#client = undefined;
    });
  }
}

/** Undefined where no server runs on the loopback. */
async function connectionTo(home: ServerHome): Promise<pg.ClientConfig | undefined> {
  if (home.isOnLoopback) return loopbackConnection(home);
  return { host: home.socketDir, port: SOCKET_PORT, user: ROLE, database: DATABASE, ssl: false };
}

/** `down`: nobody listens. `changing`: it is starting, stopping or full; ask again. */
interface NotYet {
  readonly state: 'down' | 'changing';
  readonly reason: string;
}

async function tryToEnter(home: ServerHome, signal?: AbortSignal): Promise<pg.Client | NotYet> {
  const connection = await connectionTo(home);
  if (connection === undefined) return { state: 'down', reason: 'no server runs' };
  const client = new pg.Client({ ...connection, connectionTimeoutMillis: JOIN_TIMEOUT_MS });
  if (home.isOnLoopback) refuseOtherThanScram(client);
  client.on('error', () => undefined);
  const onStop = (): void => cut(client);
  signal?.addEventListener('abort', onStop, { once: true });
  try {
    await client.connect();
    await client.query(`select pg_advisory_lock_shared${LOCK}`);
    // A server that is stopping may still grant the lock of the one who stops it; it does not answer a second time.
    await client.query('select 1');
    return client;
  } catch (error) {
    await endOrCut(() => client.end(), [client]);
    return judgeRefusal(home, error);
  } finally {
    signal?.removeEventListener('abort', onStop);
  }
}

function judgeRefusal(home: ServerHome, error: unknown): NotYet {
  const [code, reason] = [codeOf(error), shortReason(error)];
  if (code === 'ENOENT' || code === 'ECONNREFUSED') return { state: 'down', reason };
  if (code === 'EACCES' || code === '28000' || code === '28P01') {
    throw new EspmintError('DATA_DIR_UNUSABLE', { path: home.socketDir, reason });
  }
  return { state: 'changing', reason };
}
