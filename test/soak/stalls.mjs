// `npm run soak -- stalls`: what anybody can type or send, at its worst, against a running service. Fails where one request
// kept its event loop waiting for over 50 ms; the figures go to bench/results/soak-stalls.json. What is refused, and by
// which count, is asserted among the tests (src/service/http/hostile.test.ts).
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values } = parseArgs({ options: { only: { type: 'string' } } });
const LONGEST_MS = 50;
/** Each input as often: the first time its code is not compiled yet, and another program may have the processor. */
const TIMES = 5;
const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'espmint-soak-stalls-'));
const base = [join(root, 'bin/espmint.js'), '--data-dir', join(folder, 'data')];
writeFileSync(join(folder, 'password'), 'stalling the service\n', { mode: 0o600 });

const lines = (count, line) => Array.from({ length: count }, (_, n) => line(n)).join('\n');
const PROFILE = (name, rows = 0) =>
  `name: ${name}\nversion: 1\ncaUrl: https://ca.example.com\nnvs:\n  rows:\n` +
  lines(Math.max(rows, 1), (n) => `    - { key: k${n}, type: u32, value: ${n} }`);
const nested = (open, close, depth) => open.repeat(depth) + close.repeat(depth);

/** Method, path, body; a body that is text is sent as it is. */
const text = (yaml) => ({ profile: { text: yaml } });
const INPUTS = [
  ['a profile of 40,000 keys', 'POST', '/profiles/check', text(lines(40_000, (n) => `k${n}: 1`))],
  ['a profile at the limit', 'POST', '/profiles/check', text(PROFILE('big', 320))],
  ['a preview at the limit', 'POST', '/profiles/preview', text(PROFILE('big', 320))],
  ['128 KB of dashes', 'POST', '/profiles/check', text('- '.repeat(65_000))],
  ['128 KB of quotes', 'POST', '/profiles/check', text('"'.repeat(131_072))],
  ['128 KB of one word', 'POST', '/profiles/check', text('a'.repeat(131_072))],
  ['2,900 names of one mapping', 'POST', '/profiles/check', text(lines(2_900, (n) => `k${n}: 1`))],
  ['2,900 unknown names of a flow', 'POST', '/profiles/check', text(`{${lines(1_400, (n) => `k${n}: 1,`)}}`)],
  ['99 levels', 'POST', '/profiles/check', text(nested('[', ']', 99))],
  [
    '20 aliases of aliases',
    'POST',
    '/profiles/check',
    text(`a0: &a0 [x]\n${lines(19, (n) => `a${n + 1}: &a${n + 1} [${`*a${n},`.repeat(9)}]`)}`),
  ],
  [
    'a form of 30,000 keys',
    'POST',
    '/profiles/check',
    { profile: { settings: Object.fromEntries(Array.from({ length: 30_000 }, (_, n) => [`k${n}`, 1])) } },
  ],
  [
    'a form of 1,190 keys',
    'POST',
    '/profiles/check',
    { profile: { settings: Object.fromEntries(Array.from({ length: 1_190 }, (_, n) => [`k${n}`, 1])) } },
  ],
  [
    'a form of one long text',
    'POST',
    '/profiles/check',
    { profile: { settings: { name: 'x\n'.repeat(200_000) } } },
  ],
  [
    'a form of one deep path',
    'POST',
    '/profiles/check',
    `{"profile":{"settings":${nested('{"a":', '}', 27).replace(':}', ':1}')}}}`,
  ],
  ['JSON of 200,000 levels', 'POST', '/profiles/check', nested('[', ']', 200_000)],
  ['JSON of 200,000 values', 'POST', '/profiles/check', `[${'1,'.repeat(199_999)}1]`],
  [
    'JSON of 19,000 values',
    'POST',
    '/profiles/check',
    `{"profile":{"settings":{"a":[${'1,'.repeat(18_999)}1]}}}`,
  ],
  [
    'a pattern that backtracks',
    'POST',
    '/profiles/check',
    text(`${PROFILE('p')}\nboot:\n  success: { pattern: "(a+)+(b+)+(c*)*$" }`),
  ],
  [
    'a pattern that repeats',
    'POST',
    '/profiles/check',
    text(`${PROFILE('p')}\nboot:\n  success: { pattern: "((a{15}){15}){9}" }`),
  ],
  [
    '64 networks in the settings',
    'PUT',
    '/settings',
    { networkPorts: Array.from({ length: 20_000 }, (_, n) => `tcp://10.0.0.1:${n}`) },
  ],
  [
    'a list of 25,000 serials',
    'POST',
    '/batches/b/identifiers',
    { csv: `serial\n${lines(25_000, (n) => `SN-${String(n).padStart(12, '0')}`)}`, file: 'serials.csv' },
  ],
  [
    'the same list again',
    'POST',
    '/batches/b/identifiers',
    { csv: `serial\n${lines(25_000, (n) => `SN-${String(n).padStart(12, '0')}`)}`, file: 'serials.csv' },
  ],
  [
    'a list of 5,000 with keys',
    'POST',
    '/batches/b/identifiers',
    {
      csv: `serial,uuid,psk\n${lines(5_000, (n) => `K${n},110e3dc9-fa05-568f-a05a-${n.toString(16).padStart(12, '0')},${n.toString(16).padStart(32, '0')}`)}`,
    },
  ],
  ['a list of quotes', 'POST', '/batches/b/identifiers', { csv: `serial\n${'"'.repeat(260_000)}` }],
  ['a list of commas', 'POST', '/batches/b/identifiers', { csv: `serial\n${','.repeat(490_000)}` }],
  ['a list of wrong rows', 'POST', '/batches/b/identifiers', { csv: `uuid\n${'x\n'.repeat(170_000)}` }],
  ['a list of empty rows', 'POST', '/batches/b/identifiers', { csv: `serial\n${'\n'.repeat(260_000)}` }],
  [
    '1,000 dead letters',
    'POST',
    '/push/dead/retry',
    { ids: Array.from({ length: 1000 }, (_, n) => String(n)) },
  ],
  [
    'a statement of quotes',
    'POST',
    '/push/targets',
    {
      name: 's',
      kind: 'sql',
      url: 'postgresql://a@h/b',
      statement: `insert into t values (:uuid, ${"'a''".repeat(2400)}')`,
    },
  ],
  [
    'a statement of dollars',
    'POST',
    '/push/targets',
    {
      name: 's',
      kind: 'sql',
      url: 'postgresql://a@h/b',
      statement: `insert into t values (:uuid, ${'$a'.repeat(4900)})`,
    },
  ],
  [
    'a statement of comments',
    'POST',
    '/push/targets',
    { name: 's', kind: 'sql', url: 'postgresql://a@h/b', statement: '/*'.repeat(4900) },
  ],
  ['a search of 300 words', 'GET', `/devices?text=${encodeURIComponent('%_a '.repeat(25))}`],
  ['a scan of 300 signs', 'POST', '/station/scan', { code: 'WIFI:S:;'.repeat(37) }],
  ['40 big profiles', 'GET', '/profiles'],
  ['40 versions of a profile', 'GET', '/profiles/big/versions'],
  ['a report of all devices', 'GET', '/batches/b/report?format=pdf'],
  ['an answer of 400 KB of a printer', 'POST', '/printers/flood/test'],
  ['an answer of 400 KB of brackets of a printer', 'POST', '/printers/brackets/test'],
];

