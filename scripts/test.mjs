// `npm test`: prepares what the tests need, builds and checks meanwhile, then all tests. Arguments go to vitest.
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { install } from './install.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const report = `${root}.cache/test-report.json`;

function step(args) {
  const child = spawn(process.execPath, args, { cwd: root, stdio: 'inherit' });
  return new Promise((resolve) => {
    child.on('close', (code) => {
      resolve(code ?? 1);
    });
  });
}

async function buildAndCheck() {
  const built = await step(['scripts/build.mjs']);
  return { built, checked: built || (await step(['scripts/check.mjs'])) };
}

install();
// What is prepared comes over the network, and the two cores are free for the rest.
const [{ built, checked }, prepared] = await Promise.all([buildAndCheck(), step(['scripts/prepare.mjs'])]);
if (built !== 0) process.exit(1);

rmSync(report, { force: true });
mkdirSync(`${root}.cache`, { recursive: true });
const reporters = [
  '--reporter=default',
  '--reporter=./scripts/retried-reporter.mjs',
  '--reporter=json',
  `--outputFile.json=${report}`,
];
const tested = await step(['node_modules/vitest/vitest.mjs', 'run', ...reporters, ...process.argv.slice(2)]);

const {
  numPassedTests = 0,
  numFailedTests = 0,
  numPendingTests = 0,
} = JSON.parse(readFileSync(report, 'utf8'));
if (checked !== 0) console.error('npm test: `npm run check` failed, see above');
console.log(`tests: ${numPassedTests} passed, ${numFailedTests} failed, ${numPendingTests} skipped`);
process.exit(checked || prepared || tested);
