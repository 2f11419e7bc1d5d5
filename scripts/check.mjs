// `npm run check`: everything that reads the code without running it. Runs all, then reports all failures.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const STEPS = [
  ['format', 'prettier', ['--check', '--log-level', 'warn', '.']],
  ['types', 'tsc', ['-p', 'tsconfig.json']],
  ['types of the page', 'tsc', ['-p', 'src/web/tsconfig.json']],
  ['lint', 'eslint', ['.', '--max-warnings', '0']],
  ['import fence', 'depcruise', ['src', '--config', '.dependency-cruiser.cjs']],
  ['unused code and dependencies', 'knip', []],
];

const failed = [];
for (const [name, tool, args] of STEPS) {
  const started = Date.now();
  const run = spawnSync(`node_modules/.bin/${tool}`, args, { cwd: root, stdio: 'inherit' });
  const ok = run.status === 0;
  if (!ok) failed.push(name);
  console.log(`check: ${name} ${ok ? 'ok' : 'FAILED'} (${((Date.now() - started) / 1000).toFixed(1)} s)`);
}
if (failed.length > 0) {
  console.error(`check: ${failed.join(', ')} failed`);
  process.exit(1);
}
