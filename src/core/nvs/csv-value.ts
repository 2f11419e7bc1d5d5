// What one encoding makes of a cell, and of the content of a file.
import {
  type Fault,
  isAscii,
  isFault,
  isFillEncoding,
  parseBase64,
  parseFill,
  parseHex,
  parseInteger,
} from './encodings.js';
import { INTEGERS, type NvsIntegerType } from './layout.js';
import { stringData } from './rows.js';
import type { CsvWarningCode } from './warnings.js';

export type DecodedValue = (
  | { readonly kind: 'integer'; readonly type: NvsIntegerType; readonly value: bigint }
  | { readonly kind: 'string' | 'blob'; readonly data: Uint8Array }
) & { readonly warnings: readonly { code: CsvWarningCode; message: string }[] };

/** `about` says which cell is wrong. */
export type ValueFault = Fault & { readonly about: 'encoding' | 'value' };

const utf8 = new TextEncoder();
const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const latin1 = new TextDecoder('latin1');

const SLOPPY = {
  code: 'sloppy-base64',
  message: 'has characters that are not base64 and are skipped; remove them',
} as const;

const ODD_INTEGER = {
  code: 'odd-integer',
  message: 'is not written as a plain number, and is read as one all the same; write digits only',
} as const;
const PLAIN_INTEGER = /^\s*[+-]?[0-9]+\s*$/;

/** The value of a `data` row. A missing cell is allowed with blob_fill and blob_sz_fill only. */
export function decodeCell(encoding: string, cell: string | undefined): DecodedValue | ValueFault {
  if (isFillEncoding(encoding)) return blob(parseFill(encoding, cell ?? ''));
  if (!isKnown(encoding)) return UNKNOWN_ENCODING;
  if (cell === undefined)
    return { about: 'value', fault: 'is missing', hint: 'write all four cells: key,type,encoding,value' };
  if (encoding === 'string') return { kind: 'string', data: stringData(cell), warnings: nulWarning(cell) };
  if (encoding === 'hex2bin') return blob(parseHex(cell));
  if (encoding === 'base64') return base64(parseBase64(cell));
  const lower = encoding.toLowerCase();
  if (isIntegerType(lower)) return integer(lower, parseInteger(cell), cell);
  return undecoded(encoding, lower, cell);
}

/** The value of a `file` row. */
export function decodeFile(encoding: string, content: Uint8Array): DecodedValue | ValueFault {
  // The generator takes a fill of an empty file only; any content makes it crash.
  if (isFillEncoding(encoding)) {
    if (content.length === 0) return blob(parseFill(encoding, ''));
    return {
      about: 'encoding',
      fault: 'is a file, which cannot be filled up',
      hint: 'use the encoding binary',
    };
  }
  if (!isKnown(encoding)) return UNKNOWN_ENCODING;
  if (encoding === 'string') return textFile(content);
  if (encoding === 'hex2bin') return blob(parseHex(latin1.decode(content), true));
  if (encoding === 'base64') return base64(parseBase64(latin1.decode(content), true));
  const lower = encoding.toLowerCase();
  if (isIntegerType(lower)) {
    const text = latin1.decode(content);
    return integer(lower, parseInteger(text, true), text);
  }
  if (lower === 'string') {
    return {
      about: 'encoding',
      fault: `is a file with the encoding "${encoding}"`,
      hint: 'write string in lower case',
    };
  }
  const warnings = lower === 'binary' ? [] : [caseWarning(encoding, lower, 'the file is stored undecoded')];
  return { kind: 'blob', data: content, warnings };
}

/** `binary`, and the encodings whose upper-case spelling the generator lets through without decoding. */
function undecoded(encoding: string, lower: string, cell: string): DecodedValue | ValueFault {
  if (lower === 'string') {
    const warnings = [
      caseWarning(encoding, lower, 'the text is stored without its NUL'),
      ...nulWarning(cell),
    ];
    return { kind: 'string', data: utf8.encode(cell), warnings };
  }
  if (!isAscii(cell)) {
    const fault = 'has characters outside ASCII, which the generator cuts off with a wrong checksum';
    return { about: 'value', fault, hint: 'give the bytes as hex2bin or base64, or the text as string' };
  }
  const warnings = lower === 'binary' ? [] : [caseWarning(encoding, lower, 'the text is stored undecoded')];
  return { kind: 'blob', data: utf8.encode(cell), warnings };
}

function textFile(content: Uint8Array): DecodedValue | ValueFault {
  try {
    const text = strictUtf8.decode(content);
    return { kind: 'string', data: stringData(text), warnings: nulWarning(text) };
  } catch {
    return {
      about: 'value',
      fault: 'is a file that is not UTF-8',
      hint: 'save it as UTF-8 or use the encoding binary',
    };
  }
}

function integer(type: NvsIntegerType, parsed: bigint | Fault, text: string): DecodedValue | ValueFault {
  if (typeof parsed !== 'bigint') return { about: 'value', ...parsed };
  const { min, max } = INTEGERS[type];
  if (parsed >= min && parsed <= max) {
    return { kind: 'integer', type, value: parsed, warnings: PLAIN_INTEGER.test(text) ? [] : [ODD_INTEGER] };
  }
  return {
    about: 'value',
    fault: `is outside the range of ${type}`,
    hint: `give a number from ${min} to ${max}`,
  };
}

function blob(parsed: Uint8Array | Fault): DecodedValue | ValueFault {
  return isFault(parsed) ? { about: 'value', ...parsed } : { kind: 'blob', data: parsed, warnings: [] };
}

function base64(parsed: ReturnType<typeof parseBase64>): DecodedValue | ValueFault {
  if (isFault(parsed)) return { about: 'value', ...parsed };
  return { kind: 'blob', data: parsed.bytes, warnings: parsed.sloppy ? [SLOPPY] : [] };
}

const TEXT_ENCODINGS = new Set(['string', 'binary', 'hex2bin', 'base64']);

function isIntegerType(encoding: string): encoding is NvsIntegerType {
  return Object.hasOwn(INTEGERS, encoding);
}

function isKnown(encoding: string): boolean {
  const lower = encoding.toLowerCase();
  return TEXT_ENCODINGS.has(lower) || isIntegerType(lower);
}

/** Not quoted: in a row that misses a cell, what stands here is the value. */
const UNKNOWN_ENCODING: ValueFault = {
  about: 'encoding',
  fault: 'has an unknown encoding',
  hint: 'use u8 to i64, string, hex2bin, base64, binary, blob_fill(LEN;0xPP) or blob_sz_fill(LEN;0xPP)',
};

function nulWarning(text: string): { code: 'nul-character'; message: string }[] {
  if (!text.includes('\0')) return [];
  const message = 'has a zero byte in its text, and firmware reads only what stands before it; remove it';
  return [{ code: 'nul-character', message }];
}

function caseWarning(
  encoding: string,
  lower: string,
  what: string,
): { code: 'encoding-case'; message: string } {
  return {
    code: 'encoding-case',
    message: `has the encoding "${encoding}", with which ${what}; write ${lower}`,
  };
}
