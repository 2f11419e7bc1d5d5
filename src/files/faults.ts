// What went wrong with a file, in words, and what to do about it.
import { EspmintError, isEspmintError, messageOf } from '../core/errors/index.js';

interface Fault {
  readonly reason: string;
  /** Where it is not what the error says of any file. */
  readonly hint?: string;
}

const FAULTS: Readonly<Record<string, Fault>> = {
  ENOENT: { reason: 'it does not exist' },
  EEXIST: { reason: 'it exists already', hint: 'choose another name, or move that file away' },
  EACCES: { reason: 'permission denied', hint: 'give yourself the right to it, or choose another place' },
  EPERM: { reason: 'it is not allowed', hint: 'give yourself the right to it, or choose another place' },
  EISDIR: { reason: 'it is a folder', hint: 'name a file' },
  ENOTDIR: { reason: 'a part of its path is not a folder', hint: 'check its path' },
  ELOOP: { reason: 'its links lead round in a circle', hint: 'name the file itself' },
  ENAMETOOLONG: { reason: 'its name is too long', hint: 'choose a shorter one' },
  ENOSPC: { reason: 'the disk is full', hint: 'free some space, or choose another place' },
  EDQUOT: { reason: 'your share of the disk is full', hint: 'free some space, or choose another place' },
  EROFS: { reason: 'the disk is read-only', hint: 'choose another place' },
  EIO: { reason: 'the disk reports an error', hint: 'check the disk, or choose another place' },
  EBUSY: { reason: 'another program holds it', hint: 'close that program, or choose another place' },
  ETXTBSY: { reason: 'another program runs it', hint: 'end that program, or choose another place' },
  EFBIG: { reason: 'it is longer than this disk or account may hold', hint: 'choose another place' },
  ENXIO: { reason: 'nothing is behind it', hint: 'name a file' },
  ESPIPE: { reason: 'it is a pipe', hint: 'name a file' },
  EAGAIN: { reason: 'it gives nothing at once', hint: 'name a file' },
  ERR_ENCODING_INVALID_ENCODED_DATA: { reason: 'it is not UTF-8 text', hint: 'save it as UTF-8' },
  ERR_INVALID_ARG_VALUE: { reason: 'its name has characters that no file has', hint: 'check its name' },
};
const NO_FOLDER: Fault = { reason: 'its folder does not exist', hint: 'make the folder, or check the path' };
const NO_INPUT: Fault = { reason: 'it does not exist', hint: 'to read standard input, give /dev/stdin' };
const NO_NAME: Fault = { reason: 'no name is given', hint: 'name a file' };

/** What the operating system said, in words. */
export function reasonOf(error: unknown): string {
  return faultOf(error).reason;
}

export function unreadable(path: string, error: unknown): EspmintError {
  if (isEspmintError(error)) return error;
  return new EspmintError('FILE_UNREADABLE', { path, ...faultAt(path, error) }, { cause: error });
}

export function unwritable(path: string, error: unknown): EspmintError {
  if (isEspmintError(error)) return error;
  // A file that is to be made need not exist; the folder for it must.
  const isMissing = codeOf(error) === 'ENOENT' && path !== '';
  const fault = isMissing ? NO_FOLDER : faultAt(path, error);
  return new EspmintError('FILE_UNWRITABLE', { path, ...fault }, { cause: error });
}

/** The same for what espmint keeps for itself: a full disk has a code of its own there. */
export function toWriteError(path: string, error: unknown): EspmintError {
  const isFull = ['ENOSPC', 'EDQUOT'].includes(codeOf(error) ?? '');
  return isFull ? new EspmintError('DISK_FULL', { where: path }, { cause: error }) : unwritable(path, error);
}

/** The system's error code (`ENOSPC`), or undefined. */
export function codeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

export function tooBig(path: string, mostBytes: number): EspmintError {
  const most = mostBytes < MEBIBYTE ? `${mostBytes / 1024} KB` : `${mostBytes / MEBIBYTE} MB`;
  return new EspmintError('FILE_UNREADABLE', {
    path,
    reason: `it has more than ${most}`,
    hint: 'check that it is the right file',
  });
}

const MEBIBYTE = 1024 * 1024;

function faultAt(path: string, error: unknown): Fault {
  if (path === '-' && codeOf(error) === 'ENOENT') return NO_INPUT;
  return path === '' ? NO_NAME : faultOf(error);
}

function faultOf(error: unknown): Fault {
  const code = codeOf(error);
  return FAULTS[code ?? ''] ?? { reason: code ?? messageOf(error) };
}
