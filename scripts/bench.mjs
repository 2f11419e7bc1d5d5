// `npm run bench -- NAME [options]`: bundles bench/NAME.ts, so that it runs at the speed of the built package, and runs
// it. Each benchmark prints its figures and writes bench/results/NAME.json. Without a name: all that a user would ask
// about, one after the other in one run (under 20 minutes), and docs/reference/performance.md with a picture of each.
import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { prepare } from './install.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const [name, ...args] = process.argv.slice(2);
/** One whole run: short forms of those that can run for hours. The last makes the page from what the others wrote. */
const WHOLE_RUN = [
  ['startup'],
  ['device'],
  ['station', '--boards', '1000'],
  ['nvs'],
  ['registry', '--rows', '100000'],
  ['memory', '--runs', '2000'],
  ['performance'],
];
if (name !== undefined && !existsSync(join(root, `bench/${name}.ts`))) {
  const names = readdirSync(join(root, 'bench')).flatMap((file) =>
    file.endsWith('.ts') ? [file.slice(0, -3)] : [],
  );
  console.error(`usage: npm run bench [-- NAME]; there are: ${names.join(', ')}`);
  process.exit(2);
}
prepare('bench');
// Not there before in a fresh clone.
const { build } = await import('vite');
// As deep below the project as the sources are: they find the project from their own place.
const outDir = join(root, '.cache/bench');
const run = name === undefined ? 'one-run' : undefined;
for (const [bench, ...options] of run === undefined ? [[name, ...args]] : WHOLE_RUN) {
  await build({
    root,
    configFile: false,
    logLevel: 'error',
    build: {
      ssr: join(root, `bench/${bench}.ts`),
      outDir,
      emptyOutDir: false,
      target: 'node20',
      minify: false,
    },
  });
  if (run !== undefined) console.log(`\nbench ${[bench, ...options].join(' ')}`);
  const status = await measure(bench, options);
  if (status !== 0) process.exit(status);
}

function measure(bench, options) {
  const child = spawn(process.execPath, ['--expose-gc', join(outDir, `${bench}.js`), ...options], {
    cwd: root,
    stdio: 'inherit',
    env: run === undefined ? process.env : { ...process.env, ESPMINT_BENCH_RUN: run },
  });
  const pass = (signal) => child.kill(signal);
  // The benchmark has more to close than we know of: it ends first.
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, pass);
  return new Promise((resolve) => {
    child.on('close', (code) => {
      for (const signal of ['SIGINT', 'SIGTERM']) process.off(signal, pass);
      resolve(code ?? 1);
    });
  });
}
