// Connection settings as libpq reads them: URL, then a service file, then the PG* variables, then what libpq takes by
// itself (https://www.postgresql.org/docs/current/libpq-connect.html, 34.1.1.2, 34.15 to 34.17).
import { existsSync, statSync } from 'node:fs';
import { homedir, userInfo } from 'node:os';
import { join } from 'node:path';
import { EspmintError } from '../../core/errors/index.js';
import { codeOf, readFileNow, reasonOf } from '../../files/index.js';

export type Environment = Readonly<Record<string, string | undefined>>;

/** One server that may be tried. */
export interface Host {
  /** A name, an address, or the folder of a socket. */
  readonly host: string;
  /** Where to connect to, when that is not to be found by the name. */
  readonly address: string;
  readonly port: number;
}

export interface ConnectionSettings {
  /** In the order in which they are tried; at least one. */
  readonly hosts: readonly Host[];
  readonly user: string;
  readonly database: string;
  /** Of the URL, the service or PGPASSWORD. */
  readonly password: string | undefined;
  /** A pgpass file to look into; undefined: none may be. */
  readonly passfile: { readonly path: string; readonly isNamed: boolean } | undefined;
  /** What else was said, by libpq's names. */
  readonly get: (name: string) => string | undefined;
}

/** libpq's names of what is understood here, and the variable of each. */
const VARIABLES: Readonly<Record<string, string | undefined>> = {
  host: 'PGHOST',
  hostaddr: 'PGHOSTADDR',
  port: 'PGPORT',
  user: 'PGUSER',
  password: 'PGPASSWORD',
  passfile: 'PGPASSFILE',
  dbname: 'PGDATABASE',
  service: 'PGSERVICE',
  servicefile: 'PGSERVICEFILE',
  sslmode: 'PGSSLMODE',
  sslrootcert: 'PGSSLROOTCERT',
  sslcert: 'PGSSLCERT',
  sslkey: 'PGSSLKEY',
  sslpassword: undefined,
  connect_timeout: 'PGCONNECT_TIMEOUT',
  options: 'PGOPTIONS',
  application_name: 'PGAPPNAME',
  target_session_attrs: 'PGTARGETSESSIONATTRS',
  client_encoding: 'PGCLIENTENCODING',
};
/** Of no consequence for what espmint does with a connection. */
const IGNORED = new Set(
  `fallback_application_name keepalives keepalives_idle keepalives_interval keepalives_count tcp_user_timeout
   gssencmode gssdelegation krbsrvname gsslib sslcompression sslsni load_balance_hosts`.split(/\s+/),
);
/** These decide about safety, and are not understood here: they are refused rather than passed over. */
const REFUSED = new Set(
  `channel_binding require_auth requirepeer sslcrl sslcrldir sslcertmode sslnegotiation ssl_min_protocol_version
   ssl_max_protocol_version replication scram_client_key scram_server_key oauth_issuer oauth_client_id
   oauth_client_secret oauth_scope min_protocol_version max_protocol_version`.split(/\s+/),
);
/** They name files of this computer. */
const OF_FILES = ['passfile', 'service', 'servicefile', 'sslpassword'];
const SOCKET_FOLDERS = ['/var/run/postgresql', '/run/postgresql', '/tmp'];
const DEFAULT_PORT = 5432;

/**
 * @param isTyped somebody who is not at this computer has typed it: nothing of this computer's goes along
 * @throws INPUT_INVALID, FILE_UNREADABLE
 */
export function readSettings(
  databaseUrl: string,
  env: Environment,
  { isTyped = false }: { readonly isTyped?: boolean } = {},
): ConnectionSettings {
  const given = parseUrl(databaseUrl);
  const file = isTyped ? OF_FILES.find((name) => given.has(name)) : undefined;
  if (file !== undefined)
    throw invalid(`has "${file}", which stands for files of this computer`, 'leave it out');
  const service = isTyped ? new Map<string, string>() : readService(given, env);
  const get = (name: string): string | undefined => {
    const variable = VARIABLES[name];
    return (
      notEmpty(given.get(name)) ??
      notEmpty(service.get(name)) ??
      (variable === undefined ? undefined : notEmpty(env[variable]))
    );
  };
  const user = get('user') ?? osUser();
  const passfile = get('passfile');
  return {
    hosts: hostsOf(get),
    user,
    database: get('dbname') ?? user,
    password: get('password'),
    passfile: isTyped
      ? undefined
      : { path: passfile ?? defaultPassfile(env), isNamed: passfile !== undefined },
    get,
  };
}

