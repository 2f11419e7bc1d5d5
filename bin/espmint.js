#!/usr/bin/env node
// Runs the built command line; says what to do in a checkout that is not built yet.
'use strict';
const { existsSync, mkdirSync, statSync } = require('node:fs');
const { enableCompileCache } = require('node:module');
const { userInfo } = require('node:os');
const { join } = require('node:path');

// As package.json has it. Nothing of the program is loaded before: an older Node cannot read it. What stands here is read by
// versions from 14 on.
const OLDEST = [20, 19];
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1])) {
  process.stderr.write(
    `espmint needs Node ${OLDEST.join('.')} or later, and this is ${process.versions.node}; install a newer one (https://nodejs.org).\n`,
  );
  process.exit(1);
}

// Newer Node versions keep what they compiled: the next start is shorter. Older ones have no such function.
if (enableCompileCache !== undefined) {
  const folder = ownCacheFolder();
  if (folder !== undefined) enableCompileCache(folder);
}

// What runs for months shares its computer with others. V8 would let the space of young objects grow to 32 MB and more, and
// the old ones to a multiple of what lives; both cost these commands no time that could be measured (bench/memory.ts).
if (['serve', 'station'].some((command) => process.argv.includes(command))) {
  const { setFlagsFromString } = require('node:v8');
  setFlagsFromString('--semi-space-growth-factor=1');
  setFlagsFromString('--heap-growing-percent=30');
}

const main = join(__dirname, '../dist/program/main.js');
if (!existsSync(main)) {
  process.stderr.write('espmint is not built yet; run `npm install && npm run build` in the checkout.\n');
  process.exit(1);
}
// Stack traces then name the sources, not the files that they were put together in.
if (process.argv.includes('--debug')) process.setSourceMapsEnabled(true);
require(main)
  .main(process.argv.slice(2))
  .then((code) => {
    process.exitCode = code;
  });

/**
 * A folder for compiled code that nobody else can write. Node's own choice is a known name in the folder for temporary files:
 * whoever made it first there would choose what we run. The home is the account's, not HOME: sudo can leave another's there.
 */
function ownCacheFolder() {
  try {
    const { homedir, uid } = userInfo();
    const folder = join(homedir, '.cache', 'espmint');
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const isOurs = [homedir, join(homedir, '.cache'), folder].every((path) => {
      const found = statSync(path);
      return process.platform === 'win32' || (found.uid === uid && (found.mode & 0o022) === 0);
    });
    return isOurs ? folder : undefined;
  } catch {
    // No account, no home, or a disk that cannot be written: as without a cache.
    return undefined;
  }
}
