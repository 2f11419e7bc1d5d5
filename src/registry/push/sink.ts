// How a message reaches its target, whatever kind that is, and what a failure of it says.
import type { EspmintError } from '../../core/errors/index.js';
import { createMasker } from '../../core/masking/masker.js';
import { withoutTerminalCodes } from '../../core/masking/terminal-codes.js';
import { shortened } from '../reason.js';
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

const LONGEST_REASON = 200;
/** Of an answer: what is masked is more than what is shown of it. */
const LOOKED_AT_CHARS = 2_048;

/** What the other side said, fit for a table and a screen: one short line without secrets, or pieces of them. */
export function maskedReason(text: string, secrets: readonly (string | undefined)[]): string {
  const masked = createMasker(secrets)
    .foreign(withoutTerminalCodes(shortened(text, LOOKED_AT_CHARS)))
    .replaceAll(/[\p{Cc}\s]+/gu, ' ')
    .trim();
  return masked.length <= LONGEST_REASON ? masked : `${masked.slice(0, LONGEST_REASON)}…`;
}
