// What a text that somebody searches for can mean: the same for every registry.
//
// UUIDs and MACs are made of hex digits only: a text with other letters is looked for in the location alone. A MAC is
// found in any spelling. Hex digits are what somebody has read off a board or a label: the end or the start of a MAC, or
// the start of a UUID. They are looked for there first; in the middle of so many digits any four of them are found by
// chance in thousands of devices, so there they are looked for only when no device has them where they should be. One or
// two characters are in nearly every UUID, and no index helps to find them anywhere: they are looked for where something
// starts.

/** Characters of a text from which on it is looked for anywhere. */
const ANYWHERE_FROM = 3;
/** Hex digits of a whole MAC and of a whole UUID. */
const [MAC_DIGITS, UUID_DIGITS] = [12, 32];
/** Digits of a UUID before each of its dashes. */
const DASHES = [8, 12, 16, 20];

/** Pieces of names: a device has them where a MAC starts or ends, or where a UUID starts. */
export interface NamePieces {
  /** Hex digits, all twelve or fewer. */
  readonly mac?: string | undefined;
  /** In lower case with dashes at their places, all of it or its start. */
  readonly uuid?: string | undefined;
  /** One of them is all of a MAC or of a UUID: it can mean nothing but that device. */
  readonly isWhole: boolean;
}

/** Texts to look for, in lower case; a device is found by any of them. Absent: it cannot be there. */
export interface TextSearch {
  readonly uuid?: string | undefined;
  /** Hex digits. */
  readonly mac?: string | undefined;
  readonly location: string;
  /** Only where UUID, MAC or a word of the location start. */
  readonly atStart: boolean;
  /** Where any device has these, UUID and MAC count only by them. */
  readonly names?: NamePieces | undefined;
}

/** Spaces around the text are not looked at; undefined when there is nothing else. */
export function readSearch(text: string): TextSearch | undefined {
  const wanted = text.trim().toLowerCase();
  if (wanted === '') return undefined;
  const digits = wanted.replaceAll(/[:.-]/g, '');
  const isHex = /^[0-9a-f]+$/.test(digits);
  const atStart = [...wanted].length < ANYWHERE_FROM;
  return {
    uuid: /^[0-9a-f-]+$/.test(wanted) ? wanted : undefined,
    mac: isHex ? digits : undefined,
    location: wanted,
    atStart,
    names: isHex && !atStart ? namesIn(wanted, digits) : undefined,
  };
}

function namesIn(wanted: string, digits: string): NamePieces | undefined {
  if (digits.length < ANYWHERE_FROM || digits.length > UUID_DIGITS) return undefined;
  const dashed = [...digits].map((digit, at) => (DASHES.includes(at) ? `-${digit}` : digit)).join('');
  const isUuid = wanted === digits || wanted.replace(/-$/, '') === dashed;
  const mac = digits.length <= MAC_DIGITS ? digits : undefined;
  const uuid = isUuid ? dashed : undefined;
  if (mac === undefined && uuid === undefined) return undefined;
  return { mac, uuid, isWhole: digits.length === MAC_DIGITS || digits.length === UUID_DIGITS };
}

/** @param macDigits in lower case, without separators  @param uuid in lower case */
export function hasName(macDigits: string, uuid: string, { mac, uuid: start }: NamePieces): boolean {
  if (start !== undefined && uuid.startsWith(start)) return true;
  return mac !== undefined && (macDigits.startsWith(mac) || macDigits.endsWith(mac));
}
