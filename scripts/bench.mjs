// `npm run bench -- NAME [options]`: bundles bench/NAME.ts, so that it runs at the speed of the built package, and runs
// it. Each benchmark prints its figures and writes bench/results/NAME.json.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const root = fileURLToPath(new URL('..', import.meta.url));
const [name, ...args] = process.argv.slice(2);
const source = join(root, `bench/${name}.ts`);
if (name === undefined || !existsSync(source)) {
  const names = readdirSync(join(root, 'bench')).flatMap((file) =>
    file.endsWith('.ts') ? [file.slice(0, -3)] : [],
  );
  console.error(`usage: npm run bench -- NAME; there are: ${names.join(', ')}`);
  process.exit(2);
}
// A fresh clone has neither the built package nor the tools to compare with.
for (const [made, script] of [
  ['dist/program/main.js', 'build.mjs'],
  ['.cache/venv/prepared', 'prepare.mjs'],
]) {
  if (existsSync(join(root, made))) continue;
  const { status } = spawnSync(process.execPath, [join(root, 'scripts', script)], {
    cwd: root,
    stdio: 'inherit',
  });
  if (status !== 0 || !existsSync(join(root, made))) {
    console.error(
      `bench: scripts/${script} did not make ${made}; mend what it says above, then run this again`,
    );
    process.exit(1);
  }
}
// As deep below the project as the sources are: they find the project from their own place.
const outDir = join(root, '.cache/bench');
await build({
  root,
  configFile: false,
  logLevel: 'error',
  build: { ssr: source, outDir, emptyOutDir: false, target: 'node20', minify: false },
});
const run = spawn(process.execPath, ['--expose-gc', join(outDir, `${name}.js`), ...args], {
  cwd: root,
  stdio: 'inherit',
});
// The benchmark has more to close than we know of: it ends first.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => run.kill(signal));
run.on('close', (status) => process.exit(status ?? 1));