let failed = true;
const printers = [await talker('x'.repeat(400_000)), await talker(`\x02${'\x02030,0,0,'.repeat(40_000)}`)];
try {
  espmint('users', 'add', 'soak', '--role', 'admin', '--password-file', join(folder, 'password'));
  const { token } = JSON.parse(espmint('tokens', 'create', 'soak', '--role', 'admin', '--json'));
  failed = await withService((service) => measureAll(service, token));
} finally {
  for (const printer of printers) printer.close();
  if (failed) console.error(`kept for a look: ${folder}`);
  else rmSync(folder, { recursive: true, force: true });
}
process.exit(failed ? 1 : 0);

async function measureAll({ url, measure }, token) {
  const ask = (method, path, body) =>
    fetch(`${url}/api/v1${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      body: body === undefined || typeof body === 'string' ? body : JSON.stringify(body),
    });
  const prepare = async (...request) => {
    const answer = await ask(...request);
    if (!answer.ok) throw new Error(`${request[1]}: ${await answer.text()}`);
  };
  for (let n = 0; n < 40; n++) {
    const name = n === 0 ? 'big' : `big${n}`;
    await prepare('POST', '/profiles', text(PROFILE(name, 320)));
    if (n > 0) await prepare('POST', '/profiles', { ...text(PROFILE('big', 320)), basedOn: n });
  }
  await prepare('POST', '/batches', { name: 'b', profile: { name: 'big1' }, quantity: 60_000 });
  for (const [n, name] of ['flood', 'brackets'].entries()) {
    await prepare('PUT', `/printers/${name}`, {
      address: `tcp://127.0.0.1:${printers[n].address().port}`,
      template: { widthMm: 50, heightMm: 25, dpi: 203, qr: '{{uuid}}', lines: ['{{mac}}'] },
    });
  }
  const found = [];
  for (const [name, method, path, body] of INPUTS) {
    const tries = [];
    let status = 0;
    if (values.only !== undefined && !name.includes(values.only)) continue;
    for (let n = 0; n < TIMES; n++) {
      await measure();
      const answer = await ask(method, path, body);
      const said = await answer.text();
      if (values.only !== undefined) console.log(said.slice(0, 300));
      ({ status } = answer);
      tries.push(await measure());
    }
    // The first time its code is not compiled yet; what another program took of the processor is not ours.
    const longestMs = Math.max(...tries.map(({ delayMs, busyMs }) => Math.min(delayMs, busyMs)));
    const each = tries.map(({ delayMs, busyMs }) => Math.round(Math.min(delayMs, busyMs)));
    found.push({ name, status, eachMs: each, longestMs: Math.round(longestMs) });
    console.log(`${each.map((ms) => String(ms).padStart(4)).join('')} ms  ${status}  ${name}`);
  }
  const slow = found.filter(({ longestMs }) => longestMs > LONGEST_MS);
  const report = { date: new Date().toISOString().slice(0, 10), longestAllowedMs: LONGEST_MS, inputs: found };
  mkdirSync(join(root, 'bench/results'), { recursive: true });
  writeFileSync(join(root, 'bench/results/soak-stalls.json'), `${JSON.stringify(report, null, 2)}\n`);
  if (slow.length > 0) console.error(`over ${LONGEST_MS} ms: ${slow.map(({ name }) => name).join('; ')}`);
  return slow.length > 0;
}

async function withService(use) {
  const observed = ['--import', new URL('loop-delay.mjs', import.meta.url).href];
  const service = spawn(process.execPath, [...observed, ...base, 'serve', '--port', '0', '--json'], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  const ended = new Promise((resolve) => service.once('exit', resolve));
  const url = await new Promise((resolve, reject) => {
    createInterface(service.stdout).once('line', (line) => resolve(JSON.parse(line).url));
    void ended.then(() => reject(new Error('the service did not start')));
  });
  const measure = () =>
    new Promise((resolve) => {
      service.once('message', resolve);
      service.send('measure');
    });
  try {
    return await use({ url, measure });
  } finally {
    service.kill('SIGTERM');
    await ended;
  }
}

/** A label printer that answers whatever it is asked with this, and then goes on to say a little for ever. */
async function talker(answer) {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => socket.write(answer));
    const drip = setInterval(() => socket.write('x'), 100);
    socket.on('close', () => clearInterval(drip));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

function espmint(...args) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [...base, ...args], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`espmint ${args[0]}: ${stderr}`);
  return stdout;
}
