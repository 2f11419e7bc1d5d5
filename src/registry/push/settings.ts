// The settings of a target that decide where messages and keys go: checked when they are given, sealed in the registry,
// opened for a delivery.
import { EspmintError } from '../../core/errors/index.js';
import type { ServerSource } from '../store/database.js';
import { readSettings } from '../store/libpq.js';
import { typedServerAt } from '../store/server.js';
import { keyIdOf } from '../store/secrets/envelope.js';
import type { SecretBox, SecretOwner } from '../store/secrets/secret-box.js';
import type { PushKind } from '../../core/push.js';
import type { NewPushTarget } from './push.js';
import type { ServerIdentity } from './registry-server.js';
import { makeSigningSecret, parseSigningSecret } from './signature.js';
import type { Sink } from './sink.js';
import { SqlSink } from './sql-sink.js';
import { compileStatement, type TargetColumns } from './statement.js';
import { webhookSink } from './webhook-sink.js';

type Environment = Readonly<Record<string, string | undefined>>;

export interface TargetSettings {
  /** Or `env:NAME`. */
  readonly url: string;
  readonly statement?: string | undefined;
  /** Or `env:NAME`. */
  readonly signingSecret?: string | undefined;
  readonly sendsKeys: boolean;
  /** With a statement: may be the registry's own server. */
  readonly allowsRegistry?: boolean | undefined;
  /** The list of values whose columns are sent. A list never gets others than those of its first import. */
  readonly values?: TargetValues | undefined;
}

interface TargetValues extends TargetColumns {
  readonly list: string;
}

/** Only variables that are made for this: no other of a station's environment can be had by a target. */
const REFERENCE = /^env:(ESPMINT_PUSH_[A-Z0-9_]+)$/;
/** Of a part of a path: longer than a word that says something. */
const TOKEN_FORM = /[^/]{16,}/g;
const LOOPBACK = ['localhost', '127.0.0.1', '[::1]'];

/**
 * The settings of a new target, complete.
 *
 * @param values of the list that the target names
 * @throws PUSH_STATEMENT_INVALID, PUSH_ADDRESS_INVALID, INPUT_INVALID
 */
export function checkSettings(
  target: NewPushTarget,
  values?: TargetValues,
): TargetSettings & { readonly madeSecret?: string } {
  const { kind, url, statement, signingSecret, sendKeys: sendsKeys = false, allowRegistry } = target;
  if (!isReference(url)) addressOf(kind, url);
  if (kind === 'sql') {
    if (statement === undefined)
      throw invalid('statement', 'is missing', 'write one that names :uuid or :mac');
    if (signingSecret !== undefined) throw invalid('signing secret', 'is for webhooks', 'leave it out');
    compileStatement(statement, sendsKeys, values);
    return { url, statement, sendsKeys, values, ...(allowRegistry === true && { allowsRegistry: true }) };
  }
  if (statement !== undefined) throw invalid('statement', 'is for databases', 'leave it out');
  if (allowRegistry === true) throw invalid('permission', 'is for databases', 'leave --allow-registry out');
  if (signingSecret === undefined) {
    const madeSecret = makeSigningSecret();
    return { url, signingSecret: madeSecret, madeSecret, sendsKeys, values };
  }
  if (!isReference(signingSecret)) parseSigningSecret(signingSecret);
  return { url, signingSecret, sendsKeys, values };
}

/** A target that can be sent something. */
export interface OpenTarget {
  readonly sink: Sink;
  readonly sendsKeys: boolean;
  /** The list of values whose columns it is sent. */
  readonly list?: string | undefined;
}

export interface TargetParts {
  readonly box: SecretBox;
  readonly env: Environment;
  readonly timeoutMs: number;
  readonly registryServer: () => Promise<ServerIdentity | undefined>;
}

