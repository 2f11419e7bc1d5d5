#!/usr/bin/env node
// Runs the built command line; says what to do in a checkout that is not built yet.
import { existsSync } from 'node:fs';
import module from 'node:module';

// Newer Node versions keep what they compiled: the next start is shorter. Older ones have no such function.
module.enableCompileCache?.();

const main = new URL('../dist/program/main.js', import.meta.url);
if (!existsSync(main)) {
  process.stderr.write('espmint is not built yet; run `npm install && npm run build` in the checkout.\n');
  process.exit(1);
}
// Stack traces then name the sources, not the files that they were put together in.
if (process.argv.includes('--debug')) process.setSourceMapsEnabled(true);
const { main: run } = await import(main.href);
process.exitCode = await run(process.argv.slice(2));
