// Who asks for something over HTTP, and from where, for the audit trail.
import type { Asker } from '../../registry/index.js';
import type { Call } from './operations.js';

/** As a name in records where nobody has to sign in. */
const NOBODY = 'unknown';

export function askerOf(
  { identity, address }: Call,
  reason?: string,
): Asker & { readonly actor: string; readonly address: string } {
  return { actor: identity?.name ?? NOBODY, address, reason };
}
