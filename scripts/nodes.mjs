// Other versions of Node than the one that runs this: gets each from its npm package, and runs on it what depends on Node
// most. `npm run test:nodes [-- VERSION…]` tries all of them; `npm test` the newest.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
/** The oldest that is supported, and the last of each line that people have; newest last. */
export const SUPPORTED = ['20.19.0', '22.23.5', '24.22.3', '26.12.1'];
export const NEWEST = SUPPORTED.at(-1);
const TOO_OLD = '18.20.8';

/** Ports, the driver over every kind of link, and the program from a board to the embedded registry. */
export const FILES = [
  'src/driver/link',
  'src/driver/ports',
  'src/driver/protocol',
  'test/contract/driver-links.test.ts',
  'test/e2e/demo.test.ts',
  'test/e2e/provision.test.ts',
];

const SYSTEM = process.platform === 'win32' ? 'win' : process.platform;

/**
 * Program of that version for that system (`linux`, `darwin`, `win`), fetched once into .cache/node.
 *
 * @throws Error in one line when it cannot be had
 */
export function nodeProgram(version, { system = SYSTEM, arch = process.arch } = {}) {
  const name = `${system === 'darwin' && arch === 'arm64' ? 'node-bin' : 'node'}-${system}-${arch}`;
  const folder = join(root, '.cache/node', version);
  const program = join(folder, 'node_modules', name, 'bin', system === 'win' ? 'node.exe' : 'node');
  if (existsSync(program)) return program;
  const { platform } = process;
  const npm = platform === 'win32' ? 'npm.cmd' : 'npm';
  // By force: npm refuses a package that is meant for another system.
  const args = [
    'install',
    '--prefix',
    folder,
    '--no-save',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--force',
  ];
  const got = spawnSync(npm, [...args, '--loglevel', 'error', `${name}@${version}`], {
    encoding: 'utf8',
    shell: platform === 'win32',
  });
  if (got.status !== 0 || !existsSync(program)) {
    throw new Error(
      `npm did not get ${name}@${version}: ${(got.error?.message ?? got.stderr).trim().split('\n')[0]}`,
    );
  }
  return program;
}

function tryVersion(version) {
  const program = nodeProgram(version);
  if (version === TOO_OLD) {
    const { status, stderr } = spawnSync(program, ['bin/espmint.js', '--version'], {
      cwd: root,
      encoding: 'utf8',
    });
    const isOneSentence = /^espmint needs Node [^\n]*\n$/.test(stderr);
    if (!isOneSentence) process.stderr.write(stderr);
    return status === 1 && isOneSentence;
  }
  const { status } = spawnSync(program, ['node_modules/vitest/vitest.mjs', 'run', ...FILES], {
    cwd: root,
    stdio: 'inherit',
  });
  return status === 0;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const wanted = process.argv.slice(2);
  const rows = (wanted.length > 0 ? wanted : [TOO_OLD, ...SUPPORTED]).map((version) => {
    console.log(`\nnodes: ${version}`);
    return [version, tryVersion(version)];
  });
  console.log('');
  for (const [version, isGood] of rows) {
    const good = version === TOO_OLD ? 'refused in one sentence' : 'passed';
    console.log(`nodes: ${version.padEnd(8)} ${isGood ? good : 'FAILED'}`);
  }
  if (rows.some(([, isGood]) => !isGood)) process.exit(1);
}
