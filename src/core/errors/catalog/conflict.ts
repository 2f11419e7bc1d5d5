// Errors of boards that contradict the registry, and of deciding about them.
import type { Conflict } from '../../conflict.js';
import { conflict, missing, taken } from '../entry.js';

/** Both histories go with the error, as far as they are known. */
export interface OfConflict {
  readonly conflict?: Conflict | undefined;
}

const decide = ({ conflict: found }: OfConflict): string =>
  found?.id === undefined
    ? 'decide with "espmint devices resolve"'
    : `decide with "espmint devices resolve ${found.id}"`;

export const CONFLICT_ERRORS = {
  CLONE_SUSPECTED: conflict<
    { mac: string; uuid: string; hardwareId: string; holder: string } & Partial<OfConflict>
  >({
    problem: ({ mac, hardwareId, holder }) =>
      `The board ${mac} has ${hardwareId === '' ? 'no chip id' : `the chip id ${hardwareId}`}, but the device of that MAC has ${holder}: one of the two is a clone, or its MAC is forged`,
    next: (details) => `set the board aside, or ${decide(details)}`,
  }),
  HARDWARE_ID_TAKEN: conflict<
    { hardwareId: string; mac: string; uuid: string; holder: string } & Partial<OfConflict>
  >({
    problem: ({ hardwareId, mac, holder }) =>
      `The board ${mac} has the chip id ${hardwareId}, which belongs to the device ${holder}`,
    next: (details) => `set the board aside, or ${decide(details)}`,
  }),
  UUID_TAKEN: conflict<{ uuid: string; mac: string; holder: string } & Partial<OfConflict>>({
    problem: ({ uuid, mac, holder }) => `The UUID ${uuid} wanted for ${mac} already belongs to ${holder}`,
    next: (details) => `give this board another UUID, or ${decide(details)}`,
  }),
  MAC_TAKEN: conflict<{ mac: string; uuid: string; holder: string } & Partial<OfConflict>>({
    problem: ({ mac, uuid, holder }) =>
      `The board ${mac} is registered under the UUID ${holder}, and ${uuid} was wanted for it`,
    next: (details) =>
      `use the recipe and namespace it was registered with (espmint identity MAC --uuid UUID tells them), or ${decide(details)}`,
  }),
  CONFLICT_NOT_HERE: taken<{ path: string }>({
    problem: ({ path }) => `${path} only remembers which boards were refused; it cannot be decided there`,
    next: () =>
      'provision the board with a registry (leave --registry none out) and decide with "espmint devices resolve", or give it another file with --keys-to',
  }),
  CONFLICT_UNKNOWN: missing<{ id: number }>({
    problem: ({ id }) => `The registry knows no conflict ${id}`,
    next: () => 'look it up with "espmint devices conflicts --all"',
  }),
  CONFLICT_SETTLED: conflict<{ id: number; state: string }>({
    problem: ({ id, state }) => `The conflict ${id} is settled (${state})`,
    next: () => 'connect the board again: if it still contradicts the registry, the conflict opens anew',
  }),
};
