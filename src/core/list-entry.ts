// One entry of an allow or deny list: a UUID, a MAC, or a range of MACs with both ends in it.
import { EspmintError, isEspmintError } from './errors/index.js';
import { parseMac } from './mac.js';
import { parseUuid } from './uuid.js';

/** MACs in lower case with colons; for a single one, `first` and `last` are the same. */
export type ListEntry = { readonly uuid: string } | { readonly first: string; readonly last: string };

const TO = '..';

/**
 * @param text `110e3dc9-…`, `a4:cf:12:34:56:78` or `a4:cf:12:00:00:00..a4:cf:12:ff:ff:fe`
 * @throws MAC_INVALID, INPUT_INVALID (a range that ends before it begins)
 */
export function parseListEntry(text: string): ListEntry {
  if (text.includes(TO)) {
    const [first, last] = [text.slice(0, text.indexOf(TO)), text.slice(text.indexOf(TO) + TO.length)].map(
      parseMac,
    );
    if (first !== undefined && last !== undefined && first <= last) return { first, last };
    throw new EspmintError('INPUT_INVALID', {
      field: `The range ${text}`,
      reason: 'ends before it begins',
      hint: 'give the lower MAC first',
    });
  }
  try {
    return { uuid: parseUuid(text) };
  } catch (error) {
    // A UUID has dashes in other places than a MAC; what is neither is reported as a MAC.
    if (!isEspmintError(error, 'UUID_INVALID')) throw error;
    const mac = parseMac(text);
    return { first: mac, last: mac };
  }
}

/** The text that `parseListEntry` reads. */
export function formatListEntry(entry: ListEntry): string {
  if ('uuid' in entry) return entry.uuid;
  return entry.first === entry.last ? entry.first : `${entry.first}${TO}${entry.last}`;
}
