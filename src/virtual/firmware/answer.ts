// One request carried out, with the faults that stand in its way.
import type { Request } from '../packet.js';
import { busy, type Steps } from '../steps.js';
import { fail, type Outcome, type Sabotage } from './outcome.js';

/**
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
