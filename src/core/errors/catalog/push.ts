// Errors of pushes to tables and services of the user's own.
import { EXIT, entry } from '../entry.js';

const input = { exit: EXIT.input, http: 400, retryable: false } as const;
const missing = { exit: EXIT.input, http: 404, retryable: false } as const;
/** The other side: nothing in the request is wrong. */
const beyond = { exit: EXIT.registry, http: 424, retryable: true } as const;

export const PUSH_ERRORS = {
  PUSH_TARGET_UNKNOWN: entry<{ name: string }>({
    ...missing,
    problem: ({ name }) => `There is no push target "${name}"`,
    next: () => 'look at them with "espmint push list"',
  }),
  PUSH_TARGET_EXISTS: entry<{ name: string }>({
    ...input,
    http: 409,
    problem: ({ name }) => `There is a push target "${name}" already`,
    next: () => 'choose another name, or remove that one first',
  }),
  PUSH_STATEMENT_INVALID: entry<{ reason: string; hint: string }>({
    ...input,
    problem: ({ reason }) => `The statement of the push target ${reason}`,
    next: ({ hint }) => hint,
  }),
  PUSH_ADDRESS_INVALID: entry<{ reason: string; hint: string }>({
    ...input,
    problem: ({ reason }) => `The address of the push target ${reason}`,
    next: ({ hint }) => hint,
  }),
  PUSH_VARIABLE_MISSING: entry<{ target: string; variable: string }>({
    exit: EXIT.registry,
    http: 424,
    retryable: true,
    problem: ({ target, variable }) =>
      `The push target "${target}" takes its settings from ${variable}, which is not set here`,
    next: () => 'set it where espmint runs, on each station that delivers',
  }),
  PUSH_UNREACHABLE: entry<{ target: string; reason: string }>({
    ...beyond,
    problem: ({ target, reason }) => `The push target "${target}" cannot be reached (${reason})`,
    next: () => 'check its address and the network; it is tried again by itself',
  }),
  PUSH_TIMEOUT: entry<{ target: string; timeoutMs: number }>({
    ...beyond,
    http: 424,
    problem: ({ target, timeoutMs }) =>
      `The push target "${target}" did not answer within ${Math.round(timeoutMs / 1000)} s`,
    next: () => 'look at its load; it is tried again by itself',
  }),
  PUSH_TO_REGISTRY: entry<{ target: string }>({
    ...input,
    http: 403,
    problem: ({ target }) =>
      `The push target "${target}" is the registry's own server, where a statement may reach more than it should`,
    next: () =>
      'name another server; to allow this one, remove the target and add it on the command line with --allow-registry',
  }),
  PUSH_REFUSED: entry<{ target: string; reason: string }>({
    ...beyond,
    problem: ({ target, reason }) => `The push target "${target}" refused it (${reason})`,
    next: () => 'correct what it complains of, then retry what is dead ("espmint push dead --retry-all")',
  }),
  PUSH_DEVICE_GONE: entry<{ target: string; mac: string }>({
    ...missing,
    problem: ({ target, mac }) => `The device ${mac} that was to be sent to "${target}" has no row any more`,
    next: () => 'discard the delivery ("espmint push dead --discard ID")',
  }),
  PUSH_DELIVERY_UNKNOWN: entry<{ id: string }>({
    ...missing,
    problem: ({ id }) => `There is no dead push ${id}`,
    next: () => 'look at them with "espmint push dead"',
  }),
};
