// What an error of PostgreSQL or of the way to it means to a user, and whether the same call may be made again.
import { createMasker } from '../../core/masking/masker.js';
import { EspmintError, isEspmintError } from '../../core/errors/index.js';
import { shortReason } from '../reason.js';
import { codeOf } from '../../files/index.js';

/** Where and at what it happened. */
export interface ErrorContext {
  /** The registry's description. */
  readonly target: string;
  /** What was being done, for example `reserve`. */
  readonly what: string;
  readonly user: string;
  readonly database: string;
  readonly timeoutMs: number;
  /** The password: a server may repeat what it was sent. */
  readonly secret?: string | undefined;
}

/**
 * The server went away or is coming up (PostgreSQL: appendix A, classes 08 and 57), also as a pooler before it says so
 * (08P01); or it takes no writing any more (25006), as one that has become a standby: another connection may lead to
 * its successor.
 */
const LOST = new Set([
  ...['57P01', '57P02', '57P03', '57P05', '08000', '08001', '08003', '08004', '08006', '08P01', '53300'],
  '25006',
]);
const LOST_SYSTEM = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ENOENT',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);
/** The calls of a socket: the same codes mean other things of a file. */
const SOCKET_CALLS = new Set(['connect', 'read', 'write']);
const LOST_TEXT =
  /Connection terminated|connection timeout|timeout expired|Client has encountered a connection error/i;

/** Transactions that the server gave up in favour of others: serialization failure and deadlock. */
const COLLIDED = new Set(['40001', '40P01']);

/** The connection was lost, or the server is not up: nothing was done, or it is not known whether it was. */
export function isConnectionLoss(error: unknown): boolean {
  if (isEspmintError(error)) return false;
  const code = codeOf(error) ?? '';
  return (
    LOST.has(code) || isSocketError(error, code) || (error instanceof Error && LOST_TEXT.test(error.message))
  );
}

function isSocketError(error: unknown, code: string): boolean {
  const call = typeof error === 'object' && error !== null && 'syscall' in error ? error.syscall : undefined;
  return LOST_SYSTEM.has(code) && typeof call === 'string' && SOCKET_CALLS.has(call);
}

/** Somebody else's transaction came in the way of this one, as the server could not see. */
export class Collision extends Error {}

/** The transaction was rolled back in favour of another one and may be tried again at once. */
export function isCollision(error: unknown): boolean {
  return error instanceof Collision || COLLIDED.has(codeOf(error) ?? '');
}

const masker = createMasker();

/** Rows of the table from PostgreSQL's appendix A (and Node's TLS and system codes) to our codes. */
function translate(code: string, reason: string, at: ErrorContext): EspmintError {
  const { target } = at;
  if (code === '28P01' || /client password must be/i.test(reason))
    return new EspmintError('REGISTRY_PASSWORD', { target, user: at.user });
  // Class 28 besides: the rules of the server (pg_hba.conf), or a role that may not log in.
  if (code.startsWith('28')) {
    const wantsTls = /no encryption|SSL off|SSL encryption is required/i.test(reason);
    return new EspmintError('REGISTRY_LOGIN_REFUSED', { target, reason, wantsTls });
  }
  if (code === '3D000')
    return new EspmintError('REGISTRY_DATABASE_MISSING', { target, database: at.database });
  if (code === '42501') return new EspmintError('REGISTRY_RIGHTS', { target, reason });
  if (code === '53100' || code === 'ENOSPC') return new EspmintError('DISK_FULL', { where: target });
  if (code === '57014' || code === '55P03' || code === '25P04' || /query read timeout/i.test(reason)) {
    return new EspmintError('REGISTRY_TIMEOUT', { target, what: at.what, timeoutMs: at.timeoutMs });
  }
  if (/CERT|SELF_SIGNED|ERR_TLS|ERR_SSL|UNABLE_TO_VERIFY|does not support SSL/i.test(`${code} ${reason}`)) {
    return new EspmintError('REGISTRY_TLS', { target, reason });
  }
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return new EspmintError('REGISTRY_UNREACHABLE', { target, reason });
  const details = { target, what: at.what, reason: `${reason} [${code}]` };
  // Data exceptions: what was said is at fault, and is refused every time.
  return new EspmintError(code.startsWith('22') ? 'REGISTRY_REFUSED' : 'REGISTRY_FAILED', details);
}

/**
 * Turns a database error into ours. PostgreSQL's `detail` may quote a whole row, with its key: only the message, which
 * names no value, is kept.
 */
export function toRegistryError(error: unknown, at: ErrorContext): EspmintError {
  if (isEspmintError(error)) return error;
  const reason = masked(masker.foreign(shortReason(error)), at.secret);
  if (isConnectionLoss(error)) {
    // It answers, and takes no connection: too many of them, or it is starting or stopping.
    const isAnswer = /^(53|57P)/.test(codeOf(error) ?? '');
    return new EspmintError('REGISTRY_UNREACHABLE', { target: at.target, reason, isAnswer });
  }
  return translate(codeOf(error) ?? 'unknown', reason, at);
}

const LONGEST_REASON = 300;

/** The server's own sentence, as one line without the password. */
function masked(text: string, secret: string | undefined): string {
  const shown = secret === undefined || secret === '' ? text : text.replaceAll(secret, '********');
  return shown.replaceAll(/[\p{Cc}\s]+/gu, ' ').slice(0, LONGEST_REASON);
}
