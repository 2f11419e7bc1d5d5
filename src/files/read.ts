// Reading the user's files, with errors that name the file and what to do.
import { constants, createReadStream, fstatSync, open, openSync, closeSync, readFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { addAbortSignal } from 'node:stream';
import { isatty, ReadStream } from 'node:tty';
import { promisify } from 'node:util';
import { EspmintError, invalidInput } from '../core/errors/index.js';
import { tooBig, unreadable } from './faults.js';

/** More than any image, profile or list that somebody gives on purpose; a whole disk image is a mistake. */
const MOST_BYTES = 64 * 1024 * 1024;
const SECRET_MOST_BYTES = 64 * 1024;

/** Opening a pipe without a writer must not wait in the system, where no signal could end it. Windows has no such flag. */
const READ_ONLY = constants.O_RDONLY | ((constants.O_NONBLOCK as number | undefined) ?? 0);

let stop: AbortSignal | undefined;

/** What ends all reading from now on that waits for another program or for a person: it throws CANCELLED. */
export function stopReadingAt(signal: AbortSignal | undefined): void {
  stop = signal;
}

/** The bytes of a file, a pipe (it waits for its writer) or a terminal, as they come. @throws what the system says */
export async function* readPieces(path: string): AsyncGenerator<Uint8Array> {
  const fd = await promisify(open)(path, READ_ONLY);
  const signal = stop;
  if (!fstatSync(fd).isFIFO() && !isatty(fd)) {
    yield* createReadStream('', { fd }) as AsyncIterable<Uint8Array>;
    return;
  }
  const stream = isatty(fd) ? new ReadStream(fd) : new Socket({ fd, writable: false });
  if (signal !== undefined) addAbortSignal(signal, stream);
  try {
    yield* stream as AsyncIterable<Uint8Array>;
  } catch (error) {
    throw signal?.aborted === true ? new EspmintError('CANCELLED', { what: `Reading ${path}` }) : error;
  }
}

/** All of a regular file or a device, at once. @throws what the system says; ESPIPE for a pipe, which could keep it waiting */
export function readFileNow(path: string): Buffer {
  const fd = openSync(path, READ_ONLY);
  try {
    if (fstatSync(fd).isFIFO()) throw Object.assign(new Error(`${path} is a pipe`), { code: 'ESPIPE' });
    return readFileSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** All of a file, or of a pipe, which has no size to ask for. @throws FILE_UNREADABLE also where it has more bytes */
export async function readBytes(path: string, mostBytes = MOST_BYTES): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const piece of readPieces(path)) {
      bytes += piece.length;
      if (bytes > mostBytes) throw tooBig(path, mostBytes);
      pieces.push(piece);
    }
  } catch (error) {
    throw unreadable(path, error);
  }
  return new Uint8Array(Buffer.concat(pieces));
}

/** UTF-8 text of a file. @throws FILE_UNREADABLE */
export async function readTextFile(path: string, mostBytes = MOST_BYTES): Promise<string> {
  const bytes = await readBytes(path, mostBytes);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw unreadable(path, error);
  }
}

/** The same, in pieces that end anywhere: for files of any size. @throws FILE_UNREADABLE */
export function readTextPieces(path: string): AsyncGenerator<string> {
  return textPieces(path, readPieces(path));
}

/** Of bytes that come in pieces, also from elsewhere. @param name how errors name them. @throws FILE_UNREADABLE */
export async function* textPieces(name: string, pieces: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  let decoder: InstanceType<typeof TextDecoder> | undefined;
  let line = 1;
  try {
    for await (const bytes of pieces) {
      if (decoder === undefined && isArchive(bytes))
        throw new EspmintError('FILE_UNREADABLE', { path: name, ...ARCHIVE });
      decoder ??= new TextDecoder(encodingOf(bytes), { fatal: true });
      try {
        yield decoder.decode(bytes, { stream: true });
      } catch (error) {
        throw notText(name, line + linesBeforeFault(bytes), error);
      }
      line += lineEndsIn(bytes);
    }
    if (decoder !== undefined) yield decoder.decode();
  } catch (error) {
    throw unreadable(name, error);
  }
}

const ARCHIVE = { reason: 'it is a spreadsheet or an archive, and no text', hint: 'save it as CSV (UTF-8)' };
/** Files of spreadsheets are zip archives (APPNOTE.TXT, 4.3.7). */
const isArchive = (bytes: Uint8Array): boolean =>
  [0x50, 0x4b, 0x03, 0x04].every((byte, index) => bytes[index] === byte);

const LINE_END = 0x0a;
const lineEndsIn = (bytes: Uint8Array): number =>
  bytes.reduce((count, byte) => count + (byte === LINE_END ? 1 : 0), 0);

function notText(path: string, line: number, cause: unknown): EspmintError {
  const details = { path, reason: `it is not UTF-8 text in line ${line}`, hint: 'save it as UTF-8' };
  return new EspmintError('FILE_UNREADABLE', details, { cause });
}

/** Lines that end before the first byte that is no UTF-8. A character that the piece before began is taken as right. */
function linesBeforeFault(bytes: Uint8Array): number {
  let [from, count] = [
    Math.max(
      0,
      bytes.findIndex((byte) => (byte & 0xc0) !== 0x80),
    ),
    0,
  ];
  const decoder = new TextDecoder('utf-8', { fatal: true });
  for (let end = bytes.indexOf(LINE_END, from); end !== -1; end = bytes.indexOf(LINE_END, from)) {
    try {
      decoder.decode(bytes.subarray(from, end + 1));
    } catch {
      break;
    }
    from = end + 1;
    count += 1;
  }
  return count;
}

/** Spreadsheets write "Unicode text" as UTF-16 and begin it with a byte order mark. */
function encodingOf([first, second]: Uint8Array): 'utf-8' | 'utf-16le' | 'utf-16be' {
  if (first === 0xff && second === 0xfe) return 'utf-16le';
  return first === 0xfe && second === 0xff ? 'utf-16be' : 'utf-8';
}

/**
 * A secret kept in a file of its own: its text without the newline that editors add at the end.
 *
 * @throws FILE_UNREADABLE, INPUT_INVALID for an empty one: whoever wants none names no file
 */
export async function readSecretFile(path: string): Promise<string> {
  const secret = (await readTextFile(path, SECRET_MOST_BYTES)).replace(/\r?\n$/, '');
  if (secret !== '') return secret;
  throw invalidInput(
    `The file ${path}`,
    'is empty where a secret should be',
    'write the secret into it, or name no file where none is wanted (an open Wi-Fi network)',
  );
}