/** The password of the first line that fits, as libpq looks for it. @throws FILE_UNREADABLE for a file that was named */
export function passwordFor(
  { host, port }: Host,
  { user, database, passfile }: ConnectionSettings,
): string | undefined {
  if (passfile === undefined) return undefined;
  const text = readPassfile(passfile);
  // 34.16: a socket in a folder of its own is looked for by that folder, the usual one as localhost.
  const names = SOCKET_FOLDERS.includes(host) ? [host, 'localhost'] : [host];
  for (const line of text.split(/\r?\n/)) {
    if (line.startsWith('#')) continue;
    const [ofHost = '', ofPort = '', ofDatabase = '', ofUser = '', password] = fieldsOf(line);
    const fits =
      [...names, '*'].includes(ofHost) &&
      [String(port), '*'].includes(ofPort) &&
      [database, '*'].includes(ofDatabase) &&
      [user, '*'].includes(ofUser);
    if (fits && password !== undefined) return password;
  }
  return undefined;
}

function readPassfile({ path, isNamed }: { readonly path: string; readonly isNamed: boolean }): string {
  try {
    const { mode } = statSync(path);
    if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
      // libpq passes it over with a warning.
      if (!isNamed) return '';
      throw new EspmintError('FILE_UNREADABLE', {
        path,
        reason: 'others can read it: give it the mode 0600',
      });
    }
    return readFileNow(path).toString();
  } catch (error) {
    if (error instanceof EspmintError) throw error;
    if (!isNamed || codeOf(error) === 'ENOENT') return '';
    throw new EspmintError('FILE_UNREADABLE', { path, reason: reasonOf(error) });
  }
}

/** Parts between colons; a backslash takes the meaning from what follows it. */
function fieldsOf(line: string): string[] {
  const fields = [''];
  for (let at = 0; at < line.length; at++) {
    const character = line[at] ?? '';
    if (character === '\\' && at + 1 < line.length) fields.push((fields.pop() ?? '') + (line[++at] ?? ''));
    else if (character === ':' && fields.length < 5) fields.push('');
    else fields.push((fields.pop() ?? '') + character);
  }
  return fields;
}

/** `postgresql://[user[:password]@][host[:port][,...]][/database][?name=value&...]` */
function parseUrl(text: string): Map<string, string> {
  const [, rest] = /^postgres(?:ql)?:\/\/(.*)$/s.exec(text.trim()) ?? [];
  if (rest === undefined) throw invalid('cannot be read', EXAMPLE);
  const given = new Map<string, string>();
  // A password may hold a question mark, and none of what ends a name.
  const at = rest.search(/[@/]/);
  const hasUser = rest[at] === '@';
  const [user = '', password = ''] = hasUser ? splitAt(rest.slice(0, at), ':') : [];
  const [before = '', query = ''] = splitAt(hasUser ? rest.slice(at + 1) : rest, '?');
  const [authority = '', database = ''] = splitAt(before, '/');
  const hosts = authority.split(',').map(splitHost);
  given.set('user', decode(user));
  given.set('password', decode(password));
  given.set('dbname', decode(database));
  given.set('host', hosts.map(({ host }) => host).join(','));
  const ports = hosts.map(({ port }) => port);
  if (ports.some((port) => port !== '')) given.set('port', ports.join(','));
  for (const part of query === '' ? [] : query.split('&')) {
    const [key = '', value] = splitAt(part, '=');
    setParameter(given, decode(key), value === undefined ? undefined : decode(value));
  }
  return given;
}

function setParameter(given: Map<string, string>, name: string, value: string | undefined): void {
  if (value === undefined) throw invalid(`has "${name}" without a value`, 'write it as name=value');
  // As libpq reads what is written for JDBC.
  if (name === 'ssl' && value === 'true') given.set('sslmode', 'require');
  else if (REFUSED.has(name))
    throw invalid(`has "${name}", which espmint does not know to keep`, 'leave it out');
  else if (name in VARIABLES) given.set(name, value);
  else if (!IGNORED.has(name)) throw invalid(`has "${name}", which is no setting of libpq`, 'leave it out');
}

function splitHost(text: string): { host: string; port: string } {
  const [, address, rest = ''] = /^\[([^\]]*)\](.*)$/.exec(text) ?? [];
  if (address !== undefined) {
    if (rest !== '' && !rest.startsWith(':')) throw invalid('has a strange address in it', EXAMPLE);
    return { host: decode(address), port: decode(rest.slice(1)) };
  }
  const [host = '', port = ''] = splitAt(text, ':');
  return { host: decode(host), port: decode(port) };
}

