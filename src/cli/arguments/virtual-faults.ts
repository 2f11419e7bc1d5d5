// Faults for a rehearsal, by names that an operator understands. Each lasts until another board takes the place: what
// another try of the same board would cure is no rehearsal of a failure.
import type { VirtualFault } from '../../service/index.js';
import type { Fault, Scenario } from '../../virtual/index.js';

const SEED = 1;
/** More than all tries of all runs that a station gives a board. */
const OFTEN = 500;

export const FAULTS: Readonly<Record<VirtualFault, Scenario>> = {
  /** The board is gone then, as after a hand that pulled it: see the bench. */
  'unplugged while writing': scenario({ kind: 'power-loss-during', operation: 'program', nth: 1 }),
  'worn cable': scenario({ kind: 'baud-limit', baud: 115_200, oneIn: 200 }),
  /** In the head of the first NVS page, which no image leaves 0. */
  'worn flash': scenario({ kind: 'stuck-cell', address: 0x9001, bits: 0xff }),
  /** One for each reset, which ends a silence. */
  'no answer': scenario(...often(() => ({ kind: 'silent', nth: 1 }))),
  'wrong proof': scenario({ kind: 'wrong-proof' }),
};

export function isFaultName(text: string): text is VirtualFault {
  return Object.hasOwn(FAULTS, text);
}

function often(fault: (nth: number) => Fault): Fault[] {
  return Array.from({ length: OFTEN }, (_, index) => fault(index + 1));
}

function scenario(...faults: Scenario['faults']): Scenario {
  return { seed: SEED, faults };
}
