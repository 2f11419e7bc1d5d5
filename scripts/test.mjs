// `npm test`: prepares what the tests need, builds and checks meanwhile, then all tests, and those that depend on Node most
// once more on the newest. Arguments go to vitest, which then runs once.
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { install } from './install.mjs';
import { FILES, NEWEST, nodeProgram } from './nodes.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

function step(args, program = process.execPath) {
  const child = spawn(program, args, { cwd: root, stdio: 'inherit' });
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

mkdirSync(`${root}.cache`, { recursive: true });
const counts = { passed: 0, failed: 0, skipped: 0 };
const wanted = process.argv.slice(2);
const tested = await runTests('test-report', wanted);
const onNewest = wanted.length > 0 ? 0 : await testOnNewest();

if (checked !== 0) console.error('npm test: `npm run check` failed, see above');
console.log(`tests: ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
process.exit(checked || prepared || tested || onNewest);

async function runTests(name, args, program) {
  const report = `${root}.cache/${name}.json`;
  rmSync(report, { force: true });
  const reporters = [
    '--reporter=default',
    '--reporter=./scripts/retried-reporter.mjs',
    '--reporter=json',
    `--outputFile.json=${report}`,
  ];
  const status = await step(['node_modules/vitest/vitest.mjs', 'run', ...reporters, ...args], program);
  const told = JSON.parse(readFileSync(report, 'utf8'));
  counts.passed += told.numPassedTests ?? 0;
  counts.failed += told.numFailedTests ?? 0;
  counts.skipped += told.numPendingTests ?? 0;
  return status;
}

/** Without a registry to get it from: skipped loudly, and a failure under `CI=true`. */
async function testOnNewest() {
  try {
    const program = nodeProgram(NEWEST);
    console.log(`npm test: the driver and the program on Node ${NEWEST}`);
    return await runTests('test-report-newest', FILES, program);
  } catch (error) {
    console.error(`SKIPPED: the tests on Node ${NEWEST}: ${error.message}`);
    return process.env['CI'] === 'true' ? 1 : 0;
  }
}
