// What a key, an attempt, a batch or a list can be, as registry, HTTP interface and command line name it. A test holds the
// schema of the database to these and to the other lists of values.

export const KEY_STATES = ['pending', 'current', 'superseded'] as const;
export type KeyState = (typeof KEY_STATES)[number];

export const ATTEMPT_OUTCOMES = ['open', 'passed', 'failed'] as const;
export type AttemptOutcome = (typeof ATTEMPT_OUTCOMES)[number];

export const BATCH_STATES = ['open', 'paused', 'closed'] as const;
export type BatchState = (typeof BATCH_STATES)[number];

/** A denied board is refused; where any board is allowed, all others are refused too. */
export const LIST_NAMES = ['allow', 'deny'] as const;
export type ListName = (typeof LIST_NAMES)[number];
