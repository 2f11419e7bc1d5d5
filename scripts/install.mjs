// Makes a fresh clone ready to run: installs packages when they are missing or the lock file is newer. `node
// scripts/install.mjs` before a command of package.json does only that.
import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const MIN_NODE = [20, 19];

/** Ends the process with one sentence when Node is too old or npm fails. */
export function install() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major < MIN_NODE[0] || (major === MIN_NODE[0] && minor < MIN_NODE[1])) {
    console.error(
      `espmint needs Node ${MIN_NODE.join('.')} or later; this is ${process.versions.node}. Install a newer Node.`,
    );
    process.exit(1);
  }
  const stamp = `${root}node_modules/.package-lock.json`;
  if (existsSync(stamp) && statSync(stamp).mtimeMs >= statSync(`${root}package-lock.json`).mtimeMs) return;
  console.log('install: npm ci (a minute or two)');
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel', 'error'];
  const done = spawnSync(npm, args, { cwd: root, stdio: 'inherit', shell: process.platform === 'win32' });
  if (done.status === 0) return;
  console.error(
    'install: npm ci failed; check the network and the registry that npm is set to, then run it again.',
  );
  process.exit(1);
}

/** What a campaign or a benchmark needs beside the packages: the built program, and the tools to compare with. */
export function prepare(caller) {
  install();
  for (const [made, script] of [
    ['dist/program/main.js', 'build.mjs'],
    ['.cache/venv/prepared', 'prepare.mjs'],
  ]) {
    if (existsSync(join(root, made))) continue;
    spawnSync(process.execPath, [join(root, 'scripts', script)], { cwd: root, stdio: 'inherit' });
    if (existsSync(join(root, made))) continue;
    console.error(
      `${caller}: scripts/${script} did not make ${made}; mend what it says above, then run this again`,
    );
    process.exit(1);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) install();
