// Which key a board gets: the one rule, whatever the devices are kept in. No I/O.
import { EspmintError } from '../../core/errors/index.js';
import type { KnownPolicy, Reservation } from '../registry.js';
import { REMOVED } from './rows.js';

/** A board that wants a key, and what is known of its device. */
export interface KeyQuestion {
  readonly mac: string;
  readonly uuid: string;
  readonly policy: KnownPolicy;
  /** The key that the caller wants it to have. */
  readonly given: string | undefined;
  /** Of its device; undefined: there is none yet. A device without a status (null) counts as provisioned. */
  readonly status: string | null | undefined;
  /** The key that was proven on the chip last. */
  readonly current: string | undefined;
  /** The newest key that is stored and not proven: a crash may have left it on the chip. */
  readonly pending: string | undefined;
}

/**
 * The key to flash, by the rules of `Registry.reserve`.
 *
 * | device      | policy | gets |
 * |-------------|--------|------|
 * | none        | any    | the given key, else a new one |
 * | pending     | any    | the given key, else its pending one |
 * | removed     | rotate | as provisioned; other policies are refused |
 * | provisioned | refuse | nothing |
 * | provisioned | rotate | the given key, else its pending one, else a new one |
 * | provisioned | keep   | its current key; another given one is refused |
 *
 * @returns undefined: a new key is to be made
 * @throws DEVICE_REMOVED, DEVICE_KNOWN, KEY_DIFFERS
 */
export function chooseKey(question: KeyQuestion): string | undefined {
  const { mac, uuid, policy, given, status, current, pending } = question;
  if (status === undefined || status === 'pending') return given ?? pending;
  if (status === REMOVED && policy !== 'rotate') throw new EspmintError('DEVICE_REMOVED', { mac, uuid });
  if (policy === 'refuse')
    throw new EspmintError('DEVICE_KNOWN', { mac, uuid, status: status ?? 'provisioned' });
  if (policy === 'rotate') return given ?? pending;
  if (given !== undefined && given !== current) throw new EspmintError('KEY_DIFFERS', { mac, uuid });
  return current;
}

/** What the registry held of a board before. */
export function knownAs(status: string | null | undefined): Reservation['known'] {
  return status === undefined ? 'new' : status === 'pending' ? 'pending' : 'provisioned';
}
