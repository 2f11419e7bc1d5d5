// `npm run portable -- SYSTEM-ARCH [FOLDER]`: one folder with its own Node that runs espmint from a stick or a share, without
// an installation: linux-x64, linux-arm64, darwin-arm64, darwin-x64, win-x64.
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nodeProgram } from './nodes.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const TARGETS = ['linux-x64', 'linux-arm64', 'darwin-x64', 'darwin-arm64', 'win-x64'];
/** The newest of the line that is maintained longest and that every system has as an npm package. */
const NODE = '22';
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

/** Found from anywhere, also through a link to it. */
const STARTER = `#!/bin/sh
# Runs espmint with the Node beside it.
at=$0
while [ -L "$at" ]; do
  to=$(readlink "$at")
  case $to in /*) at=$to ;; *) at=$(dirname "$at")/$to ;; esac
done
here=$(CDPATH= cd -- "$(dirname -- "$at")" && pwd)
exec "$here/node" "$here/node_modules/espmint/bin/espmint.js" "$@"
`;
const CMD = `@echo off\r\n"%~dp0node.exe" "%~dp0node_modules\\espmint\\bin\\espmint.js" %*\r\n`;

/** What people start: `espmint`, on Windows also a double click for the dashboard. */
export function writeStarters(folder, system) {
  if (system === 'win') {
    writeFileSync(join(folder, 'espmint.cmd'), CMD);
    copyFileSync(join(root, 'deploy/windows/start-espmint.cmd'), join(folder, 'start-espmint.cmd'));
    return;
  }
  writeFileSync(join(folder, 'espmint'), STARTER);
  chmodSync(join(folder, 'espmint'), 0o755);
}

function must(command, args, options) {
  const done = spawnSync(command, args, { stdio: ['ignore', 'ignore', 'inherit'], ...options });
  if (done.status !== 0) throw new Error(`${command} ${args[0]} failed`);
}

function makePortable(target, folder) {
  const [system, arch] = target.split('-');
  const node = nodeProgram(NODE, { system, arch });
  const scratch = mkdtempSync(join(tmpdir(), 'espmint-portable-'));
  try {
    must('npm', ['pack', '--silent', '--pack-destination', scratch], { cwd: root });
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
    const os =
      system === 'win' ? ['--os=win32'] : [`--os=${system}`, ...(system === 'linux' ? ['--libc=glibc'] : [])];
    const args = [
      'install',
      ...os,
      `--cpu=${arch}`,
      '--omit=dev',
      '--ignore-scripts',
      '--no-audit',
      '--no-fund',
    ];
    must('npm', [...args, '--loglevel', 'error', join(scratch, `espmint-${version}.tgz`)], { cwd: folder });
    const program = join(folder, system === 'win' ? 'node.exe' : 'node');
    copyFileSync(node, program);
    chmodSync(program, 0o755);
    writeStarters(folder, system);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [target, folder = join(root, '.cache/portable', `espmint-${version}-${target}`)] =
    process.argv.slice(2);
  if (!TARGETS.includes(target)) {
    console.error(`portable: give one of ${TARGETS.join(', ')}: npm run portable -- linux-x64 [FOLDER]`);
    process.exit(2);
  }
  makePortable(target, resolve(folder));
  console.log(resolve(folder));
}
