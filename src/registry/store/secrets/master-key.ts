// The files of the master key: it wraps the keys that seal secrets, and is never in the database. Beside the key that is
// used lie those that were used before, or were brought here: a key that anything may be sealed with is never lost.
import { createHash, hkdfSync, randomBytes } from 'node:crypto';
import { dirname, join } from 'node:path';
import { homedir } from 'node:os';
import { EspmintError } from '../../../core/errors/index.js';
import {
  createOwnFile,
  isFolder,
  readBytes,
  readPrivateFile,
  renamePatiently,
  replaceOwnFile,
  syncFolder,
  toWriteError,
} from '../../../files/index.js';
import { appendDurably, openForAppend } from '../../spool/durable-append.js';
import type { SecretKey } from './envelope.js';
import { runKeyCommand } from './key-command.js';

const KEY_BYTES = 32;
const COMMAND_TIMEOUT_MS = 30_000;
const LONGEST_FILE_BYTES = 64 * 1024;

/** Where the master key comes from. The first that is set counts. */
export interface MasterKeySource {
  /** A command whose output is the key, for a key management service; run by the shell. */
  readonly command?: string | undefined;
  /** 64 hex digits, or 32 bytes as base64; from ESPMINT_MASTER_KEY. */
  readonly text?: string | undefined;
  /** Made for a new registry, with mode 0600, when neither of the others is set. */
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

function defaultKeyFile(dataDir: string): string {
  return join(dataDir, 'master.key');
}

/** What this computer has. */
export interface FoundKeys {
  /** The key that seals; undefined where none was ever made or brought here. */
  readonly current: SecretKey | undefined;
  /** Whether somebody has named it by a variable or a command. */
  readonly isGiven: boolean;
  /** Others that open what was sealed before; the last one may be about to replace the current one. */
  readonly others: readonly SecretKey[];
}

/**
 * Reads all keys, runs the command; makes none.
 *
 * @throws MASTER_KEY_INVALID, FILE_UNREADABLE
 */
export async function findMasterKeys(source: MasterKeySource): Promise<FoundKeys> {
  const given = await givenKey(source);
  // The next one first: a rotation that ends meanwhile has it in the file by then.
  const next = await readKeyFile(nextOf(source));
  const inFile = await readKeyFile(source.file);
  const others = [
    ...(given === undefined || inFile === undefined ? [] : [inFile]),
    ...(await readPreviousKeys(source)),
    ...(next === undefined ? [] : [next]),
  ];
  const current = given ?? inFile;
  return {
    current,
    isGiven: given !== undefined,
    others: others.filter(
      ({ id }, at) => id !== current?.id && others.findIndex((key) => key.id === id) === at,
    ),
  };
}

async function givenKey({ command, text, file }: MasterKeySource): Promise<SecretKey | undefined> {
  if (command !== undefined) return parseKey(await runCommand(command, file), 'the output of the command');
  return text === undefined ? undefined : parseKey(text, 'ESPMINT_MASTER_KEY');
}

/** A key made from the master key for one purpose, so that the two can never open each other's secrets. */
export function deriveKey(master: SecretKey, purpose: string): SecretKey {
  const bytes = new Uint8Array(hkdfSync('sha256', master.bytes, '', `espmint ${purpose}`, KEY_BYTES));
  return { id: master.id, bytes };
}

/** Eight hex digits that tell master keys apart and nothing else of them. */
function keyId(bytes: Uint8Array): string {
  return createHash('sha256').update('espmint master key id').update(bytes).digest('hex').slice(0, 8);
}

function parseKey(text: string, origin: string): SecretKey {
  const trimmed = text.trim();
  const bytes = /^[0-9a-f]{64}$/i.test(trimmed)
    ? Buffer.from(trimmed, 'hex')
    : Buffer.from(trimmed, 'base64');
  if (bytes.length !== KEY_BYTES) throw new EspmintError('MASTER_KEY_INVALID', { origin });
  return { id: keyId(bytes), bytes };
}

/** In the folder of our own files, where nobody else can put any. */
async function runCommand(command: string, file: string): Promise<string> {
  try {
    const cwd = (await isFolder(dirname(file))) ? dirname(file) : homedir();
    return await runKeyCommand(command, { cwd, timeoutMs: COMMAND_TIMEOUT_MS });
  } catch {
    // Neither the command's text nor its output is repeated: both may hold a secret.
    throw new EspmintError('MASTER_KEY_INVALID', { origin: 'the output of the command, which failed,' });
  }
}

/** Of several processes that make it at once, the first one's key is everybody's. @throws FILE_*, DISK_FULL */
export async function makeKeyFile(file: string): Promise<SecretKey> {
  const found = await readKeyFile(file);
  if (found !== undefined) return found;
  await createOwnFile(file, `${randomBytes(KEY_BYTES).toString('hex')}\n`);
  const made = await readKeyFile(file);
  if (made === undefined) throw new EspmintError('FILE_UNREADABLE', { path: file, reason: 'it vanished' });
  return made;
}

/** Undefined where there is none. @throws MASTER_KEY_INVALID, FILE_UNREADABLE */
async function readKeyFile(file: string): Promise<SecretKey | undefined> {
  const text = await readPrivateFile(file);
  return text === undefined ? undefined : parseKey(text, file);
}

/**
 * Master keys of this computer that others have replaced, oldest first: what it has written down for itself may still be
 * sealed with one of them.
 *
 * @throws MASTER_KEY_INVALID, FILE_UNREADABLE
 */
async function readPreviousKeys(source: MasterKeySource): Promise<SecretKey[]> {
  const file = previousOf(source);
  const lines = ((await readPrivateFile(file)) ?? '').split('\n').filter((line) => line.trim() !== '');
  const keys = lines.map((line) => parseKey(line, file));
  return keys.filter(({ id }, at) => keys.findIndex((key) => key.id === id) === at);
}

/** Returns when they are on the disk beside the others. @throws FILE_UNREADABLE, FILE_UNWRITABLE, DISK_FULL */
export async function keepKeys(source: MasterKeySource, keys: readonly SecretKey[]): Promise<void> {
  const kept = await readPreviousKeys(source);
  const added = keys.filter((key) => !kept.some(({ id }) => id === key.id));
  if (added.length === 0) return;
  const path = previousOf(source);
  const file = await openForAppend(path);
  try {
    await appendDurably(file, path, Buffer.from(added.map((key) => `${hexOf(key)}\n`).join('')));
  } finally {
    await file.close();
  }
}

/** Makes it the key file's; the one that was there is kept. @throws FILE_UNREADABLE, FILE_UNWRITABLE, DISK_FULL */
export async function useKey(source: MasterKeySource, key: SecretKey): Promise<void> {
  const current = await readKeyFile(source.file);
  if (current?.id === key.id) return;
  await keepKeys(source, current === undefined ? [key] : [current, key]);
  await replaceOwnFile(source.file, `${hexOf(key)}\n`);
}

/** Removes it from those that are kept. @returns whether it was there  @throws FILE_*, DISK_FULL */
export async function forgetKey(source: MasterKeySource, id: string): Promise<boolean> {
  const keys = await readPreviousKeys(source);
  const kept = keys.filter((key) => key.id !== id);
  if (kept.length === keys.length) return false;
  await replaceOwnFile(previousOf(source), kept.map((key) => `${hexOf(key)}\n`).join(''));
  return true;
}

/**
 * The keys in a file that was brought here: a key file of another computer, or the keys kept beside one; one a line.
 *
 * @throws MASTER_KEY_INVALID, FILE_UNREADABLE
 */
export async function readKeysToImport(path: string): Promise<SecretKey[]> {
  const text = new TextDecoder().decode(await readBytes(path, LONGEST_FILE_BYTES));
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '');
  if (lines.length === 0) throw new EspmintError('MASTER_KEY_INVALID', { origin: path });
  return lines.map((line) => parseKey(line, path));
}