function hostsOf(get: (name: string) => string | undefined): Host[] {
  const names = get('host')?.split(',') ?? [];
  const addresses = get('hostaddr')?.split(',') ?? [];
  const ports = (get('port') ?? '').split(',');
  const count = Math.max(names.length, addresses.length, 1);
  const mismatch = names.length > 0 && addresses.length > 0 && names.length !== addresses.length;
  if (mismatch || (ports.length > 1 && ports.length !== count))
    throw invalid('names not as many ports or addresses as hosts', 'give one for each, or one port for all');
  return Array.from({ length: count }, (_, index) => {
    const port = portOf(ports.length === 1 ? (ports[0] ?? '') : (ports[index] ?? ''));
    const address = notEmpty(addresses[index]);
    const host = notEmpty(names[index]) ?? address ?? defaultHost(port);
    return { host, address: address ?? host, port };
  });
}

function portOf(text: string): number {
  if (text === '') return DEFAULT_PORT;
  const port = Number(text);
  if (/^\d+$/.test(text) && port > 0 && port < 65_536) return port;
  throw invalid(`has the port "${text.slice(0, 20)}"`, 'give a number from 1 to 65535');
}

/** libpq goes to the socket in the folder that it was built with, on Windows to localhost. */
function defaultHost(port: number): string {
  const name = `.s.PGSQL.${port}`;
  return SOCKET_FOLDERS.find((folder) => existsSync(join(folder, name))) ?? 'localhost';
}

/** 34.17. @throws INPUT_INVALID for a service that is nowhere */
function readService(given: ReadonlyMap<string, string>, env: Environment): Map<string, string> {
  const name = notEmpty(given.get('service')) ?? notEmpty(env['PGSERVICE']);
  if (name === undefined) return new Map();
  const named = notEmpty(given.get('servicefile')) ?? notEmpty(env['PGSERVICEFILE']);
  const folder = notEmpty(env['PGSYSCONFDIR']) ?? '/etc/postgresql-common';
  const files = [named ?? join(homeOf(env), '.pg_service.conf'), join(folder, 'pg_service.conf')];
  for (const path of files) {
    const found = readSection(path, name);
    if (found !== undefined) return found;
  }
  throw invalid(
    `names the service "${name}", which is in none of ${files.join(' and ')}`,
    'correct its name',
  );
}

function readSection(path: string, name: string): Map<string, string> | undefined {
  let text: string;
  try {
    text = readFileNow(path).toString();
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw new EspmintError('FILE_UNREADABLE', { path, reason: reasonOf(error) });
  }
  let section: Map<string, string> | undefined;
  for (const line of text.split('\n').map((each) => each.trim())) {
    if (line === '' || line.startsWith('#')) continue;
    if (line.startsWith('[')) {
      if (section !== undefined) return section;
      if (line === `[${name}]`) section = new Map();
      continue;
    }
    const [key = '', value] = splitAt(line, '=');
    if (section === undefined) continue;
    if (value === undefined || key === 'service')
      throw new EspmintError('FILE_UNREADABLE', {
        path,
        reason: `the service ${name} has a line without "="`,
      });
    setParameter(section, key, value);
  }
  return section;
}

function defaultPassfile(env: Environment): string {
  const appData = env['APPDATA'];
  if (process.platform === 'win32' && appData !== undefined)
    return join(appData, 'postgresql', 'pgpass.conf');
  return join(homeOf(env), '.pgpass');
}

function homeOf(env: Environment): string {
  return notEmpty(env['HOME']) ?? homedir();
}

function osUser(): string {
  try {
    return userInfo().username;
  } catch {
    return '';
  }
}

/** Before and behind the first one; behind it undefined where there is none. */
function splitAt(text: string, separator: string): [string, string?] {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + separator.length)];
}

function decode(text: string): string {
  try {
    const plain = decodeURIComponent(text);
    if (!plain.includes('\0')) return plain;
  } catch {
    // Said below, without the text: it may be a password.
  }
  throw invalid('has a % that is not followed by two hex digits of UTF-8', 'write % itself as %25');
}

function notEmpty(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}

const EXAMPLE = 'give it as postgresql://user@host:5432/database';

/** The text may hold a password: it is not repeated. */
function invalid(reason: string, hint: string): EspmintError {
  return new EspmintError('INPUT_INVALID', { field: 'The database URL', reason, hint });
}
