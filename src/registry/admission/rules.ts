// Which boards are admitted: the rule of the allow and deny lists, wherever they are kept.
import { EspmintError } from '../../core/errors/index.js';
import type { ListName } from '../../core/states.js';
import type { BoardNames } from '../registry.js';

/** One entry, written as people write it: a MAC, a UUID, or `first..last`. */
export interface ListedEntry {
  readonly list: ListName;
  readonly entry: string;
  readonly reason: string;
}

/**
 * A denied board stays out whatever else is allowed; where nothing is allowed by name, every other board is welcome.
 *
 * @param matches the entries that name the board
 * @param isRestricted whether anything is on the allow list
 * @param asOf ISO 8601: the time of the copy that says so, where the registry is out of reach
 * @throws DEVICE_DENIED, DEVICE_NOT_ALLOWED
 */
export function checkLists(
  { mac, uuid }: BoardNames,
  matches: readonly ListedEntry[],
  isRestricted: boolean,
  asOf?: string,
): void {
  const denied = matches.find(({ list }) => list === 'deny');
  if (denied !== undefined) {
    const { entry, reason } = denied;
    throw new EspmintError('DEVICE_DENIED', { mac, uuid, entry, reason, asOf });
  }
  if (isRestricted && matches.length === 0) throw new EspmintError('DEVICE_NOT_ALLOWED', { mac, uuid, asOf });
}