/**
 * Makes the next key of a key file. It lies beside the old one until it is used: a crash in between loses neither. One
 * that lies there already is taken, so that two rotations at once mean the same key.
 *
 * @throws FILE_*, DISK_FULL
 */
export async function prepareNextKey(source: MasterKeySource): Promise<SecretKey> {
  return makeKeyFile(nextOf(source));
}

/**
 * Puts the next key in the place of the old one, which is kept for all that was sealed with it. The next one is kept there
 * too: should another rotation put its own key in that place at this moment, none is lost.
 */
export async function useNextKey(source: MasterKeySource, next: SecretKey): Promise<void> {
  const current = await readKeyFile(source.file);
  // Another rotation was quicker, and the two mean the same key.
  if (current?.id === next.id) return;
  await keepKeys(source, current === undefined ? [next] : [current, next]);
  try {
    await renamePatiently(nextOf(source), source.file);
  } catch (error) {
    if ((await readKeyFile(source.file))?.id !== next.id) throw toWriteError(source.file, error);
  }
  await syncFolder(dirname(source.file));
}

/** One that a rotation has made and not used yet. @throws MASTER_KEY_INVALID, FILE_UNREADABLE */
export function readNextKey(source: MasterKeySource): Promise<SecretKey | undefined> {
  return readKeyFile(nextOf(source));
}

function nextOf({ file }: MasterKeySource): string {
  return `${file}.next`;
}

/** Where the keys lie that are not used any more. */
export function previousOf({ file }: MasterKeySource): string {
  return `${file}.previous`;
}

function hexOf({ bytes }: SecretKey): string {
  return Buffer.from(bytes).toString('hex');
}
