// Faults for a rehearsal, by names that an operator understands.
import type { Scenario } from '../../virtual/index.js';

const SEED = 1;

export const FAULTS = {
  'unplugged while writing': scenario({ kind: 'power-loss-during', operation: 'program', nth: 4 }),
  'worn cable': scenario({ kind: 'baud-limit', baud: 115_200, oneIn: 200 }),
  'worn flash': scenario({ kind: 'stuck-cell', address: 0x9100, bits: 0xff }),
  'no answer': scenario({ kind: 'silent', nth: 1 }),
  'wrong proof': scenario({ kind: 'wrong-md5', nth: 1 }),
} as const;
export type FaultName = keyof typeof FAULTS;

export function isFaultName(text: string): text is FaultName {
  return Object.hasOwn(FAULTS, text);
}

function scenario(...faults: Scenario['faults']): { readonly scenario: Scenario } {
  return { scenario: { seed: SEED, faults } };
}
