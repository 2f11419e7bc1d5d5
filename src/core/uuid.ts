// A device's UUID from its MAC: RFC 9562 version 5, and the three other recipes that are found in the field.
import { sha1 } from '@noble/hashes/legacy.js';
import { bytesToHex, concatBytes, hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js';
import { EspmintError } from './errors/index.js';
import { macBytes, type Mac } from './mac.js';

/** Namespace URL of RFC 9562, section 6.6. */
export const URL_NAMESPACE = '6ba7b811-9dad-11d1-80b4-00c04fd430c8';

/**
 * What is hashed with SHA-1, in the order in which `recipeOf` tries them:
 * - `rfc9562`: the 16 namespace bytes, then the name: the MAC as 12 lower-case hex digits in ASCII.
 * - `hex-text`: the ASCII text of the namespace's 32 hex digits, then that same name.
 * - `dashed-text`: the ASCII text of the namespace with its dashes, then that same name.
 * - `mac-bytes`: the 16 namespace bytes, then the 6 raw MAC bytes.
 * Only the first follows the standard; the others exist because fleets were built with them.
 */
export const UUID_RECIPES = ['rfc9562', 'hex-text', 'dashed-text', 'mac-bytes'] as const;
export type UuidRecipe = (typeof UUID_RECIPES)[number];

/**
 * UUID of a device, 36 characters in lower case, version 5 and variant 10xx set in the first 16 bytes of the hash.
 * @throws UUID_INVALID when `namespace` is not a UUID.
 */
export function deviceUuid(
  mac: Mac,
  recipe: UuidRecipe = 'rfc9562',
  namespace: string = URL_NAMESPACE,
): string {
  const hash = sha1(concatBytes(...recipeParts(mac, recipe, parseUuid(namespace))));
  const bytes = hash.slice(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x50;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return formatUuid(bytesToHex(bytes));
}

/** Which recipe makes `uuid` from `mac`, or undefined when none does. */
export function recipeOf(mac: Mac, uuid: string, namespace: string = URL_NAMESPACE): UuidRecipe | undefined {
  const wanted = parseUuid(uuid);
  return UUID_RECIPES.find((recipe) => deviceUuid(mac, recipe, namespace) === wanted);
}

/**
 * Any usual spelling of a UUID (either case, with or without dashes) in the one form that espmint stores.
 * @throws UUID_INVALID
 */
export function parseUuid(text: string): string {
  const trimmed = text.trim().toLowerCase();
  const dashed = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(trimmed);
  if (!dashed && !/^[0-9a-f]{32}$/.test(trimmed))
    throw new EspmintError('UUID_INVALID', { text: text.slice(0, 80) });
  return formatUuid(trimmed.replaceAll('-', ''));
}

function recipeParts(mac: Mac, recipe: UuidRecipe, namespace: string): Uint8Array[] {
  const name = utf8ToBytes(mac.replaceAll(':', ''));
  switch (recipe) {
    case 'rfc9562':
      return [hexToBytes(namespace.replaceAll('-', '')), name];
    case 'hex-text':
      return [utf8ToBytes(namespace.replaceAll('-', '')), name];
    case 'dashed-text':
      return [utf8ToBytes(namespace), name];
    case 'mac-bytes':
      return [hexToBytes(namespace.replaceAll('-', '')), macBytes(mac)];
  }
}

function formatUuid(hex: string): string {
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
