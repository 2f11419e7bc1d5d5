// The master key: it wraps the keys that seal secrets, and is never in the database.
import { execFile } from 'node:child_process';
import { createHash, hkdfSync, randomBytes } from 'node:crypto';
import { link, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { EspmintError } from '../../core/errors/index.js';
import { PRIVATE_FILE } from '../data-dir.js';
import { syncFolder, toWriteError } from '../durable-append.js';
import { codeOf, reasonOf } from '../reason.js';
import type { SealingKey } from './envelope.js';

const KEY_BYTES = 32;
const COMMAND_TIMEOUT_MS = 30_000;

/** Where the master key comes from. The first that is set counts. */
export interface MasterKeySource {
  /** A command whose output is the key, for a key management service; run by the shell. */
  readonly command?: string | undefined;
  /** 64 hex digits, or 32 bytes as base64; from ESPMINT_MASTER_KEY. */
  readonly text?: string | undefined;
  /** Made on first use with mode 0600 when neither of the others is set. */
  readonly file: string;
}

/** `master.key` in the data directory, unless the environment names something else. */
export function masterKeySource(
  dataDir: string,
  env: Readonly<Record<string, string | undefined>>,
): MasterKeySource {
  return {
    command: env['ESPMINT_MASTER_KEY_COMMAND'],
    text: env['ESPMINT_MASTER_KEY'],
    file: env['ESPMINT_MASTER_KEY_FILE'] ?? join(dataDir, 'master.key'),
  };
}

/**
 * The master key first; behind it one that was made to replace it, if a rotation was cut short between the two.
 *
 * @throws MASTER_KEY_INVALID, FILE_UNREADABLE, FILE_UNWRITABLE, DISK_FULL
 */
export async function loadMasterKeys(source: MasterKeySource): Promise<[SealingKey, ...SealingKey[]]> {
  if (source.command !== undefined)
    return [parseKey(await runCommand(source.command), 'the output of the command')];
  if (source.text !== undefined) return [parseKey(source.text, 'ESPMINT_MASTER_KEY')];
  const next = await readKeyFile(nextOf(source));
  const current = await loadKeyFile(source.file);
  return next === undefined ? [current] : [current, next];
}

/** A key made from the master key for one purpose, so that the two can never open each other's secrets. */
export function deriveKey(master: SealingKey, purpose: string): SealingKey {
  const bytes = new Uint8Array(hkdfSync('sha256', master.bytes, '', `espmint ${purpose}`, KEY_BYTES));
  return { id: master.id, bytes };
}

/** Eight hex digits that tell master keys apart and nothing else of them. */
function keyId(bytes: Uint8Array): string {
  return createHash('sha256').update('espmint master key id').update(bytes).digest('hex').slice(0, 8);
}

function parseKey(text: string, origin: string): SealingKey {
  const trimmed = text.trim();
  const bytes = /^[0-9a-f]{64}$/i.test(trimmed)
    ? Buffer.from(trimmed, 'hex')
    : Buffer.from(trimmed, 'base64');
  if (bytes.length !== KEY_BYTES) throw new EspmintError('MASTER_KEY_INVALID', { origin });
  return { id: keyId(bytes), bytes };
}

async function runCommand(command: string): Promise<string> {
  try {
    const shell = process.platform === 'win32' ? ['cmd.exe', '/d', '/s', '/c'] : ['/bin/sh', '-c'];
    const [program = '', ...args] = shell;
    const { stdout } = await promisify(execFile)(program, [...args, command], {
      timeout: COMMAND_TIMEOUT_MS,
    });
    return stdout;
  } catch {
    // Neither the command's text nor its output is repeated: both may hold a secret.
    throw new EspmintError('MASTER_KEY_INVALID', { origin: 'the output of the command, which failed,' });
  }
}

async function loadKeyFile(file: string): Promise<SealingKey> {
  const found = await readKeyFile(file);
  if (found !== undefined) return found;
  // Written beside and linked: of several processes that start at once, the first one's key is everybody's.
  const draft = await writeKeyBeside(file, randomBytes(KEY_BYTES));
  try {
    await link(draft, file).catch((error: unknown) => {
      if (codeOf(error) !== 'EEXIST') throw toWriteError(file, error);
    });
  } finally {
    await rm(draft, { force: true });
  }
  await syncFolder(dirname(file));
  const made = await readKeyFile(file);
  if (made === undefined) throw new EspmintError('FILE_UNREADABLE', { path: file, reason: 'it vanished' });
  return made;
}

async function readKeyFile(file: string): Promise<SealingKey | undefined> {
  try {
    const { mode } = await stat(file);
    if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
      throw new EspmintError('FILE_UNREADABLE', {
        path: file,
        reason: 'others can read it: give it the mode 0600',
      });
    }
    return parseKey(await readFile(file, 'utf8'), file);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    if (error instanceof EspmintError) throw error;
    throw new EspmintError('FILE_UNREADABLE', { path: file, reason: reasonOf(error) });
  }
}

async function writeKeyBeside(file: string, bytes: Uint8Array): Promise<string> {
  const draft = `${file}.${randomBytes(6).toString('hex')}`;
  try {
    await writeFile(draft, `${Buffer.from(bytes).toString('hex')}\n`, {
      mode: PRIVATE_FILE,
      flag: 'wx',
      flush: true,
    });
    return draft;
  } catch (error) {
    throw toWriteError(file, error);
  }
}

/**
 * Makes the next key of a key file. It lies beside the old one until it is used: a crash in between loses neither.
 *
 * @throws INPUT_INVALID when the key comes from elsewhere
 */
export async function prepareNextKey(source: MasterKeySource): Promise<SealingKey> {
  if (source.command !== undefined || source.text !== undefined) {
    throw new EspmintError('INPUT_INVALID', {
      field: 'The master key',
      reason: 'does not come from a file, so espmint cannot replace it',
      hint: 'rotate it where it is kept, or take it from a file',
    });
  }
  const next = nextOf(source);
  await rename(await writeKeyBeside(source.file, randomBytes(KEY_BYTES)), next);
  await syncFolder(dirname(next));
  const key = await readKeyFile(next);
  if (key === undefined) throw new EspmintError('FILE_UNREADABLE', { path: next, reason: 'it vanished' });
  return key;
}

/** Puts the next key in the place of the old one. */
export async function useNextKey(source: MasterKeySource): Promise<void> {
  await rename(nextOf(source), source.file);
  await syncFolder(dirname(source.file));
}

function nextOf({ file }: MasterKeySource): string {
  return `${file}.next`;
}
