// A PostgreSQL server of the user's own: which host takes us, with TLS that checks whom it talks to.
import { checkServerIdentity, type ConnectionOptions } from 'node:tls';
import pg from 'pg';
import { EspmintError } from '../../core/errors/index.js';
import { readFileNow, reasonOf } from '../../files/index.js';
import { boundedSocket } from './bounded-socket.js';
import type { ServerSource } from './database.js';
import { endOrCut } from './goodbye.js';
import { type ConnectionSettings, type Environment, type Host, passwordFor, readSettings } from './libpq.js';
import { isConnectionLoss } from './sql-errors.js';

/** The names of libpq, and those that mean the same here. */
const SSL_MODES = ['disable', 'require', 'verify-ca', 'verify-full'] as const;
type SslMode = (typeof SSL_MODES)[number];

const CREDENTIALS = ['PGPASSWORD', 'PGPASSFILE', 'PGSSLKEY', 'PGSSLCERT', 'PGSERVICE'];
const LOOPBACK = /^(localhost|127(\.\d+){3}|::1)$/i;
/** To find out which of several hosts takes us. */
const LOOK_TIMEOUT_MS = 5000;

/**
 * @param databaseUrl as psql reads it, with several hosts, sockets and services. What it leaves out is taken from a
 *   service file, the PG* variables and a pgpass file. Without sslmode a server on another host must prove its name by
 *   TLS, as with verify-full: that is stricter than psql.
 * @throws INPUT_INVALID, FILE_UNREADABLE
 */
export function serverAt(databaseUrl: string, env: Environment = process.env): ServerSource {
  return sourceWith(readSettings(databaseUrl, env));
}

/**
 * The same for a URL that somebody has typed who is not at this computer. A password that it does not hold is given only
 * to the server that it was configured for, under the same conditions of TLS.
 *
 * @param configured URL of that server; undefined: what the PG* variables say, if they name one
 */
export function typedServerAt(
  databaseUrl: string,
  { env, configured }: { readonly env: Environment; readonly configured: string | undefined },
): ServerSource {
  const open = Object.entries(env).filter(([name]) => !CREDENTIALS.includes(name));
  const settings = readSettings(databaseUrl, Object.fromEntries(open), { isTyped: true });
  if (settings.password !== undefined || (configured === undefined && env['PGHOST'] === undefined))
    return sourceWith(settings);
  const own = readSettings(configured ?? 'postgresql://', env);
  if (!isSameServer(settings, own)) return sourceWith(settings);
  return sourceWith({ ...settings, password: own.password, passfile: own.passfile });
}

function isSameServer(one: ConnectionSettings, other: ConnectionSettings): boolean {
  const facts = ({ hosts, user, get }: ConnectionSettings): string =>
    JSON.stringify([hosts, user, get('sslmode'), get('sslrootcert')]);
  return facts(one) === facts(other);
}

function sourceWith(settings: ConnectionSettings): ServerSource {
  const { hosts, database } = settings;
  const configs = hosts.map((host) => configOf(host, settings));
  const names = hosts.map(({ host, port }) => `${host.includes(':') ? `[${host}]` : host}:${port}`);
  let chosen: pg.ClientConfig | undefined;
  return {
    description: `${names.join(',')}/${database}`,
    ensure: async () => (chosen ??= await choose(configs)),
    lost: () => (chosen = undefined),
    release: () => Promise.resolve(),
  };
}

/** The first host that takes us and may be written to, else the first that takes us; a refusal ends the search. */
async function choose(configs: readonly pg.ClientConfig[]): Promise<pg.ClientConfig> {
  const [first, ...others] = configs;
  if (first === undefined) throw new EspmintError('INTERNAL', { reason: 'a server without a host' });
  if (others.length === 0) return first;
  let readable: pg.ClientConfig | undefined;
  let failure: unknown;
  for (const config of configs) {
    try {
      if (await mayWrite(config)) return config;
      readable ??= config;
    } catch (error) {
      if (!isConnectionLoss(error)) throw error;
      failure = error;
    }
  }
  if (readable !== undefined) return readable;
  throw failure;
}

