// `npm run check`: everything that reads the code without running it. Two steps at a time; runs all, then reports all.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const AT_ONCE = 2;
/** Name, tool, arguments; the slowest first. */
const STEPS = [
  ['types and lint', 'oxlint', ['.']],
  ['format', 'prettier', ['--check', '--log-level', 'warn', '.']],
  ['OpenAPI', 'redocly', ['lint', 'docs/reference/openapi.json', '--format', 'stylish']],
  ['import fence', 'depcruise', ['src', '--config', '.dependency-cruiser.cjs']],
  ['unused code and dependencies', 'knip', []],
];

/** Runs one step and prints what it said in one piece; resolves with whether it passed. */
function run([name, tool, args]) {
  const started = Date.now();
  return new Promise((resolve) => {
    const child = spawn(`node_modules/.bin/${tool}`, args, {
      cwd: root,
      shell: process.platform === 'win32',
      // A check asks nobody outside.
      env: { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' },
    });
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (text) => (said += text));
    child.stderr.setEncoding('utf8').on('data', (text) => (said += text));
    child.on('error', (error) => (said += `${error.message}\n`));
    child.on('close', (code) => {
      const seconds = ((Date.now() - started) / 1000).toFixed(1);
      if (code !== 0) process.stdout.write(said);
      console.log(`check: ${name} ${code === 0 ? 'ok' : 'FAILED'} (${seconds} s)`);
      resolve(code === 0);
    });
  });
}

const waiting = [...STEPS];
const failed = [];
async function work() {
  for (let step = waiting.shift(); step !== undefined; step = waiting.shift()) {
    if (!(await run(step))) failed.push(step[0]);
  }
}
await Promise.all(Array.from({ length: AT_ONCE }, work));
if (failed.length > 0) {
  console.error(`check: ${failed.join(', ')} failed`);
  process.exit(1);
}
