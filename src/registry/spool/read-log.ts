// A log as values: the records of its folders, in order, and what in it is no record. Nothing is written here.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf, reasonOf } from '../../files/index.js';
import { decodeFrames } from './frame.js';

/** Time of making, chance: sorting by name is sorting by age. */
const FOLDER = /^\d{13}-[0-9a-f]{8}$/;
const FILE = /^(\d+)\.log$/;

/** Something of a log that could not be read. It is kept, and a person hears of it. */
export type LogFault =
  /** By this user, or from this disk. */
  | { readonly kind: 'unreadable'; readonly path: string; readonly reason: string }
  /** `cut`: the last record was not written whole, and never reported as stored, unless the file was cut later. */
  | { readonly kind: 'damaged' | 'cut'; readonly path: string; readonly sizeBytes: number };

export interface LogContent<T> {
  readonly records: readonly T[];
  /** What could not be read; nothing of it is ever removed. */
  readonly faults: readonly LogFault[];
}

export function readLogFile<T>(path: string, bytes: Uint8Array): { records: T[]; faults: LogFault[] } {
  const { payloads, damage } = decodeFrames(bytes);
  const faults: LogFault[] = damage.map(({ kind, sizeBytes }) => ({ kind, path, sizeBytes }));
  const records: T[] = [];
  for (const payload of payloads) {
    try {
      records.push(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload)) as T);
    } catch {
      faults.push({ kind: 'damaged', path, sizeBytes: payload.length });
    }
  }
  return { records, faults };
}

/** A folder that another process takes over while we look is looked for again where it is then. */
export async function readRoot<T>(root: string): Promise<LogContent<T>> {
  for (let tries = 1; ; tries++) {
    const records: T[] = [];
    const { paths, faults } = await foldersIn(root);
    const found: LogFault[] = [...faults];
    try {
      for (const path of paths) {
        const content = await readFolder<T>(path);
        records.push(...content.records);
        found.push(...content.faults);
      }
      return { records, faults: found };
    } catch (error) {
      if (!(error instanceof Moved) || tries === MOST_READS) throw error;
    }
  }
}
const MOST_READS = 20;

/** What was listed is not there any more. */
class Moved extends Error {}

/** Undefined where another process has taken it over: it has what was in it. */
export async function unlessMoved<R>(reading: Promise<R>): Promise<R | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof Moved) return undefined;
    throw error;
  }
}

interface Folders {
  readonly paths: readonly string[];
  readonly faults: readonly LogFault[];
}

/** Oldest first; none where there is no such folder. */
export async function foldersIn(root: string): Promise<Folders> {
  try {
    const names = (await readdir(root)).filter((name) => FOLDER.test(name)).sort();
    return { paths: names.map((name) => join(root, name)), faults: [] };
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return { paths: [], faults: [] };
    return { paths: [], faults: [{ kind: 'unreadable', path: root, reason: reasonOf(error) }] };
  }
}

/** What was moved into a folder is older than its own records. @throws Moved */
export async function readFolder<T>(folder: string): Promise<LogContent<T>> {
  let names: string[];
  try {
    names = await readdir(folder);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') throw new Moved();
    return { records: [], faults: [{ kind: 'unreadable', path: folder, reason: reasonOf(error) }] };
  }
  const records: T[] = [];
  const faults: LogFault[] = [];
  const older = names.filter((name) => FOLDER.test(name)).sort();
  const files = names.filter((name) => FILE.test(name)).sort((a, b) => numberOf(a) - numberOf(b));
  for (const name of older) {
    const content = await readFolder<T>(join(folder, name));
    records.push(...content.records);
    faults.push(...content.faults);
  }
  for (const name of files) {
    const path = join(folder, name);
    const bytes = await readFile(path).catch((error: unknown) => {
      if (codeOf(error) === 'ENOENT') throw new Moved();
      faults.push({ kind: 'unreadable', path, reason: reasonOf(error) });
      return new Uint8Array();
    });
    const content = readLogFile<T>(path, bytes);
    records.push(...content.records);
    faults.push(...content.faults);
  }
  return { records, faults };
}

function numberOf(name: string): number {
  return Number(FILE.exec(name)?.[1]);
}
