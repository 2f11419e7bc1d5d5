// What tells two contents of a profile apart: a digest of what it says, however its text is written.
import type { Profile } from './schema.js';
import { sha256Hex } from '../digest.js';

/**
 * Lower-case hex SHA-256 of the profile as JSON with sorted keys, integers of any size in digits. A profile names its
 * secrets and does not hold them: the digest tells nothing of one.
 */
export function profileDigest(profile: Profile): string {
  return sha256Hex(JSON.stringify(profile, inOrder));
}

function inOrder(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return String(value);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const entries = Object.entries(value);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}
