// `npm test`: prepares what the tests need and builds meanwhile, then all tests. Beside them it checks the code, and runs what
// depends on Node most on the newest; what those two say comes at the end. Arguments go to vitest, which then runs once.
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { setPriority } from 'node:os';
import { fileURLToPath } from 'node:url';
import { install } from './install.mjs';
import { FILES, NEWEST, nodeProgram } from './nodes.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Of the checks: they fill the time in which tests wait. Tests are never run so: what they wait for has deadlines. */
const LESS_URGENT = 5;
/** Where a step that runs beside another one has its output kept until the end; elsewhere it is shown as it comes. */
const aside = { check: '', newest: '' };

function step(args, { program = process.execPath, keep, urgency = 0, env = {} } = {}) {
  const output = keep === undefined ? 'inherit' : 'pipe';
  const stdio = ['inherit', output, output];
  const child = spawn(program, args, { cwd: root, stdio, env: { ...process.env, ...env } });
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (text) => (aside[keep] += text));
  if (urgency !== 0) setPriority(child.pid, urgency);
  return new Promise((resolve) => {
    child.on('close', (code) => {
      resolve(code ?? 1);
    });
  });
}

install();
// What is prepared comes over the network, and the two cores are free for the rest.
const [built, prepared] = await Promise.all([step(['scripts/build.mjs']), step(['scripts/prepare.mjs'])]);
if (built !== 0) process.exit(1);

mkdirSync(`${root}.cache`, { recursive: true });
const counts = { passed: 0, failed: 0, skipped: 0 };
const wanted = process.argv.slice(2);
const [tested, checked, onNewest] = await Promise.all([
  runTests('test-report', wanted),
  step(['scripts/check.mjs'], { keep: 'check', urgency: LESS_URGENT }),
  wanted.length > 0 ? 0 : testOnNewest(),
]);

process.stdout.write(`${aside.newest}\n${aside.check}`);
if (checked !== 0) console.error('npm test: `npm run check` failed, see above');
console.log(`tests: ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
process.exit(checked || prepared || tested || onNewest);

async function runTests(name, args, how) {
  const report = `${root}.cache/${name}.json`;
  rmSync(report, { force: true });
  const reporters = [
    '--reporter=default',
    '--reporter=./scripts/retried-reporter.mjs',
    '--reporter=json',
    `--outputFile.json=${report}`,
  ];
  const status = await step(['node_modules/vitest/vitest.mjs', 'run', ...reporters, ...args], how);
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
    aside.newest = `\nnpm test: the driver and the program on Node ${NEWEST}\n`;
    // Its option of that name does not reach the projects.
    const env = { VITEST_MAX_WORKERS: '2' };
    return await runTests('test-report-newest', FILES, { program, keep: 'newest', env });
  } catch (error) {
    aside.newest += `SKIPPED: the tests on Node ${NEWEST}: ${error.message}\n`;
    return process.env['CI'] === 'true' ? 1 : 0;
  }
}
