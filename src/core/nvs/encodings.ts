// Texts of a CSV cell or a `file` row into numbers and bytes, exactly as leniently as the generator's Python reads them.
// Each parser returns a fault (the end of a sentence about the value) instead of throwing: the caller knows the place.
import { writeU32 } from './bytes.js';
import { PARTITION_MAX_SIZE } from './layout.js';

export interface Fault {
  readonly fault: string;
  readonly hint: string;
}

export function isFault(result: object | bigint): result is Fault {
  return typeof result === 'object' && 'fault' in result;
}

/** What `isspace` of C and of Python call a blank. */
const ASCII_BLANKS = '\\t-\\r ';
const UNICODE_BLANKS = '\\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000';
/** `int()` accepts blanks outside, one sign, and single underscores between digits of any script. */
const INTEGER = new RegExp(
  `^[${ASCII_BLANKS}${UNICODE_BLANKS}]*([+-]?)(\\p{Nd}(?:_?\\p{Nd})*)[${ASCII_BLANKS}${UNICODE_BLANKS}]*$`,
  'u',
);
/** Python refuses longer ones, leading zeros counted. */
const INTEGER_MAX_DIGITS = 4300;
const NOT_AN_INTEGER: Fault = {
  fault: 'is not a whole number in base 10',
  hint: 'write decimal digits, without 0x, point or exponent',
};

/** A whole number in base 10. `ascii` excludes digits and blanks of other scripts, as in bytes read from a file. */
export function parseInteger(text: string, ascii = false): bigint | Fault {
  const match = INTEGER.exec(text);
  if (match === null || (ascii && !isAscii(text))) return NOT_AN_INTEGER;
  const [, sign, digits = ''] = match;
  const decimal = Array.from(digits.replaceAll('_', ''), digitValue);
  if (decimal.length > INTEGER_MAX_DIGITS) return NOT_AN_INTEGER;
  const value = BigInt(decimal.join(''));
  return sign === '-' ? -value : value;
}

/** Unicode lays decimal digits out in runs that begin with a zero; all runs are multiples of ten long. */
function digitValue(digit: string): number {
  const code = digit.codePointAt(0) ?? 0;
  if (code < 0x80) return code - 0x30;
  let zero = code;
  while (/^\p{Nd}$/u.test(String.fromCodePoint(zero - 1))) zero -= 1;
  return (code - zero) % 10;
}

const HEX_TRIM = new RegExp(
  `^[${ASCII_BLANKS}\\x1c-\\x1f${UNICODE_BLANKS}]+|[${ASCII_BLANKS}\\x1c-\\x1f${UNICODE_BLANKS}]+$`,
  'gu',
);
const HEX_TRIM_BYTES = new RegExp(`^[${ASCII_BLANKS}]+|[${ASCII_BLANKS}]+$`, 'g');

/** Pairs of hex digits, blanks at both ends allowed. `fromFile` narrows what counts as a blank, as Python does. */
export function parseHex(text: string, fromFile = false): Uint8Array | Fault {
  const digits = text.replace(fromFile ? HEX_TRIM_BYTES : HEX_TRIM, '');
  if (!/^[0-9a-fA-F]*$/.test(digits)) {
    return {
      fault: 'is not all hex digits',
      hint: 'write pairs of 0-9 a-f, without 0x, colons or blanks between',
    };
  }
  if (digits.length % 2 !== 0)
    return { fault: 'has an odd number of hex digits', hint: 'write two digits for each byte' };
  const bytes = new Uint8Array(digits.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}

const BASE64 = new Map(
  [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'].map((c, i) => [c, i]),
);

/**
 * Base64 as `binascii.a2b_base64` reads it: characters outside the alphabet are skipped, and a `=` that completes a
 * group ends the reading. `sloppy` tells that something other than line ends was skipped.
 */
export function parseBase64(text: string, fromFile = false): { bytes: Uint8Array; sloppy: boolean } | Fault {
  if (!fromFile && !isAscii(text))
    return { fault: 'has characters outside ASCII', hint: 'write plain base64' };
  const bytes: number[] = [];
  let inGroup = 0;
  let padding = 0;
  let carry = 0;
  let sloppy = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at] as string;
    const sextet = BASE64.get(character);
    if (sextet === undefined) {
      if (character !== '=') sloppy ||= !/\s/.test(character);
      else if (inGroup < 2) sloppy = true;
      else if (inGroup + ++padding >= 4) {
        return { bytes: Uint8Array.from(bytes), sloppy: sloppy || text.slice(at + 1).trim() !== '' };
      }
      continue;
    }
    sloppy ||= padding > 0;
    padding = 0;
    if (inGroup > 0) bytes.push((((carry << 6) | sextet) >>> (6 - 2 * inGroup)) & 0xff);
    carry = sextet;
    inGroup = (inGroup + 1) % 4;
  }
  if (inGroup === 0) return { bytes: Uint8Array.from(bytes), sloppy };
  const hint = 'end each group of four characters, with = where it is shorter';
  return { fault: inGroup === 1 ? 'has one base64 character too many' : 'misses its base64 padding', hint };
}

const FILL = /^(blob_fill|blob_sz_fill)\((\p{Nd}+);0x([0-9a-fA-F]{2})\)/u;

/** True for `blob_fill…` and `blob_sz_fill…`, well-formed or not. */
export function isFillEncoding(encoding: string): boolean {
  return encoding.startsWith('blob_fill') || encoding.startsWith('blob_sz_fill');
}

/** `blob_fill(LEN;0xPP)`: the text, then PP up to LEN bytes. `blob_sz_fill` puts the text's length (u32) in front. */
export function parseFill(encoding: string, text: string): Uint8Array | Fault {
  const match = FILL.exec(encoding);
  if (match === null) {
    return {
      fault: `has the encoding "${encoding}", which is incomplete`,
      hint: 'write it as blob_fill(16;0xFF)',
    };
  }
  const [, name, digits = '', padding = ''] = match;
  const length = Number(parseInteger(digits));
  const value = new TextEncoder().encode(text);
  if (length > PARTITION_MAX_SIZE)
    return { fault: 'is filled up to more than a partition holds', hint: 'lower the length' };
  if (value.length > length) {
    return {
      fault: `has ${value.length} bytes, more than the ${length} it is filled up to`,
      hint: 'raise the length',
    };
  }
  const head = name === 'blob_sz_fill' ? 4 : 0;
  const bytes = new Uint8Array(head + length).fill(Number.parseInt(padding, 16));
  if (head > 0) writeU32(bytes, 0, value.length);
  bytes.set(value, head);
  return bytes;
}

export function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) return false;
  return true;
}