/** @throws SECRET_UNREADABLE, PUSH_VARIABLE_MISSING, and as `checkSettings` */
export async function openTarget(
  { name, kind, settings }: { readonly name: string; readonly kind: PushKind; readonly settings: string },
  { box, env, timeoutMs, registryServer }: TargetParts,
): Promise<OpenTarget> {
  const {
    url: text,
    statement = '',
    signingSecret = '',
    sendsKeys,
    allowsRegistry = false,
    values,
  } = openSettings(box, name, kind, settings);
  const url = resolve(name, text, env);
  if (kind === 'webhook') {
    const secret = parseSigningSecret(resolve(name, signingSecret, env));
    const sink = webhookSink({ name, timeoutMs, url: webhookUrl(url), signingSecret: secret });
    return { sink, sendsKeys, list: values?.list };
  }
  const config = await databaseAt(url).ensure();
  // Without a password in the URL there is none: that of the registry, in PGPASSWORD, is for the registry.
  const password = config.password ?? (() => '');
  const compiled = compileStatement(statement, sendsKeys, values);
  const sink = new SqlSink({
    name,
    timeoutMs,
    config: { ...config, password },
    statement: compiled,
    registryServer: allowsRegistry ? undefined : registryServer,
  });
  return { sink, sendsKeys, list: values?.list };
}

/** For people and lists: without password and query. */
export function describeAddress(kind: PushKind, url: string): string {
  return isReference(url) ? url : addressOf(kind, url);
}

/** @throws PUSH_ADDRESS_INVALID, INPUT_INVALID */
function addressOf(kind: PushKind, url: string): string {
  if (kind === 'sql') return databaseAt(url).description;
  const { origin, pathname } = webhookUrl(url);
  // Many services put their token into the path.
  return `${origin}${pathname.replaceAll(TOKEN_FORM, '…')}`;
}

function webhookUrl(text: string): URL {
  const refuse = (reason: string, hint: string) => new EspmintError('PUSH_ADDRESS_INVALID', { reason, hint });
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined) throw refuse('is not a URL', 'give it as https://host/path');
  if (url.username !== '' || url.password !== '') {
    throw refuse('has a user name or password in it', 'leave them out: the signature says who calls');
  }
  const isLocal = url.protocol === 'http:' && LOOPBACK.includes(url.hostname);
  if (url.protocol !== 'https:' && !isLocal) {
    throw refuse('is not encrypted', 'give an https:// address; http:// only goes to this machine itself');
  }
  return url;
}

/** Everything stands in the URL: the PG* variables and files of a station are those of its registry. */
function databaseAt(text: string): ServerSource {
  const source = typedServerAt(text, { env: {}, configured: undefined });
  const { get } = readSettings(text, {}, { isTyped: true });
  if (['host', 'user', 'dbname'].every((name) => get(name) !== undefined)) return source;
  const hint = 'give it as postgresql://user:password@host/database';
  throw new EspmintError('PUSH_ADDRESS_INVALID', { reason: 'lacks host, user or database', hint });
}

function isReference(text: string): boolean {
  if (REFERENCE.test(text)) return true;
  if (!text.startsWith('env:')) return false;
  const hint = 'name the variable ESPMINT_PUSH_ and something in capitals';
  throw new EspmintError('PUSH_ADDRESS_INVALID', {
    reason: 'names a variable that targets may not have',
    hint,
  });
}

function resolve(target: string, text: string, env: Environment): string {
  const [, variable] = REFERENCE.exec(text) ?? [];
  if (variable === undefined) return text;
  const value = env[variable];
  if (value === undefined || value === '')
    throw new EspmintError('PUSH_VARIABLE_MISSING', { target, variable });
  return value;
}

function invalid(what: string, reason: string, hint: string): EspmintError {
  return new EspmintError('INPUT_INVALID', { field: `The ${what}`, reason, hint });
}

/** What the sealed settings are bound to: those of another target, or of a device, do not open here. */
function ownerOf(name: string, kind: PushKind): SecretOwner {
  return { uuid: `push target ${name}`, macKey: kind };
}

export function sealSettings(box: SecretBox, name: string, kind: PushKind, settings: TargetSettings): string {
  return box.seal(JSON.stringify(settings), ownerOf(name, kind));
}

/** @throws SECRET_UNREADABLE, also when they are not sealed: then somebody without the master key wrote them */
export function openSettings(box: SecretBox, name: string, kind: PushKind, stored: string): TargetSettings {
  if (keyIdOf(stored) === undefined) {
    throw new EspmintError('SECRET_UNREADABLE', { what: `push target ${name}`, reason: 'it is not sealed' });
  }
  return JSON.parse(box.open(stored, ownerOf(name, kind))) as TargetSettings;
}
