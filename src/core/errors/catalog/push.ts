// Errors of pushes to tables and services of the user's own.
import { EXIT, kind, input, missing } from '../entry.js';

/** The other side: nothing in the request is wrong. */
const beyond = kind({ exit: EXIT.registry, http: 424, retryable: true });

export const PUSH_ERRORS = {
  PUSH_TARGET_UNKNOWN: missing<{ name: string }>({
    problem: ({ name }) => `There is no push target "${name}"`,
    next: () => 'look at them with "espmint push list"',
  }),
  PUSH_TARGET_EXISTS: input<{ name: string }>({
    http: 409,
    problem: ({ name }) => `There is a push target "${name}" already`,
    next: () => 'choose another name, or remove that one first',
  }),
  PUSH_STATEMENT_INVALID: input<{ reason: string; hint: string }>({
    problem: ({ reason }) => `The statement of the push target ${reason}`,
    next: ({ hint }) => hint,
  }),
  PUSH_ADDRESS_INVALID: input<{ reason: string; hint: string }>({
    problem: ({ reason }) => `The address of the push target ${reason}`,
    next: ({ hint }) => hint,
  }),
  PUSH_VARIABLE_MISSING: beyond<{ target: string; variable: string }>({
    problem: ({ target, variable }) =>
      `The push target "${target}" takes its settings from ${variable}, which is not set here`,
    next: () => 'set it where espmint runs, on each station that delivers',
  }),
  PUSH_UNREACHABLE: beyond<{ target: string; reason: string }>({
    problem: ({ target, reason }) => `The push target "${target}" cannot be reached (${reason})`,
    next: () => 'check its address and the network; it is tried again by itself',
  }),
  PUSH_TIMEOUT: beyond<{ target: string; timeoutMs: number }>({
    http: 424,
    problem: ({ target, timeoutMs }) =>
      `The push target "${target}" did not answer within ${Math.round(timeoutMs / 1000)} s`,
    next: () => 'look at its load; deliveries are tried again by themselves',
  }),
  PUSH_TO_REGISTRY: input<{ target: string }>({
    http: 403,
    problem: ({ target }) =>
      `The push target "${target}" is the registry's own server, where a statement may reach more than it should`,
    next: () =>
      'name another server; to allow this one, remove the target and add it on the command line with --allow-registry',
  }),
  PUSH_REFUSED: beyond<{ target: string; reason: string }>({
    problem: ({ target, reason }) => `The push target "${target}" refused it (${reason})`,
    next: () => 'correct what it complains of, then retry what is dead ("espmint push dead --retry-all")',
  }),
  PUSH_DEVICE_GONE: missing<{ target: string; mac: string }>({
    problem: ({ target, mac }) => `The device ${mac} that was to be sent to "${target}" has no row any more`,
    next: () => 'discard the delivery ("espmint push dead --discard ID")',
  }),
  PUSH_DELIVERY_UNKNOWN: missing<{ id: string }>({
    problem: ({ id }) => `There is no dead push ${id}`,
    next: () => 'look at them with "espmint push dead"',
  }),
};
