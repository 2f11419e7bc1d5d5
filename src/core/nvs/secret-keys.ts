// Which values are not to be shown: told from the key, because an image does not say.

/** Parts of a key that mark a secret. Rather one mask too many: a hidden counter is a nuisance, a shown key is not. */
const SECRET = /psk|pass|pswd|pwd|apsw|pmk|pin\b|secret|token|key|cred|private/i;

/** True when a value with this key is likely a secret. `extra` names further keys, as `key` or `namespace:key`. */
export function isSecretKey(namespace: string, key: string, extra: readonly string[] = []): boolean {
  return SECRET.test(key) || extra.includes(key) || extra.includes(`${namespace}:${key}`);
}

/** What stands in the place of a secret. */
export const MASK = '********';
