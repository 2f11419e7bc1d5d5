// `npm test`: prepares what the tests need, then check, then all tests. Arguments go to vitest.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { install } from './install.mjs';
import { prepare } from './prepare.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const report = `${root}.cache/test-report.json`;

function step(args) {
  const run = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' });
  return run.status ?? 1;
}

install();
await prepare();
if (step(['scripts/build.mjs']) !== 0) process.exit(1);
const checked = step(['scripts/check.mjs']);

rmSync(report, { force: true });
mkdirSync(`${root}.cache`, { recursive: true });
const reporters = [
  '--reporter=default',
  '--reporter=./scripts/retried-reporter.mjs',
  '--reporter=json',
  `--outputFile.json=${report}`,
];
const tested = step(['node_modules/vitest/vitest.mjs', 'run', ...reporters, ...process.argv.slice(2)]);

const {
  numPassedTests = 0,
  numFailedTests = 0,
  numPendingTests = 0,
} = JSON.parse(readFileSync(report, 'utf8'));
if (checked !== 0) console.error('npm test: `npm run check` failed, see above');
console.log(`tests: ${numPassedTests} passed, ${numFailedTests} failed, ${numPendingTests} skipped`);
process.exit(checked || tested);
