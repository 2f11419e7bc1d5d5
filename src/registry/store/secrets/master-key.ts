// The master key: it wraps the keys that seal secrets, and is never in the database.
import { execFile } from 'node:child_process';
import { createHash, hkdfSync, randomBytes } from 'node:crypto';
import { link, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { EspmintError } from '../../../core/errors/index.js';
import { codeOf, PRIVATE_FILE, readPrivateFile, syncFolder, toWriteError } from '../../../files/index.js';
import { appendDurably, openForAppend } from '../../spool/durable-append.js';
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
    file: env['ESPMINT_MASTER_KEY_FILE'] ?? defaultKeyFile(dataDir),
  };
}

export function defaultKeyFile(dataDir: string): string {
  return join(dataDir, 'master.key');
}

/**
 * The master key first; behind it those that this computer has had before, and one that was made to replace it, if a
 * rotation was cut short between the two: the last one.
 *
 * @throws MASTER_KEY_INVALID, FILE_UNREADABLE, FILE_UNWRITABLE, DISK_FULL
 */
export async function loadMasterKeys(source: MasterKeySource): Promise<[SealingKey, ...SealingKey[]]> {
  if (source.command !== undefined)
    return [parseKey(await runCommand(source.command), 'the output of the command')];
  if (source.text !== undefined) return [parseKey(source.text, 'ESPMINT_MASTER_KEY')];
  const next = await readNextKey(source);
  const current = await loadKeyFile(source.file);
  const previous = (await readPreviousKeys(source)).filter(({ id }) => id !== current.id);
  return next === undefined ? [current, ...previous] : [current, ...previous, next];
}

/**
 * Loads them anew with each call but the first, which answers with those that are loaded already: a command of a key
 * management service is not run twice at one start.
 */
export function masterKeyLoader(
  source: MasterKeySource,
  loaded: readonly SealingKey[],
): () => Promise<readonly SealingKey[]> {
  let first: readonly SealingKey[] | undefined = loaded;
  return async () => {
    const keys = first ?? (await loadMasterKeys(source));
    first = undefined;
    return keys;
  };
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

/** Of several processes that make it at once, the first one's key is everybody's. */
async function loadKeyFile(file: string): Promise<SealingKey> {
  const found = await readKeyFile(file);
  if (found !== undefined) return found;
  // Written beside and linked: it is there as a whole, and never twice.
  const draft = await writeBeside(file, `${randomBytes(KEY_BYTES).toString('hex')}\n`);
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

/** Undefined where there is none. @throws MASTER_KEY_INVALID, FILE_UNREADABLE */
export async function readKeyFile(file: string): Promise<SealingKey | undefined> {
  const text = await readPrivateFile(file);
  return text === undefined ? undefined : parseKey(text, file);
}

/**
 * Master keys of this computer that others have replaced, oldest first: what it has written down for itself may still be
 * sealed with one of them.
 *
 * @throws MASTER_KEY_INVALID, FILE_UNREADABLE
 */
export async function readPreviousKeys(source: MasterKeySource): Promise<SealingKey[]> {
  const file = previousOf(source);
  const lines = ((await readPrivateFile(file)) ?? '').split('\n').filter((line) => line.trim() !== '');
  const keys = lines.map((line) => parseKey(line, file));
  return keys.filter(({ id }, at) => keys.findIndex((key) => key.id === id) === at);
}

/** Returns when it is on the disk beside the others. @throws FILE_UNREADABLE, FILE_UNWRITABLE, DISK_FULL */
export async function keepPreviousKey(source: MasterKeySource, key: SealingKey): Promise<void> {
  if ((await readPreviousKeys(source)).some(({ id }) => id === key.id)) return;
  const path = previousOf(source);
  const file = await openForAppend(path);
  try {
    await appendDurably(file, path, Buffer.from(`${hexOf(key)}\n`));
  } finally {
    await file.close();
  }
}

/** Keeps only these of them. @throws FILE_UNREADABLE, FILE_UNWRITABLE, DISK_FULL */
export async function forgetPreviousKeys(
  source: MasterKeySource,
  isNeeded: (key: SealingKey) => boolean,
): Promise<void> {
  const keys = await readPreviousKeys(source);
  const kept = keys.filter(isNeeded);
  if (kept.length === keys.length) return;
  const path = previousOf(source);
  await rename(await writeBeside(path, kept.map((key) => `${hexOf(key)}\n`).join('')), path);
  await syncFolder(dirname(path));
}

async function writeBeside(file: string, text: string): Promise<string> {
  const draft = `${file}.${randomBytes(6).toString('hex')}`;
  try {
    await writeFile(draft, text, { mode: PRIVATE_FILE, flag: 'wx', flush: true });
    return draft;
  } catch (error) {
    throw toWriteError(file, error);
  }
}

/**
 * Makes the next key of a key file. It lies beside the old one until it is used: a crash in between loses neither. One
 * that lies there already is taken, so that two rotations at once mean the same key.
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
  return loadKeyFile(nextOf(source));
}

/**
 * Puts the next key in the place of the old one, which is kept for what this computer has sealed with it. The next one is
 * kept there too: should another rotation put its own key in that place at this moment, none is lost.
 */
export async function useNextKey(source: MasterKeySource, next: SealingKey): Promise<void> {
  const current = await readKeyFile(source.file);
  // Another rotation was quicker, and the two mean the same key.
  if (current?.id === next.id) return;
  if (current !== undefined) await keepPreviousKey(source, current);
  await keepPreviousKey(source, next);
  try {
    await rename(nextOf(source), source.file);
  } catch (error) {
    if ((await readKeyFile(source.file))?.id !== next.id) throw toWriteError(source.file, error);
  }
  await syncFolder(dirname(source.file));
}

/** One that a rotation has made and not used yet. @throws MASTER_KEY_INVALID, FILE_UNREADABLE */
export function readNextKey(source: MasterKeySource): Promise<SealingKey | undefined> {
  return readKeyFile(nextOf(source));
}

function nextOf({ file }: MasterKeySource): string {
  return `${file}.next`;
}

function previousOf({ file }: MasterKeySource): string {
  return `${file}.previous`;
}

function hexOf({ bytes }: SealingKey): string {
  return Buffer.from(bytes).toString('hex');
}
