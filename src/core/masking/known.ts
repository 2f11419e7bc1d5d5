// Finds secrets that are known by value, in whatever form a log or another program shows them.
import { bytesToHex, hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js';
import {
  lettersAndDigits,
  mapped,
  withoutBlanks,
  withoutEscapes,
  withoutHexPrefixes,
  withoutLineFrames,
  type MappedText,
} from './mapped-text.js';

/** Marks the characters of a text that are part of a secret. */
export type Mark = (from: number, to: number) => void;

/** So much of an encoded key gives it away: a parser quotes the part that it stumbled over, a line ends in the middle. */
const PIECE_CHARACTERS = 6;
/** Of what may be an ordinary word a longer piece has to agree. */
const WORD_PIECE_CHARACTERS = 8;
const PIECE_BYTES = 4;
/** What is shorter is found by its name only: as a text it is everywhere. */
const SHORTEST = 4;
/** Numbers of bits in the words that dump tools print, least significant byte first. */
const WORD_BYTES = [2, 4, 8];

/** The pieces by which one set of secrets is found. */
export class KnownSecrets {
  /** Of letters and digits. */
  readonly #pieces = new Pieces();
  /** Of texts with their punctuation. */
  readonly #exact = new Pieces();
  /** Of bytes, one character a byte; in escapes only what is no text by itself. */
  readonly #bytes = new Pieces();
  readonly #escapedBytes = new Pieces();
  #isEmpty = true;

  constructor(secrets: Iterable<string>) {
    for (const secret of new Set(secrets)) if (secret.length >= SHORTEST) this.#add(secret);
  }

  #add(secret: string): void {
    this.#isEmpty = false;
    for (const form of [plain(lettersAndDigits, secret), escaped(secret)]) {
      for (const one of [form, reversed(form)]) this.#addText(one);
    }
    const visible = plain(withoutBlanks, secret);
    this.#exact.addAll(visible, Math.max(SHORTEST, Math.min(visible.length, WORD_PIECE_CHARACTERS)));
    for (const bytes of bytesMeant(secret)) {
      for (const one of [bytes, bytes.toReversed()]) {
        this.#addBytes(String.fromCharCode(...one));
        for (const form of [...hexForms(one), ...base64Forms(one)])
          this.#pieces.addAll(form, PIECE_CHARACTERS);
      }
      this.#pieces.addAll(reversed(bytesToHex(bytes)), PIECE_CHARACTERS);
    }
  }

  /** Words agree by chance where keys do not, unless there is a digit in them. */
  #addText(text: string): void {
    this.#pieces.addAll(text, Math.min(WORD_PIECE_CHARACTERS, Math.max(text.length, PIECE_CHARACTERS)));
    for (const run of text.matchAll(/\D{0,5}\d(?:\D{0,5}\d)*\D{0,5}/g))
      this.#pieces.addAll(run[0], PIECE_CHARACTERS);
  }

  #addBytes(text: string): void {
    this.#bytes.addAll(text, PIECE_BYTES);
    for (const run of text.matchAll(/[ -~]{0,3}[^ -~](?:[ -~]{0,3}[^ -~])*[ -~]{0,3}/g)) {
      this.#escapedBytes.addAll(run[0], PIECE_BYTES);
    }
  }

  /** Linear in the length of the text. */
  find(text: string, mark: Mark): void {
    if (this.#isEmpty) return;
    const raw = mapped(text);
    const once = withoutEscapes(raw);
    const twice = withoutEscapes(once);
    for (const form of distinct(raw, once, twice)) {
      this.#pieces.markIn(lettersAndDigits(form), mark);
      this.#exact.markIn(withoutBlanks(form), mark);
    }
    this.#escapedBytes.markIn(once, mark);
    for (const form of distinct(raw, withoutLineFrames(raw))) {
      this.#pieces.markIn(lettersAndDigits(withoutHexPrefixes(form)), mark);
      for (const numbers of [hexNumbers(form), decimalNumbers(form)]) this.#bytes.markIn(numbers, mark);
    }
  }
}

/** Most texts have no escapes: nothing is looked through twice. */
function distinct(...forms: readonly MappedText[]): MappedText[] {
  return forms.filter(({ text }, at) => forms.findIndex((form) => form.text === text) === at);
}

