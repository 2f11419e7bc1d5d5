// What people and machines may do in the service, from the least to the most.

/** Each may do all that the ones before it may. */
export const ROLES = ['viewer', 'operator', 'engineer', 'admin'] as const;
export type Role = (typeof ROLES)[number];
