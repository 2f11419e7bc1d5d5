#!/usr/bin/env node
// Runs the built command line; says what to do in a checkout that is not built yet.
import { existsSync } from 'node:fs';
import module from 'node:module';
import { setFlagsFromString } from 'node:v8';

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
if (module.enableCompileCache !== undefined) module.enableCompileCache();

// What runs for months shares its computer with others. V8 would let the space of young objects grow to 32 MB and more, and
// the old ones to a multiple of what lives; both cost these commands no time that could be measured (bench/memory.ts).
if (['serve', 'station'].some((command) => process.argv.includes(command))) {
  setFlagsFromString('--semi-space-growth-factor=1');
  setFlagsFromString('--heap-growing-percent=30');
}

const main = new URL('../dist/program/main.js', import.meta.url);
if (!existsSync(main)) {
  process.stderr.write('espmint is not built yet; run `npm install && npm run build` in the checkout.\n');
  process.exit(1);
}
// Stack traces then name the sources, not the files that they were put together in.
if (process.argv.includes('--debug')) process.setSourceMapsEnabled(true);
const { main: run } = await import(main.href);
process.exitCode = await run(process.argv.slice(2));
