// Reading the user's files, with errors that name the file and what to do.
import { createReadStream } from 'node:fs';
import { EspmintError } from '../core/errors/index.js';
import { tooBig, unreadable } from './faults.js';

/** More than any image, profile or list that somebody gives on purpose; a whole disk image is a mistake. */
const MOST_BYTES = 64 * 1024 * 1024;
const SECRET_MOST_BYTES = 64 * 1024;

/** All of a file, or of a pipe, which has no size to ask for. @throws FILE_UNREADABLE also where it has more bytes */
export async function readBytes(path: string, mostBytes = MOST_BYTES): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const piece of createReadStream(path) as AsyncIterable<Uint8Array>) {
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
  return textPieces(path, createReadStream(path));
}

/** Of bytes that come in pieces, also from elsewhere. @param name how errors name them. @throws FILE_UNREADABLE */
export async function* textPieces(name: string, pieces: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  let decoder: InstanceType<typeof TextDecoder> | undefined;
  try {
    for await (const bytes of pieces) {
      decoder ??= new TextDecoder(encodingOf(bytes), { fatal: true });
      yield decoder.decode(bytes, { stream: true });
    }
    if (decoder !== undefined) yield decoder.decode();
  } catch (error) {
    throw unreadable(name, error);
  }
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
  throw new EspmintError('INPUT_INVALID', {
    field: `The file ${path}`,
    reason: 'is empty where a secret should be',
    hint: 'write the secret into it, or name no file where none is wanted (an open Wi-Fi network)',
  });
}