async function mayWrite(config: pg.ClientConfig): Promise<boolean> {
  const socket = boundedSocket();
  const client = new pg.Client({
    connectionTimeoutMillis: LOOK_TIMEOUT_MS,
    query_timeout: LOOK_TIMEOUT_MS,
    ...config,
    stream: () => socket,
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await takesWrites(client);
  } finally {
    await endOrCut(() => client.end(), [client]);
  }
}

export async function takesWrites(client: pg.ClientBase): Promise<boolean> {
  const { rows } = await client.query<{ free: boolean }>(
    `select not pg_is_in_recovery() and current_setting('transaction_read_only') = 'off' as free`,
  );
  return rows[0]?.free === true;
}

/** Nothing is left to the client library, which would look into the environment of the process. */
function configOf(host: Host, settings: ConnectionSettings): pg.ClientConfig {
  const { user, database, get } = settings;
  const password = settings.password ?? passwordFor(host, settings);
  const seconds = Number(get('connect_timeout') ?? 0);
  const applicationName = get('application_name');
  const options = get('options');
  return {
    host: host.address,
    port: host.port,
    user,
    database,
    password: password ?? (() => ''),
    ssl: tlsOf(host, get),
    ...(options === undefined ? {} : { options }),
    ...(applicationName === undefined ? {} : { application_name: applicationName }),
    ...(seconds > 0 ? { connectionTimeoutMillis: seconds * 1000 } : {}),
  };
}

type Setting = ConnectionSettings['get'];

/**
 * `require` of libpq encrypts without asking whom it talks to; here it checks the certificate's chain, as libpq does
 * too once a root certificate is given. `disable` is for servers on this machine, or on a network that is trusted.
 */
function tlsOf({ host, address }: Host, get: Setting): false | ConnectionOptions {
  // PostgreSQL has no TLS on sockets of a folder, and libpq asks for none.
  if (host.startsWith('/')) return false;
  const mode = sslModeOf(host, get('sslmode'));
  if (mode === 'disable') return false;
  const [rootCert, cert, key, passphrase] = [
    get('sslrootcert'),
    get('sslcert'),
    get('sslkey'),
    get('sslpassword'),
  ];
  return {
    rejectUnauthorized: true,
    ...(rootCert === undefined || rootCert === 'system' ? {} : { ca: readPem(rootCert) }),
    ...(cert === undefined ? {} : { cert: readPem(cert) }),
    ...(key === undefined ? {} : { key: readPem(key) }),
    ...(passphrase === undefined ? {} : { passphrase }),
    ...(host === address ? {} : { servername: host }),
    // RFC 6066 has no server names that are addresses: the certificate is compared with the address all the same.
    checkServerIdentity:
      mode === 'verify-full' ? (_, certificate) => checkServerIdentity(host, certificate) : () => undefined,
  };
}

function sslModeOf(host: string, text: string | undefined): SslMode {
  const isLocal = LOOPBACK.test(host);
  if (text === undefined) return isLocal ? 'disable' : 'verify-full';
  // These two fall back to an open connection when the server has no TLS: we never do that by ourselves.
  if (text === 'prefer' || text === 'allow') return isLocal ? 'disable' : 'verify-full';
  const mode = SSL_MODES.find((name) => name === text);
  if (mode !== undefined) return mode;
  const hint = `choose one of ${SSL_MODES.join(', ')}`;
  throw new EspmintError('INPUT_INVALID', { field: 'sslmode', reason: `"${text}" is not known`, hint });
}

function readPem(path: string): string {
  try {
    return readFileNow(path).toString();
  } catch (error) {
    throw new EspmintError('FILE_UNREADABLE', { path, reason: reasonOf(error) });
  }
}
