// One frame as words and bytes. What is written to flash or read from it may hold keys and passwords: of that only length
// and digest are written, but for what is blank or a partition table.
import { bytesToHex } from '@noble/hashes/utils.js';
import { hex } from '../../core/text.js';
import { sha256Hex } from '../../core/digest.js';
import { decodeReply, meaningOf, OP } from '../protocol/command.js';

const NAMES = new Map<number, string>(Object.entries(OP).map(([name, op]) => [op, name]));
const HEADER_BYTES = 8;
const BLOCK_HEADER_BYTES = 16;
/** Their blocks are data of the flash, or code of a stub, which is long and always the same. */
const DATA_OPS: readonly number[] = [OP.flashData, OP.flashDeflData, OP.memData];
const REQUEST = 0x00;
const WORDS_SHOWN = 4;
const DIGEST_CHARS = 16;
/** The longest answer of a loader that is no data of the flash: security information, a digest in hex. */
const PLAIN_ANSWER_BYTES = 36;

/** `readRegister 0x40001000 | 000a0400…` */
export function describeRequest(frame: Uint8Array): string {
  const [direction, op = 0] = frame;
  if (frame.length < HEADER_BYTES || direction !== REQUEST) return `frame | ${bytesToHex(frame)}`;
  const isData = DATA_OPS.includes(op);
  const plainBytes = isData ? HEADER_BYTES + BLOCK_HEADER_BYTES : frame.length;
  const view = new DataView(frame.buffer, frame.byteOffset, Math.min(plainBytes, frame.length));
  const words = op === OP.sync ? [] : wordsIn(view, HEADER_BYTES);
  return `${[nameOf(op), ...words].join(' ')} | ${partly(frame, plainBytes)}`;
}

/** `readRegister 0xf01d83 | 010a0400…`; the data of a flash is left out, its status is not. */
export function describeAnswer(frame: Uint8Array): string {
  const reply = decodeReply(frame);
  if (reply === undefined) return `frame | ${isHarmless(frame) ? bytesToHex(frame) : hidden(frame)}`;
  const { op, value, body } = reply;
  if (op === OP.readFlashSlow && body.length > PLAIN_ANSWER_BYTES) return readAnswer(frame, op);
  // The status of an answer without data stands at its start.
  const [failed = 0, reason = 0] = body;
  const code = failed >= 0xc0 ? (failed << 8) | reason : reason;
  const isRefused = body.length <= 4 && failed !== 0;
  const said = isRefused ? `refused ${hex(code)} (${meaningOf(code)})` : hex(value);
  return `${nameOf(op)} ${said} | ${bytesToHex(frame)}`;
}

/** What is no frame of a loader, byte by byte a secret: a command to a firmware, a damaged frame. */
export function describeUnframed(bytes: Uint8Array): string {
  return `text | ${hidden(bytes)}`;
}

/** 64 bytes of flash, then the status of a ROM. */
function readAnswer(frame: Uint8Array, op: number): string {
  const end = frame.length - (frame.length % BLOCK_HEADER_BYTES === 12 ? 4 : 2);
  const data = frame.subarray(HEADER_BYTES, end);
  const parts = isHarmless(data)
    ? bytesToHex(frame)
    : `${bytesToHex(frame.subarray(0, HEADER_BYTES))}${hidden(data)}${bytesToHex(frame.subarray(end))}`;
  return `${nameOf(op)} | ${parts}`;
}

const PARTITION_ENTRY = 'aa50';
const PARTITION_DIGEST = 'ebeb';
const PARTITION_ENTRY_BYTES = 32;
const DIGEST_BYTES = 16;
const GREETING_BYTES = 4;

/** Blank, entries of a partition table, a digest, a stub's greeting. */
function isHarmless(bytes: Uint8Array): boolean {
  if (bytes.length <= GREETING_BYTES || bytes.length === DIGEST_BYTES) return true;
  for (let at = 0; at < bytes.length; at += PARTITION_ENTRY_BYTES) {
    const entry = bytes.subarray(at, at + PARTITION_ENTRY_BYTES);
    const isBlank = entry.every((byte) => byte === 0xff);
    if (!isBlank && ![PARTITION_ENTRY, PARTITION_DIGEST].includes(bytesToHex(entry.subarray(0, 2))))
      return false;
  }
  return true;
}

function partly(frame: Uint8Array, plainBytes: number): string {
  const rest = frame.subarray(plainBytes);
  return `${bytesToHex(frame.subarray(0, plainBytes))}${rest.length === 0 ? '' : hidden(rest)}`;
}

const hidden = (bytes: Uint8Array): string =>
  `[${bytes.length} bytes ${sha256Hex(bytes).slice(0, DIGEST_CHARS)}]`;

const nameOf = (op: number): string => NAMES.get(op) ?? hex(op);

function wordsIn(view: DataView, from: number): string[] {
  const words: string[] = [];
  for (let at = from; at + 4 <= view.byteLength && words.length < WORDS_SHOWN; at += 4)
    words.push(hex(view.getUint32(at, true)));
  return words;
}