/** Texts of four characters and more that are looked for all at once. */
class Pieces {
  readonly #texts = new Set<string>();
  readonly #lengths = new Set<number>();
  /** By their first four characters: nearly every position is passed over after one look. */
  readonly #starts = new Uint8Array(1 << 16);

  addAll(text: string, length: number): void {
    for (let at = 0; at + length <= text.length; at++) {
      this.#texts.add(text.slice(at, at + length));
      this.#starts[startOf(text, at)] = 1;
      this.#lengths.add(length);
    }
  }

  markIn({ text, from, to }: MappedText, mark: Mark): void {
    for (let at = 0; at + SHORTEST <= text.length; at++) {
      if (this.#starts[startOf(text, at)] !== 1) continue;
      for (const length of this.#lengths) {
        const piece = text.slice(at, at + length);
        if (piece.length < length || !this.#texts.has(piece)) continue;
        for (let one = at; one < at + length; one++) mark(from[one] ?? 0, to[one] ?? 0);
      }
    }
  }
}

function startOf(text: string, at: number): number {
  let hash = 0;
  for (let one = at; one < at + SHORTEST; one++) hash = (Math.imul(hash, 31) + text.charCodeAt(one)) | 0;
  return (hash ^ (hash >>> 16)) & 0xffff;
}

const plain = (form: (text: MappedText) => MappedText, text: string): string => form(mapped(text)).text;
const reversed = (text: string): string => [...text].reverse().join('');

/** As URLs spell it beyond ASCII, where one character is several escapes. */
function escaped(secret: string): string {
  return plain(lettersAndDigits, encodeURIComponent(secret.replaceAll(/\p{Surrogate}/gu, '')));
}

/** The bytes of the text, and those that it spells when it is hex or base64. */
function bytesMeant(secret: string): Uint8Array[] {
  const meant = [utf8ToBytes(secret)];
  if (/^(?:[0-9a-f]{2}){4,}$/i.test(secret)) meant.push(hexToBytes(secret));
  else if (/^[\w+/-]{16,}={0,2}$/.test(secret)) {
    try {
      const text = atob(secret.replaceAll('-', '+').replaceAll('_', '/').replace(/=+$/, ''));
      meant.push(Uint8Array.from(text, (character) => character.charCodeAt(0)));
    } catch {
      // It only looked like base64.
    }
  }
  return meant;
}

/** Byte by byte, without leading zeros, and in words of the machine. */
function hexForms(bytes: Uint8Array): string[] {
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0'));
  const words = WORD_BYTES.map((size) => {
    const groups = Array.from({ length: Math.ceil(hex.length / size) }, (_, at) =>
      hex.slice(at * size, (at + 1) * size),
    );
    return groups.flatMap((group) => group.reverse()).join('');
  });
  return [hex.join(''), hex.map((digits) => digits.replace(/^0/, '')).join(''), ...words];
}

/** The characters that these bytes alone decide, wherever they stand in what was encoded. */
function base64Forms(bytes: Uint8Array): string[] {
  return [0, 1, 2].map((before) => {
    const all = String.fromCharCode(...new Uint8Array(before), ...bytes);
    const text = btoa(all).replace(/=+$/, '');
    const first = [0, 2, 3][before] ?? 0;
    const last = all.length % 3 === 0 ? text.length : text.length - 1;
    return plain(lettersAndDigits, text.slice(first, last));
  });
}

/** Each printed byte as one character; what else stands between them is left out. */
function hexNumbers(source: MappedText): MappedText {
  return numbers(source, /(?<![\w[])(?:0x|\\x)?([0-9a-f]{1,2})(?![\w\]])/gi, 16);
}

function decimalNumbers(source: MappedText): MappedText {
  return numbers(source, /(?<![\w[.])(-?\d{1,3})(?![\w\].])/g, 10);
}

function numbers(source: MappedText, pattern: RegExp, radix: number): MappedText {
  const out = { text: '', from: [] as number[], to: [] as number[] };
  for (const match of source.text.matchAll(pattern)) {
    out.text += String.fromCharCode(parseInt(match[1] ?? '', radix) & 0xff);
    out.from.push(source.from[match.index] ?? 0);
    out.to.push(source.to[match.index + match[0].length - 1] ?? 0);
  }
  return out;
}
