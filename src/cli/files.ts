// Reading and writing the user's files, with errors that name the file and what to do.
import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, readFile, rename, rm, type FileHandle } from 'node:fs/promises';
import { EspmintError, isEspmintError } from '../core/errors/index.js';

/** UTF-8 text of a file. @throws FILE_UNREADABLE */
export async function readTextFile(path: string): Promise<string> {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(await readFile(path));
  } catch (error) {
    throw new EspmintError('FILE_UNREADABLE', { path, reason: reasonOf(error) }, { cause: error });
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
    throw new EspmintError('FILE_UNREADABLE', { path, reason: reasonOf(error) }, { cause: error });
  }
}

/** Writes a file that must not exist yet. @throws FILE_UNWRITABLE */
export async function createFile(path: string, text: string, mode = 0o666): Promise<void> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, 'wx', mode);
    await file.writeFile(text);
    await file.sync();
  } catch (error) {
    throw new EspmintError('FILE_UNWRITABLE', { path, reason: reasonOf(error) }, { cause: error });
  } finally {
    await file?.close();
  }
}

/**
 * Puts a file in the place of the one at `path`, or makes it, from pieces that come one after another. A reader sees
 * the old file or the whole new one; a failure leaves nothing else behind.
 *
 * @throws FILE_UNWRITABLE, and what `pieces` throws of its own
 */
export async function streamToFile(path: string, pieces: AsyncIterable<string>, mode = 0o666): Promise<void> {
  const draft = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  let file: FileHandle | undefined;
  try {
    file = await open(draft, 'wx', mode);
    for await (const piece of pieces) await file.writeFile(piece);
    await file.sync();
    await file.close();
    await rename(draft, path);
  } catch (error) {
    await file?.close().catch(() => undefined);
    await rm(draft, { force: true }).catch(() => undefined);
    if (isEspmintError(error)) throw error;
    throw new EspmintError('FILE_UNWRITABLE', { path, reason: reasonOf(error) }, { cause: error });
  }
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

/** A secret kept in a file of its own: its text without the newline that editors add at the end. */
export async function readSecretFile(path: string): Promise<string> {
  return (await readTextFile(path)).replace(/\r?\n$/, '');
}

/** What the operating system said, in words. */
export function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const words: Record<string, string> = {
    ENOENT: 'it does not exist',
    EEXIST: 'it exists already',
    EACCES: 'permission denied',
    EISDIR: 'it is a folder',
    ENOTDIR: 'a part of its path is not a folder',
    ENOSPC: 'the disk is full',
    EROFS: 'the disk is read-only',
    ERR_ENCODING_INVALID_ENCODED_DATA: 'it is not UTF-8 text',
  };
  return words[code] ?? (code === '' ? String(error) : code);
}
