// What a user gets from the tarball: small, without build debris, and it works from an empty folder with production packages only.
import { execFile, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT } from '../support/reference-tools.js';

const run = promisify(execFile);
const NPM = process.platform === 'win32' ? 'npm.cmd' : 'npm';
const MAX_BYTES = 1_000_000;
/** Packages are fetched; a slow line is no fault of the package. */
const INSTALL_MS = 300_000;
const version = (JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string }).version;

const isOnline =
  process.env['CI'] === 'true' ||
  spawnSync(NPM, ['ping', '--fetch-retries=0', '--fetch-timeout=10000']).status === 0;
if (!isOnline) {
  process.stderr.write(
    'SKIPPED: the install from the tarball, as npm reaches no package registry (CI=true makes this fail).\n',
  );
}

let folder = '';
let tarball = '';
let packed: readonly string[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'espmint-installed-'));
  // Without its scripts: a build would take the program away from the tests beside this one.
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder];
  const { stdout } = await run(NPM, args, { cwd: ROOT, maxBuffer: 16 * MAX_BYTES });
  const parsed = JSON.parse(stdout) as Record<string, Packed>;
  const [made] = Object.values<Packed>(parsed);
  if (made === undefined) throw new Error('npm pack made nothing');
  tarball = join(folder, made.filename);
  packed = made.files.map(({ path }) => path);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Packed {
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
}

describe('the tarball of npm pack', () => {
  it('takes 1 MB or less', () => {
    expect(statSync(tarball).size).toBeLessThanOrEqual(MAX_BYTES);
  });

  it('holds no pictures, source maps, tests or build state', () => {
    const debris = /\.(png|jpe?g|gif|webp|map|tsbuildinfo)$|\.test\.|^(src|test|bench|scripts)\//;
    expect(packed.filter((path) => debris.test(path))).toEqual([]);
    expect(packed).toContain('dist/program/main.js');
  });

  it('carries the SBOM and the notices of others whose work is in it', () => {
    expect(packed).toEqual(expect.arrayContaining(['dist/sbom.cdx.json', 'dist/third-party-notices.txt']));
  });
});

describe.skipIf(!isOnline)('the program installed from the tarball, without development packages', () => {
  let program = '';
  const installed = (...args: string[]): Promise<{ stdout: string }> => {
    const env = { ...process.env, FORCE_COLOR: undefined, NODE_PATH: undefined };
    return run(process.execPath, [program, ...args], { cwd: join(folder, 'away'), env });
  };

  beforeAll(async () => {
    const cwd = mkdtempSync(join(folder, 'user-'));
    writeFileSync(join(cwd, 'package.json'), '{ "private": true }\n');
    // With install scripts, as a user has it: the embedded server's links are made by one.
    await run(NPM, ['install', '--omit=dev', '--no-audit', '--no-fund', tarball], {
      cwd,
      timeout: INSTALL_MS,
    });
    program = join(cwd, 'node_modules/espmint/bin/espmint.js');
    mkdirSync(join(folder, 'away'));
  }, INSTALL_MS);

  it('tells its version', async () => {
    expect((await installed('--version')).stdout).toBe(`${version}\n`);
  });

  it('provisions four virtual boards into the embedded registry', async () => {
    const { stdout } = await installed('demo', '--once');
    expect(stdout.match(/✓ PASS/g)).toHaveLength(4);
  });

  it('opens serial ports with the packages that came along', async () => {
    expect((await installed('ports', '--json')).stdout).toMatch(/^(\{.*\}\n)*$/);
  });
});
