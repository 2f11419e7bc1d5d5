// How a message reaches its target, whatever kind that is, and what a failure of it says.
import type { EspmintError } from '../../core/errors/index.js';
import type { PushMessage } from './message.js';

export interface SinkOptions {
  /** Of the target, for errors. */
  readonly name: string;
  /** Of one delivery, from connecting to the answer. */
  readonly timeoutMs: number;
}

export interface Sink {
  /**
   * One try, which is over within the deadline. What is wrong is the answer.
   *
   * @param signal ends it early, which is a failure too
   */
  deliver(message: PushMessage, signal?: AbortSignal): Promise<DeliveryFailure | undefined>;
  /** Never throws. */
  close(): Promise<void>;
}

export interface DeliveryFailure {
  readonly error: EspmintError;
  /** The target is out of order, not this one message: the others need not be tried now. */
  readonly isOfTarget: boolean;
  /** When the target wants to be asked again. */
  readonly retryAfterMs?: number | undefined;
}

const MASK = '********';
/** A PSK as espmint writes it, and longer digests. */
const KEY_FORM = /\b[0-9a-f]{32,}\b/gi;
const LONGEST_REASON = 200;

/** So much of a secret is masked wherever it stands: a parser quotes the part that it stumbled over. */
const PIECE = 6;

/** What the other side said, fit for a table and a screen: one short line without secrets, or pieces of them. */
export function maskedReason(text: string, secrets: readonly (string | undefined)[]): string {
  const known = secrets.filter((secret): secret is string => secret !== undefined && secret !== '');
  const whole = known.reduce((shown, secret) => shown.replaceAll(anyCase(secret), MASK), text);
  const masked = withoutPieces(whole, known)
    .replaceAll(KEY_FORM, MASK)
    .replaceAll(/[\p{Cc}\s]+/gu, ' ')
    .trim();
  return masked.length <= LONGEST_REASON ? masked : `${masked.slice(0, LONGEST_REASON)}…`;
}

function withoutPieces(text: string, secrets: readonly string[]): string {
  const lower = secrets.map((secret) => secret.toLowerCase());
  let shown = '';
  let masked = 0;
  for (let at = 0; at < text.length; at++) {
    const piece = text.slice(at, at + PIECE).toLowerCase();
    if (piece.length === PIECE && lower.some((secret) => secret.includes(piece))) {
      if (masked <= at) shown += MASK;
      masked = at + PIECE;
    }
    if (masked <= at) shown += text[at] ?? '';
  }
  return shown;
}

function anyCase(secret: string): RegExp {
  return new RegExp(secret.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`), 'gi');
}
