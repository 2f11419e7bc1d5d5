// A PostgreSQL server of the user's own: its URL, libpq's environment, and TLS that checks whom it talks to.
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { checkServerIdentity, type ConnectionOptions } from 'node:tls';
import type pg from 'pg';
import { EspmintError } from '../../core/errors/index.js';
import { reasonOf } from '../reason.js';
import type { ServerSource } from './database.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** The names of libpq, and those that mean the same here. */
const SSL_MODES = ['disable', 'require', 'verify-ca', 'verify-full'] as const;
type SslMode = (typeof SSL_MODES)[number];

const DEFAULT_PORT = 5432;
const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]', '']);

/**
 * @param databaseUrl `postgresql://user@host:port/database?sslmode=verify-full&sslrootcert=ca.pem`; what it leaves out
 *   is taken from PGHOST, PGPORT, PGUSER, PGPASSWORD, PGDATABASE, PGSSLMODE, PGSSLROOTCERT, PGSSLCERT and PGSSLKEY, and
 *   the password from a pgpass file. Without sslmode a server on another host must prove its name by TLS, as with
 *   verify-full.
 * @throws INPUT_INVALID, FILE_UNREADABLE
 */
export function serverAt(databaseUrl: string, env: Environment = process.env): ServerSource {
  const url = parseUrl(databaseUrl);
  const setting = (name: string, variable: string) => url.searchParams.get(name) ?? env[variable];
  const host =
    url.searchParams.get('host') ??
    (url.hostname === '' ? (env['PGHOST'] ?? 'localhost') : unescape(url.hostname));
  const port = Number(url.port === '' ? (env['PGPORT'] ?? DEFAULT_PORT) : url.port);
  const user = url.username === '' ? env['PGUSER'] : unescape(url.username);
  const database = url.pathname.length > 1 ? unescape(url.pathname.slice(1)) : (env['PGDATABASE'] ?? user);
  const password = url.password === '' ? env['PGPASSWORD'] : unescape(url.password);
  const config: pg.ClientConfig = {
    host,
    port,
    ssl: tlsOf(host, setting),
    ...(user === undefined ? {} : { user }),
    ...(database === undefined ? {} : { database }),
    ...(password === undefined ? {} : { password }),
  };
  return {
    description: `${host}:${port}/${database ?? ''}`,
    ensure: () => Promise.resolve(config),
    release: () => Promise.resolve(),
  };
}

function parseUrl(databaseUrl: string): URL {
  const url = URL.canParse(databaseUrl) ? new URL(databaseUrl) : undefined;
  if (url !== undefined && ['postgres:', 'postgresql:'].includes(url.protocol)) return url;
  // The text may hold a password: it is not repeated.
  throw new EspmintError('INPUT_INVALID', {
    field: 'The database URL',
    reason: 'cannot be read',
    hint: 'give it as postgresql://user@host:5432/database',
  });
}

function unescape(text: string): string {
  return decodeURIComponent(text);
}

type Setting = (name: string, variable: string) => string | undefined;

/**
 * `require` of libpq encrypts without asking whom it talks to; here it checks the certificate's chain, as libpq does
 * too once a root certificate is given. `disable` is for servers on this machine, or on a network that is trusted.
 */
function tlsOf(host: string, setting: Setting): false | ConnectionOptions {
  const mode = sslModeOf(host, setting('sslmode', 'PGSSLMODE'));
  if (mode === 'disable') return false;
  const rootCert = setting('sslrootcert', 'PGSSLROOTCERT');
  const cert = setting('sslcert', 'PGSSLCERT');
  const key = setting('sslkey', 'PGSSLKEY');
  return {
    rejectUnauthorized: true,
    ...(rootCert === undefined || rootCert === 'system' ? {} : { ca: readPem(rootCert) }),
    ...(cert === undefined ? {} : { cert: readPem(cert) }),
    ...(key === undefined ? {} : { key: readPem(key) }),
    ...(mode === 'verify-full' ? nameOf(host) : { checkServerIdentity: () => undefined }),
  };
}

/** RFC 6066 has no server names that are addresses: the certificate is compared with the address all the same. */
function nameOf(host: string): ConnectionOptions {
  if (isIP(host) === 0) return { servername: host };
  return { checkServerIdentity: (_, certificate) => checkServerIdentity(host, certificate) };
}

function sslModeOf(host: string, text: string | undefined): SslMode {
  const isLocal = LOOPBACK.has(host) || host.startsWith('/');
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
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new EspmintError('FILE_UNREADABLE', { path, reason: reasonOf(error) });
  }
}
