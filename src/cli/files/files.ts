// Reading and writing the user's files, with errors that name the file and what to do.
import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, realpath, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { EspmintError, isEspmintError } from '../../core/errors/index.js';
import { tooBig, unreadable, unwritable } from './file-faults.js';

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
export async function* readTextPieces(path: string): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  try {
    for await (const bytes of createReadStream(path) as AsyncIterable<Uint8Array>) {
      yield decoder.decode(bytes, { stream: true });
    }
    yield decoder.decode();
  } catch (error) {
    throw unreadable(path, error);
  }
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

/** Writes a file that must not exist yet; a failure leaves nothing behind. @throws FILE_UNWRITABLE */
export async function createFile(path: string, content: string | Uint8Array, mode = 0o666): Promise<void> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, 'wx', mode);
    await file.writeFile(content);
    await file.sync();
  } catch (error) {
    if (file !== undefined) await rm(path, { force: true });
    throw unwritable(path, error);
  } finally {
    await file?.close();
  }
}

/**
 * Puts a file in the place of the one at `path`, or makes it, from pieces that come one after another. A reader sees
 * the old file or the whole new one; a failure leaves nothing else behind. A pipe or a device takes the pieces as they
 * come.
 *
 * @throws FILE_UNWRITABLE, and what `pieces` throws of its own
 */
export async function streamToFile(
  path: string,
  pieces: AsyncIterable<string | Uint8Array> | Iterable<string | Uint8Array>,
  mode = 0o666,
): Promise<void> {
  try {
    // Through a link, the file that it points to is replaced, not the link.
    const target = await realpath(path).catch(() => path);
    const there = await stat(target).catch(() => undefined);
    if (there === undefined || there.isFile() || there.isDirectory()) await putInPlace(target, pieces, mode);
    else await writeOut(await open(target, 'w'), pieces);
  } catch (error) {
    if (isEspmintError(error)) throw error;
    throw unwritable(path, error);
  }
}

/** Text or bytes as a whole file. @throws FILE_UNWRITABLE */
export function replaceFile(path: string, content: string | Uint8Array, mode = 0o666): Promise<void> {
  return streamToFile(path, [content], mode);
}

type Pieces = AsyncIterable<string | Uint8Array> | Iterable<string | Uint8Array>;

async function putInPlace(target: string, pieces: Pieces, mode: number): Promise<void> {
  const draft = `${target}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    const file = await open(draft, 'wx', mode);
    await writeOut(file, pieces, () => file.sync());
    await rename(draft, target);
    await syncFolder(dirname(target));
  } catch (error) {
    await rm(draft, { force: true }).catch(() => undefined);
    throw error;
  }
}

async function writeOut(file: FileHandle, pieces: Pieces, finish?: () => Promise<void>): Promise<void> {
  try {
    for await (const piece of pieces) await file.writeFile(piece);
    await finish?.();
  } finally {
    await file.close();
  }
}

/** A rename is on the disk only when its folder is; Windows cannot open folders and does without. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r').catch(() => undefined);
  await folder?.sync().catch(() => undefined);
  await folder?.close();
}

/** Bytes, nearly, of one write. */
const BLOCK_CHARS = 65_536;

/** Small pieces as blocks worth a write each. */
export async function* inBlocks(pieces: AsyncIterable<string>): AsyncGenerator<string> {
  let block = '';
  for await (const piece of pieces) {
    block += piece;
    if (block.length < BLOCK_CHARS) continue;
    yield block;
    block = '';
  }
  if (block !== '') yield block;
}
