// Secrets of the station: stored by name, used by profiles, never given out again.
import { readFile, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { EspmintError } from '../../core/errors/index.js';
import { codeOf, makePrivateDir, replaceOwnFile, unreadable, unwritable } from '../../files/index.js';
import type { SecretResolver } from '../../provision/index.js';

/** No path can be made of it: what a profile of this service refers to stays inside the folder of secrets. */
const SECRET_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
/** Whoever may write a profile must not be able to have the service's own environment flashed into a board and read there. */
const ALLOWED_VARIABLE = /^ESPMINT_(WIFI|SECRET)_[A-Z0-9_]+$/;

export class Secrets {
  readonly #folder: string;
  readonly #env: Readonly<Record<string, string | undefined>>;

  constructor(dataDir: string, env: Readonly<Record<string, string | undefined>>) {
    this.#folder = join(dataDir, 'service', 'secrets');
    this.#env = env;
  }

  async list(): Promise<{ name: string; savedAt: string }[]> {
    const files = await readdir(this.#folder).catch((error: unknown) => {
      if (codeOf(error) === 'ENOENT') return [];
      throw unreadable(this.#folder, error);
    });
    const names = files.filter((file) => SECRET_NAME.test(file)).sort();
    return Promise.all(
      names.map(async (name) => ({
        name,
        savedAt: (await stat(join(this.#folder, name))).mtime.toISOString(),
      })),
    );
  }

  async put(name: string, value: string): Promise<void> {
    const path = this.#pathOf(name);
    await makePrivateDir(this.#folder);
    await replaceOwnFile(path, value);
  }

  /** @throws SECRET_UNKNOWN */
  async remove(name: string): Promise<void> {
    const path = this.#pathOf(name);
    try {
      await rm(path);
    } catch (error) {
      if (codeOf(error) === 'ENOENT') throw new EspmintError('SECRET_UNKNOWN', { name });
      throw unwritable(path, error);
    }
  }

  /** For buildPlan. @throws SECRET_REFERENCE_REFUSED, SECRET_UNKNOWN */
  readonly resolve: SecretResolver = async (reference) => {
    const [kind, ...rest] = reference.split(':');
    const name = rest.join(':');
    if (kind === 'env') return this.#variable(reference, name);
    if (!SECRET_NAME.test(name)) {
      throw new EspmintError('SECRET_REFERENCE_REFUSED', { reference, reason: 'is a path' });
    }
    const path = this.#pathOf(name);
    try {
      return await readFile(path, 'utf8');
    } catch (error) {
      if (codeOf(error) === 'ENOENT') throw new EspmintError('SECRET_UNKNOWN', { name });
      throw unreadable(path, error);
    }
  };

  #variable(reference: string, name: string): string {
    if (!ALLOWED_VARIABLE.test(name)) {
      throw new EspmintError('SECRET_REFERENCE_REFUSED', {
        reference,
        reason: 'is not among the variables for this',
      });
    }
    const value = this.#env[name];
    if (value === undefined) throw new EspmintError('SECRET_UNKNOWN', { name });
    return value;
  }

  #pathOf(name: string): string {
    if (!SECRET_NAME.test(name)) throw new EspmintError('SECRET_UNKNOWN', { name });
    return join(this.#folder, name);
  }
}
