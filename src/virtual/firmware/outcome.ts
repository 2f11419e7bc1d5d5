// What a command handler gives back: the reply's content or an error, what follows the reply, and the faults in its way.
import type { Request } from '../packet.js';
import { busy, type Next, type Step, type Steps } from '../steps.js';

export interface Outcome {
  /** The reply's 32-bit value word. */
  readonly value?: number;
  readonly data?: Uint8Array;
  /** 0 or absent: the command worked. */
  readonly error?: number;
  /** The command worked, and the ROM leaves the error byte as the reply before it left it. */
  readonly keepsError?: boolean;
  /** How often the reply is sent; once where absent. */
  readonly copies?: number;
  /** Done once the reply is handed to the UART. */
  readonly after?: Step;
  /** Work that goes on after the reply; its result is the error that the next reply carries, 0 for none. */
  readonly work?: Steps<number>;
  /** The program that takes over after the reply. */
  readonly next?: Next;
}

/** Faults that are put between a request and its answer. */
export interface Sabotage {
  before(op: number): { readonly delayMs: number; readonly fate: 'carry-out' | 'refuse' | 'ignore' };
  /** What becomes of the answer. */
  after(request: Request, outcome: Outcome): Outcome;
}

export type Handler = (request: Request) => Steps<Outcome>;

export const OK: Outcome = {};
export const fail = (error: number): Outcome => ({ error });

/** A handler that takes no time. */
export const atOnce = (handle: (request: Request) => Outcome): Handler =>
  function* (request) {
    return handle(request);
  };

/**
 * One request carried out, with the faults that stand in its way.
 * @param carryOut the command itself. @param refusal error number of a flash that fails.
 * @returns undefined: there is no answer.
 */
export function* answerOf(
  request: Request,
  sabotage: Sabotage | undefined,
  refusal: number,
  carryOut: () => Steps<Outcome>,
): Steps<Outcome | undefined> {
  if (sabotage === undefined) return yield* carryOut();
  const { delayMs, fate } = sabotage.before(request.op);
  if (delayMs > 0) yield busy(delayMs, 'command');
  if (fate === 'ignore') return undefined;
  if (fate === 'refuse') return fail(refusal);
  return sabotage.after(request, yield* carryOut());
}
