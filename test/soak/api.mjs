// `npm run soak -- api [--examples 100] [--seed N]`: schemathesis makes requests from the service's own OpenAPI document, with
// an admin's rights, against virtual boards. Fails on a 5xx, and on an event loop that stood still for over 100 ms. Run it
// where no board is plugged in: an admin may start jobs.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    examples: { type: 'string', default: '100' },
    seed: { type: 'string', default: '20261130' },
    only: { type: 'string' },
    report: { type: 'string', default: 'bench/results/soak-api.json' },
  },
});
const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'espmint-soak-api-'));
const stallFile = join(folder, 'stalls.jsonl');
const serviceLog = join(folder, 'service.log');
const base = [join(root, 'bin/espmint.js'), '--data-dir', join(folder, 'data')];
writeFileSync(stallFile, '');
writeFileSync(join(folder, 'password'), 'fuzzing the service\n', { mode: 0o600 });

let failed = true;
try {
  const st = schemathesis();
  espmint('users', 'add', 'soak', '--role', 'admin', '--password-file', join(folder, 'password'));
  const { token } = JSON.parse(espmint('tokens', 'create', 'soak', '--role', 'admin', '--json'));
  failed = await withService((url) => fuzz(st, url, token));
} finally {
  if (failed) console.error(`kept for a look: ${folder}`);
  else rmSync(folder, { recursive: true, force: true });
}
process.exit(failed ? 1 : 0);

async function fuzz(st, url, token) {
  const api = `${url}/api/v1`;
  const headers = { authorization: `Bearer ${token}` };
  const document = await (await fetch(`${api}/openapi.json`, { headers })).json();
  const operations = Object.values(document.paths).flatMap((path) => Object.keys(path)).length;
  const ndjson = join(folder, 'requests.ndjson');
  const args = [
    ...[
      'run',
      `${api}/openapi.json`,
      '-H',
      `Authorization: Bearer ${token}`,
      '--checks',
      'not_a_server_error',
    ],
    // GET /events never ends; the token of the campaign is not to be ended by it.
    ...['--exclude-path-regex', '/(events|tokens/.*)$', '--phases', 'examples,coverage,fuzzing'],
    ...(values.only === undefined ? [] : ['--include-path-regex', values.only]),
    ...['-n', values.examples, '--seed', values.seed, '--request-timeout', '60', '--continue-on-failure'],
    ...['--suppress-health-check', 'all', '--warnings', 'off', '--no-color', '--report', 'ndjson'],
    ...['--report-ndjson-path', ndjson],
  ];
  const started = Date.now();
  // Beside the service, not instead of it: this process must go on to read what the service prints.
  const code = await new Promise((resolve) => {
    spawn(st, args, { cwd: folder, stdio: 'inherit' }).on('exit', resolve);
  });
  const still = await fetch(`${api}/ports`, { headers });
  const stalls = lines(stallFile).map((line) => JSON.parse(line));
  const statuses = {};
  for (const [, status] of readFileSync(ndjson, 'utf8').matchAll(/"status_code": ?(\d{3})/g)) {
    statuses[status] = (statuses[status] ?? 0) + 1;
  }
  const report = {
    date: new Date().toISOString().slice(0, 10),
    seed: Number(values.seed),
    operations,
    seconds: Math.round((Date.now() - started) / 1000),
    statuses,
    stallsOver100Ms: stalls.length,
    longestStallMs: Math.max(0, ...stalls.map(({ busyMs }) => busyMs)),
  };
  console.log(report, stalls.slice(0, 20));
  if (!still.ok) console.error(`the service no longer answers as before: ${still.status}`);
  const isGood = code === 0 && still.ok && stalls.length === 0;
  if (isGood && values.only === undefined) {
    mkdirSync(join(root, 'bench/results'), { recursive: true });
    writeFileSync(join(root, values.report), `${JSON.stringify(report, null, 2)}\n`);
  }
  return !isGood;
}

async function withService(use) {
  const observed = ['--import', new URL('event-loop-stalls.mjs', import.meta.url).href];
  const args = [...observed, ...base, 'serve', '--port', '0', '--virtual', '4', '--json'];
  const service = spawn(process.execPath, args, {
    cwd: root,
    env: { ...process.env, ESPMINT_SOAK_STALLS: stallFile },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  service.stderr.on('data', (chunk) => writeFileSync(serviceLog, chunk, { flag: 'a' }));
  const ended = new Promise((resolve) => service.once('exit', resolve));
  const url = await new Promise((resolve, reject) => {
    createInterface(service.stdout).once('line', (line) => resolve(JSON.parse(line).url));
    void ended.then(() => reject(new Error(`the service did not start: ${lines(serviceLog).join('\n')}`)));
  });
  try {
    return await use(url);
  } finally {
    service.kill('SIGTERM');
    await ended;
  }
}

function espmint(...args) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [...base, ...args], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`espmint ${args[0]}: ${stderr}`);
  return stdout;
}

/** Its program, in a Python environment that is made once. */
function schemathesis() {
  const venv = join(root, '.cache/schemathesis');
  const program = join(venv, 'bin/st');
  if (existsSync(program)) return program;
  for (const [command, ...args] of [
    ['python3', '-m', 'venv', venv],
    [join(venv, 'bin/pip'), 'install', '--quiet', 'schemathesis==4.*'],
  ]) {
    if (spawnSync(command, args, { stdio: 'inherit' }).status !== 0) throw new Error(`${command} failed`);
  }
  return program;
}

function lines(file) {
  return existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : [];
}
