// Flash content in a file: read at the start, every changed range written through at once.
import {
  closeSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { EspmintError, messageOf } from '../../core/errors/index.js';
import type { FlashMemory } from './memory.js';

/** Content of a flash file; undefined where there is none yet. @throws VIRTUAL_FLASH_FILE */
export function readFlashFile(path: string): Uint8Array | undefined {
  try {
    const found = statSync(path);
    const { size } = found;
    if (found.isDirectory()) throw refused(path, 'it is a folder');
    if (!isFlashSize(size)) throw refused(path, `its size of ${size} bytes is not that of a flash chip`);
    return new Uint8Array(readFileSync(path));
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error instanceof EspmintError ? error : refused(path, messageOf(error), error);
  }
}

/**
 * Creates the file where it is missing, and keeps it equal to the flash from now on: a killed process leaves the same
 * content that a chip without power would hold.
 * @returns ends it. @throws VIRTUAL_FLASH_FILE
 */
export function mirrorToFile(flash: FlashMemory, path: string): () => void {
  try {
    if (readFlashFile(path) === undefined) create(path, flash.bytes);
    const file = openSync(path, 'r+');
    const stop = flash.observe({
      changed: (address, size) => void writeSync(file, flash.bytes, address, size, address),
    });
    return () => {
      stop();
      fsyncSync(file);
      closeSync(file);
    };
  } catch (error) {
    throw error instanceof EspmintError ? error : refused(path, messageOf(error), error);
  }
}

/** Written aside and renamed: a file of that name is whole or not there. */
function create(path: string, content: Uint8Array): void {
  const aside = `${path}.${process.pid}.new`;
  try {
    const file = openSync(aside, 'wx');
    try {
      writeSync(file, content);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(aside, path);
  } finally {
    rmSync(aside, { force: true });
  }
}

/** 256 KB to 128 MB, a power of two. */
function isFlashSize(size: number): boolean {
  return size >= 0x4_0000 && size <= 0x800_0000 && Number.isInteger(Math.log2(size));
}

function refused(path: string, reason: string, cause?: unknown): EspmintError {
  return new EspmintError('VIRTUAL_FLASH_FILE', { path, reason }, { cause });
}

const isMissing = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ENOENT';
