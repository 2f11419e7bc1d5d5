// Starts the service: decides whether this address may be served like that, listens, and says where.
import { EspmintError, toEspmintError } from '../core/errors/index.js';
import { ownFolder } from '../registry/files.js';
import { createApp, type AppOptions } from './app.js';
import { People } from './access/people.js';
import { PROFILE_EXAMPLE } from '../core/profile/example.js';
import { isLoopback } from './http/sites.js';
import { DEFAULT_HOST, DEFAULT_PORT } from './options.js';
import type { ServiceParts } from './parts.js';
import { ownPorts } from './ports/slot-file.js';

/** The first page that is opened has its answers before. */
const WARM_UP_AFTER_MS = 1_000;

export interface StartOptions extends AppOptions {
  /** 0: any free one. */
  readonly port?: number | undefined;
  /** Serves other addresses than loopback without TLS: for a proxy in front that speaks it. */
  readonly insecureHttp?: boolean | undefined;
}

export interface RunningService {
  /** Where a browser on this machine opens it. */
  readonly url: string;
  /** Whether anybody can sign in; until then only who uses this computer is let in. @throws STATE_UNREADABLE */
  hasPeople(): Promise<boolean>;
  /** Lets running boards finish or stop at a safe point, then ends. May be called again. */
  close(): Promise<void>;
}

/** @throws PLAIN_HTTP_REFUSED, USERS_MISSING, DATA_DIR_UNUSABLE where another service uses it, LISTEN_FAILED, STATE_UNREADABLE */
export async function startService(parts: ServiceParts, options: StartOptions): Promise<RunningService> {
  const { host = DEFAULT_HOST, port = DEFAULT_PORT, tls } = options;
  await checkExposure(options);
  const release = await ownPlaces(options.dataDir);
  const app = await createApp(parts, options).catch(async (error: unknown) => {
    await release();
    throw error;
  });
  const end = async (): Promise<void> => {
    try {
      await app.close();
    } finally {
      await release();
    }
  };
  try {
    await app.ready();
    await app.listen({ host, port });
  } catch (error) {
    await end();
    throw listenError(`${host}:${port}`, error);
  }
  const [address] = app.addresses();
  const bound = typeof address === 'object' ? address.port : port;
  const scheme = tls === undefined ? 'http' : 'https';
  const url = `${scheme}://${urlHost(host)}:${bound}`;
  parts.log.info({ url, version: options.version }, 'the service listens');
  const warmUp = setTimeout(() => void prepare(parts.log), WARM_UP_AFTER_MS);
  let closed: Promise<void> | undefined;
  return {
    url,
    hasPeople: () => new People(options.dataDir).anybody(),
    close: () => {
      clearTimeout(warmUp);
      return (closed ??= end());
    },
  };
}

/** The state of the dashboard, and this computer's ports: a station beside it would start the same boards. */
async function ownPlaces(dataDir: string): Promise<() => Promise<void>> {
  const releaseState = await ownFolder(dataDir, 'service', 'an `espmint serve`');
  try {
    const releasePorts = await ownPorts(dataDir);
    return async () => {
      await releasePorts();
      await releaseState();
    };
  } catch (error) {
    await releaseState();
    throw error;
  }
}

/**
 * What costs its first use more than each later one. On request it would hold the boards up: it is done soon after the start,
 * when few are there, in pieces. What draws reports and labels takes 9 MB: it is loaded by who asks for one. Never throws.
 */
async function prepare(log: ServiceParts['log']): Promise<void> {
  try {
    const [{ checkProfile }] = await Promise.all([
      import('../core/profile/parse.js'),
      import('./metrics/metrics.js'),
    ]);
    checkProfile(PROFILE_EXAMPLE);
  } catch (error) {
    log.warn({}, `metrics cannot be given: ${toEspmintError(error).message}`);
  }
}

/** Over a network only with encryption and with people who may sign in. */
async function checkExposure({
  host = DEFAULT_HOST,
  tls,
  insecureHttp,
  dataDir,
}: StartOptions): Promise<void> {
  if (isLoopback(host)) return;
  if (tls === undefined && insecureHttp !== true)
    throw new EspmintError('PLAIN_HTTP_REFUSED', { address: host });
  if (!(await new People(dataDir).anybody())) throw new EspmintError('USERS_MISSING', { address: host });
}

/** A browser cannot open "every address". */
function urlHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
}

function listenError(address: string, error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : undefined;
  const reasons: Readonly<Record<string, string>> = {
    EADDRINUSE: 'something else listens there',
    EACCES: 'that port needs more rights',
    EADDRNOTAVAIL: 'this machine does not have that address',
  };
  if (code === undefined) return error;
  return new EspmintError('LISTEN_FAILED', { address, reason: reasons[code] ?? code }, { cause: error });
}
