// Pushes, as registry, HTTP interface, command line and page name them.

/** A statement on another PostgreSQL database, or a POST that is signed as the Standard Webhooks specification says. */
export const PUSH_KINDS = ['webhook', 'sql'] as const;
export type PushKind = (typeof PUSH_KINDS)[number];

/**
 * - `provisioned`: the key was proven on the chip, for the first time or again.
 * - `rotated`: another key than before was proven.
 * - `removed`: the device was taken out of use.
 * - `restored`: a removed device was provisioned again.
 */
export const PUSH_EVENTS = ['provisioned', 'rotated', 'removed', 'restored'] as const;
export type PushEvent = (typeof PUSH_EVENTS)[number];
