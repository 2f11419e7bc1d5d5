// What a text that somebody searches for can mean: the same for every registry.
//
// UUIDs and MACs are made of hex digits only: a text with other letters is looked for in the location alone. A MAC is
// found in any spelling. One or two characters are in nearly every UUID, and no index helps to find them anywhere: they
// are looked for where something starts.

/** Characters of a text from which on it is looked for anywhere. */
const ANYWHERE_FROM = 3;

/** Texts to look for, in lower case; a device is found by any of them. Absent: it cannot be there. */
export interface TextSearch {
  readonly uuid?: string | undefined;
  /** Hex digits. */
  readonly mac?: string | undefined;
  readonly location: string;
  /** Only where UUID, MAC or a word of the location start. */
  readonly atStart: boolean;
}

/** Spaces around the text are not looked at; undefined when there is nothing else. */
export function readSearch(text: string): TextSearch | undefined {
  const wanted = text.trim().toLowerCase();
  if (wanted === '') return undefined;
  const digits = wanted.replaceAll(/[:.-]/g, '');
  return {
    uuid: /^[0-9a-f-]+$/.test(wanted) ? wanted : undefined,
    mac: /^[0-9a-f]+$/.test(digits) ? digits : undefined,
    location: wanted,
    atStart: [...wanted].length < ANYWHERE_FROM,
  };
}
