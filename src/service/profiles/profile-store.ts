// Profiles of the station in versions: one folder a profile, one YAML file a version, never changed once written.
import { readFile, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { EspmintError, isEspmintError, toEspmintError } from '../../core/errors/index.js';
import type { Profile } from '../../core/profile/schema.js';
import { codeOf, createOwnFile, makePrivateDir, unreadable } from '../../files/index.js';
import type { ProfileVersion } from '../contract/index.js';
import { nextTurn } from '../turns.js';
import { sha256Hex } from '../../core/digest.js';

export interface StoredProfile extends ProfileVersion {
  readonly text: string;
  readonly profile: Profile;
}

export interface ProfileChange {
  /** Valid YAML whose version is the new one. */
  readonly text: string;
  readonly name: string;
  readonly version: number;
  readonly savedBy: string;
  readonly note?: string | undefined;
}

/** A product whose newest version cannot be read. */
export interface DamagedProfile {
  readonly name: string;
  readonly version: number;
  readonly error: EspmintError;
}

/** Where profiles are kept. A registry with a table for them can take this place. */
export interface ProfileStore {
  /** The newest version of each, by name; one that cannot be read keeps nobody from the others. */
  list(): Promise<{ readonly profiles: StoredProfile[]; readonly damaged: DamagedProfile[] }>;
  /** Newest first; empty when there is no such profile. */
  versions(name: string): Promise<ProfileVersion[]>;
  /** Without a version: the newest. @throws PROFILE_UNKNOWN, PROFILE_UNREADABLE */
  get(name: string, version?: number): Promise<StoredProfile>;
  /** @throws PROFILE_CHANGED when that version exists already */
  save(change: ProfileChange): Promise<StoredProfile>;
}

const metaSchema = z.object({
  name: z.string(),
  version: z.int(),
  savedAt: z.string(),
  savedBy: z.string(),
  note: z.string().optional(),
});
const VERSION_FILE = /^(\d{1,9})\.json$/;
const fileSchema = z.object({ ...metaSchema.shape, text: z.string() });

export class FileProfileStore implements ProfileStore {
  readonly #folder: string;
  /** By path. Reading a big one takes longer than anybody should wait for others; a version is never changed. */
  readonly #known = new Map<string, { readonly mark: string; readonly stored: StoredProfile }>();

  constructor(dataDir: string) {
    this.#folder = join(dataDir, 'service', 'profiles');
  }

  async list(): Promise<{ profiles: StoredProfile[]; damaged: DamagedProfile[] }> {
    const profiles: StoredProfile[] = [];
    const damaged: DamagedProfile[] = [];
    for (const folder of await namesIn(this.#folder)) {
      try {
        const newest = (await this.#numbers(folder))[0];
        if (newest !== undefined) profiles.push(await this.#read(folder, newest));
      } catch (error) {
        if (!isEspmintError(error, 'PROFILE_UNREADABLE')) throw error;
        damaged.push({ name: error.details.name, version: error.details.version, error });
      }
    }
    return { profiles: profiles.sort(byName), damaged: damaged.sort(byName) };
  }

  async versions(name: string): Promise<ProfileVersion[]> {
    const folder = folderOf(name);
    const versions: ProfileVersion[] = [];
    for (const number of await this.#numbers(folder))
      versions.push(await this.#readFile(folder, number, name));
    return versions;
  }

  async get(name: string, version?: number): Promise<StoredProfile> {
    const folder = folderOf(name);
    const numbers = await this.#numbers(folder);
    const wanted = version ?? numbers[0];
    if (wanted !== undefined && numbers.includes(wanted)) return this.#read(folder, wanted, name);
    throw new EspmintError('PROFILE_UNKNOWN', {
      name: version === undefined ? `"${name}"` : `"${name}" version ${version}`,
    });
  }

  async save(change: ProfileChange): Promise<StoredProfile> {
    const { name, version, text, savedBy, note } = change;
    const folder = folderOf(name);
    const entry = { name, version, savedAt: new Date().toISOString(), savedBy, note, text };
    await makePrivateDir(join(this.#folder, folder));
    const path = join(this.#folder, folder, `${version}.json`);
    // Of two who save at once, one hears of it.
    if (!(await createOwnFile(path, `${JSON.stringify(entry, null, 2)}\n`)))
      throw new EspmintError('PROFILE_CHANGED', { name, version });
    return this.#read(folder, version, name);
  }

  /** Version numbers, newest first. */
  async #numbers(folder: string): Promise<number[]> {
    const path = join(this.#folder, folder);
    const files = await namesIn(path).catch((error: unknown) => {
      throw damagedProfile(nameIn(folder), 0, path, error);
    });
    return files
      .flatMap((file) => VERSION_FILE.exec(file)?.[1] ?? [])
      .map(Number)
      .sort((a, b) => b - a);
  }

  async #read(folder: string, version: number, named?: string): Promise<StoredProfile> {
    const path = this.#pathOf(folder, version);
    let name = named ?? nameIn(folder);
    try {
      const mark = await markOf(path);
      const known = this.#known.get(path);
      if (known?.mark === mark) return known.stored;
      const stored = await this.#readFile(folder, version, name);
      ({ name } = stored);
      // It reads YAML, which costs a start 40 ms and is not needed for the first answers.
      const { parseProfile } = await import('../../core/profile/parse.js');
      await nextTurn();
      const whole = { ...stored, profile: parseProfile(stored.text, path) };
      this.#known.set(path, { mark, stored: whole });
      return whole;
    } catch (error) {
      throw damagedProfile(name, version, path, error);
    }
  }

  #pathOf(folder: string, version: number): string {
    return join(this.#folder, folder, `${version}.json`);
  }

  async #readFile(
    folder: string,
    version: number,
    name: string,
  ): Promise<ProfileVersion & { readonly text: string }> {
    const path = this.#pathOf(folder, version);
    const text = await textOf(path).catch((error: unknown) => {
      throw damagedProfile(name, version, path, error);
    });
    const parsed = fileSchema.safeParse(parseJson(text));
    if (parsed.success && folderOf(parsed.data.name) === folder) return parsed.data;
    const reason = 'it is not a stored profile of this product';
    throw new EspmintError('PROFILE_UNREADABLE', { name, version, path, reason });
  }
}

const byName = (a: { readonly name: string }, b: { readonly name: string }): number =>
  a.name.localeCompare(b.name, 'en');

/** As far as its folder tells. */
const nameIn = (folder: string): string => folder.replace(/-[0-9a-f]{12}$/, '');

function damagedProfile(name: string, version: number, path: string, error: unknown): EspmintError {
  if (isEspmintError(error, 'PROFILE_UNREADABLE')) return error;
  const { problem, details } = toEspmintError(error);
  // What is wrong, without the path once more.
  const reason = 'reason' in details ? String(details.reason) : problem;
  return new EspmintError('PROFILE_UNREADABLE', { name, version, path, reason }, { cause: error });
}

/** Of what stands in the file now: somebody may have put another there by hand. @throws FILE_UNREADABLE */
async function markOf(path: string): Promise<string> {
  try {
    const { ino, size, mtimeNs } = await stat(path, { bigint: true });
    return `${ino}:${size}:${mtimeNs}`;
  } catch (error) {
    throw unreadable(path, error);
  }
}

/** @throws FILE_UNREADABLE */
async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw unreadable(path, error);
  }
}

/** None where there is no such folder; one that cannot be read is not empty. @throws FILE_UNREADABLE */
async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw unreadable(folder, error);
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A folder name for any profile name: readable where that is safe, and never the same for two names. */
function folderOf(name: string): string {
  const readable = name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, 32);
  const digest = sha256Hex(name).slice(0, 12);
  return `${readable}-${digest}`;
}
