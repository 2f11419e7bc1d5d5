// Keys for what this computer writes down for itself, in its key journal and of its places in batches: made from the
// master key, so that they need no database.
import type { MasterKeys } from './master-keys.js';
import type { SecretBox } from './secret-box.js';

export interface LocalKeys {
  /** Seals with the newest key, opens with any. */
  readonly box: SecretBox;
  /** Call it before sealing: see MasterKeys.follow. Never throws. */
  refresh(): Promise<void>;
}

/** @param purpose so that keys of two purposes never open each other's secrets */
export function localKeys(masters: MasterKeys, purpose: string): LocalKeys {
  return { box: masters.boxFor(purpose), refresh: () => masters.follow() };
}
