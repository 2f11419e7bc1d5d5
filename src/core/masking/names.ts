// Which NVS keys hold something that must not be shown by default.

/** Parts of names that firmware authors give to secrets, as whole words or inside longer names. */
const SECRET_WORDS = /psk|pass|pswd|pwd|secret|token|key|pmk|apsw|priv|cred|(^|[_.-])(pin|pop)([_.-]|\d|$)/i;

/** True when a key's name says that its value is a secret: better one value too many masked than one too few. */
export function isSecretKey(key: string): boolean {
  return SECRET_WORDS.test(key);
}
