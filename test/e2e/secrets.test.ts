// Canary secrets through whole runs: they may be in the flash, the registry and an explicit reveal, nowhere else, in no
// dress (see secret-search.ts).
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, relative } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { espmint, scratchDir, type CliRun } from '../support/cli.js';
import { runInProcess, startVirtual } from '../support/cli-in-process.js';
import { keepServerRunning } from '../support/embedded-server.js';
import { ROOT } from '../support/reference-tools.js';
import { showsOf } from '../support/secret-search.js';

const PSK = 'c0ffee00c0ffee11c0ffee22c0ffee33';
const PASSWORD = 'canary "wifi"/7d41+x';
const DATABASE_PASSWORD = 'canary-db+55/aa';
const PUSH_TOKEN = 'canary-push-7f3e9b21';
const SIGNING_KEY = Buffer.from('a canary signing key of 32 bytes').toString('base64');
/** What the key command prints. */
const MASTER_KEY = '5eedca5e0123456789abcdef0badf00d5eedca5e0123456789abcdef0badf00d';
/** With those that the runs make for themselves. */
const secrets = new Map([
  ['PSK', PSK],
  ['Wi-Fi password', PASSWORD],
  ['database password', DATABASE_PASSWORD],
  ['token in the URL of a push', PUSH_TOKEN],
  ['signing key of a push', SIGNING_KEY],
  ['output of the key command', MASTER_KEY],
]);
const scratch = scratchDir('secrets');
const dataDir = join(scratch.path, 'data');
const REGISTRY = ['--data-dir', dataDir];
const KEYS = { ESPMINT_MASTER_KEY_COMMAND: `cat ${join(scratch.path, 'inputs', 'master')}` };
const outputs: { what: string; text: string }[] = [];
const argumentLists = new Set<string>();
let pushed = '';
let echoes = 0;
let revealed: CliRun | undefined;

/** As a process of its own, or as this process does it: whose arguments hold no more than those of the others. */
async function recorded(
  args: readonly string[],
  env: Record<string, string> = {},
  run: typeof espmint | typeof runInProcess = espmint,
): Promise<CliRun> {
  const done = await run(args, { env: { ...KEYS, ...env } });
  outputs.push({ what: args.join(' '), text: done.stdout + done.stderr });
  return done;
}
const asked = (args: readonly string[], env?: Record<string, string>): Promise<CliRun> =>
  recorded(args, env, runInProcess);

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile() === true);
}

/** PostgreSQL removes and makes files while they are looked at: one that has gone holds nothing. */
function contentOf(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return Buffer.alloc(0);
    throw error;
  }
}

function noteArguments(): void {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      argumentLists.add(readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' '));
    } catch {
      // It has ended.
    }
  }
}

/** A receiver of pushes that answers with all that it was sent. */
async function startEcho(): Promise<{ readonly url: string; close(): void }> {
  const server = createServer((request: IncomingMessage, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (part: string) => (body += part));
    request.on('end', () => {
      pushed += body;
      const bytes = Buffer.from(body);
      const dresses = [bytes.toString('base64'), bytes.toString('hex'), encodeURIComponent(body)];
      response.writeHead(400);
      // What is kept of an answer is short: the key comes first, in its turn in every dress, and again behind the rest.
      const psk = /"psk":"([^"]+)"/.exec(body)?.[1] ?? '';
      const forms = [
        psk,
        Buffer.from(psk).toString('base64'),
        [...psk].join(' '),
        psk.toUpperCase(),
        `0x${psk}`,
      ];
      const form = forms[echoes % forms.length] ?? '';
      echoes += 1;
      response.end(`${form} ${request.url} ${body} ${JSON.stringify(request.headers)} ${dresses.join(' ')}`);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, close: () => server.close().closeAllConnections() };
}

/** What `espmint serve` says, answers and logs, with a token that it makes. */
async function serveAndCall(port: string, written: string): Promise<void> {
  const args = [
    'bin/espmint.js',
    '--debug',
    ...REGISTRY,
    'serve',
    '--port',
    '0',
    '--json',
    '--log-level',
    'debug',
  ];
  const child = spawn(process.execPath, args, { cwd: ROOT, env: { ...process.env, ...KEYS } });
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (log += text));
  const lines = createInterface({ input: child.stdout }).on('line', (line) => (log += line));
  const ended = once(child, 'close');
  try {
    const [line] = (await once(lines, 'line')) as [string];
    const api = `${(JSON.parse(line) as { url: string }).url}/api/v1`;
    /** A route that there is not would answer without a secret, and prove nothing. */
    const send = async (path: string, body: object, method = 'POST'): Promise<Response> => {
      const answer = await fetch(`${api}${path}`, {
        method,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
      return answer;
    };
    const made = (await (await send('/tokens', { label: 'canary', role: 'admin' })).json()) as {
      token: string;
    };
    expect(made.token).toMatch(/\S{16}/);
    secrets.set('bearer token', made.token);
    const headers = { authorization: `Bearer ${made.token}` };
    const stopReading = new AbortController();
    const stream = await fetch(`${api}/events`, { headers, signal: stopReading.signal });
    expect(stream.status).toBe(200);
    let events = '';
    const reading = (async () => {
      for await (const part of stream.body as unknown as AsyncIterable<Uint8Array>)
        events += new TextDecoder().decode(part);
    })().catch(() => undefined);
    await send('/ports', { port });
    const inspect = async (where: string): Promise<string> => {
      const text = await (await send('/ports/inspect', { port: where })).text();
      outputs.push({ what: `inspect of ${where}`, text });
      return text;
    };
    // A board with secrets: that of another product, whose names of keys no profile here knows.
    await send('/ports', { port: written });
    const inspected = await inspect(written);
    expect(inspected).toContain('"secret":true');
    await inspect(port);
    // A run that passes and one that fails, with the secrets in play, as the page hears of them.
    await send('/secrets/lab', { value: PASSWORD }, 'PUT');
    const settings = {
      name: 'served',
      caUrl: 'https://ca.example.com',
      wifi: { ssid: 'L', password: 'file:lab' },
    };
    await send('/profiles', { profile: { settings } });
    const failure = { success: { pattern: '^never$' }, failure: ['app: started'] };
    await send('/profiles', { profile: { settings: { ...settings, name: 'failing', boot: failure } } });
    for (const name of ['served', 'failing']) {
      await send('/jobs', { ports: [port], profile: { name }, known: 'keep' });
      for (const until = Date.now() + 90_000; ; await new Promise((resolve) => setTimeout(resolve, 200))) {
        const { jobs } = (await (await fetch(`${api}/jobs?state=running`, { headers })).json()) as {
          jobs: unknown[];
        };
        if (jobs.length === 0) break;
        if (Date.now() > until) throw new Error('the run did not end');
      }
    }
    expect(events).toContain('"state":"passed"');
    expect(events).toContain('"state":"failed"');
    const document = (await (await fetch(`${api}/openapi.json`, { headers })).json()) as { paths: object };
    const calls = Object.entries(document.paths as Record<string, object>)
      .filter(([path, methods]) => 'get' in methods && !/\/events|openapi|stream/.test(path))
      .map(([path]) => path.replace(/^\/api\/v1/, '').replace(/\{device\}/, 'a4:cf:12:36:00:00'));
    expect(calls.length).toBeGreaterThan(10);
    for (const path of [...calls, `/devices?q=${made.token}`, `/no/such/${made.token}`]) {
      const answer = await fetch(`${api}${path}`, { headers, signal: AbortSignal.timeout(20_000) });
      // A wrong query is told as it was sent.
      if (!path.includes(made.token)) outputs.push({ what: `GET ${path}`, text: await answer.text() });
      else await answer.arrayBuffer();
      // Those that name something get a name that there is not.
      expect([path, answer.status === 404 ? path.includes('{') || path.includes('no/such') : true]).toEqual([
        path,
        true,
      ]);
    }
    stopReading.abort();
    await reading;
    expect(events.length).toBeGreaterThan(1000);
    outputs.push({ what: 'the stream of events', text: events });
  } finally {
    child.kill('SIGINT');
    await ended;
    outputs.push({ what: 'serve', text: log });
  }
}

afterAll(() => scratch.remove());
keepServerRunning(dataDir);
beforeAll(async () => {
  const inputs = join(scratch.path, 'inputs');
  mkdirSync(inputs);
  const file = (name: string, text: string): string => {
    writeFileSync(join(inputs, name), text, { mode: 0o600 });
    return join(inputs, name);
  };
  file('master', MASTER_KEY);
  const key = ['--psk-file', file('psk', PSK)];
  const profile = (name: string, more = ''): string[] => [
    '--profile',
    file(
      `${name}.yaml`,
      `name: ${name}\ncaUrl: https://ca.example.com\nwifi: { ssid: L, password: "env:PW" }\npolicy: { attempts: 1 }\n${more}`,
    ),
  ];
  const PW = { PW: PASSWORD };
  const echo = await startEcho();
  const watch = setInterval(noteArguments, 250);
  const bench = await startVirtual(
    [
      '--mac',
      'a4:cf:12:36:00:00',
      '--count',
      '4',
      '--application',
      'nvs-leaky',
      '--listen',
      'rfc2217://127.0.0.1:0',
    ],
    4,
  );
  try {
    const [first = '', second = '', third = '', fourth = ''] = bench.urls;
    const target = [
      ...['push', 'add', 'hook', '--kind', 'webhook', '--send-keys'],
      ...['--url-file', file('url', `${echo.url}/hook/${PUSH_TOKEN}?token=${PUSH_TOKEN}`)],
      ...['--secret-file', file('signing', `whsec_${SIGNING_KEY}`)],
    ];
    expect(await recorded([...target, ...REGISTRY])).toMatchObject({ code: 0 });
    const wifi = ['--wifi-ssid', 'L', '--wifi-password-file', file('pw', PASSWORD)];
    const run = ['provision', '--ca-url', 'https://ca.example.com', ...key, ...wifi, ...REGISTRY, '--debug'];
    expect(await recorded([...run, '--port', first, '--json'])).toMatchObject({ code: 0 });
    await recorded([...run, '--port', first]);
    const failing = profile(
      'failing',
      "boot: { success: { pattern: '^never$' }, failure: ['app: started'] }\n",
    );
    for (const json of [[], ['--json']])
      expect(
        (
          await recorded(
            ['provision', '--port', second, ...failing, ...key, ...REGISTRY, '--debug', ...json],
            PW,
          )
        ).code,
      ).not.toBe(0);
    // Failures, with the secrets in play: a key that is none, a region too small, a dead port, a database that is away.
    const bad = ['--psk-file', file('bad-psk', `${PSK}f`)];
    await recorded([
      'provision',
      '--ca-url',
      'https://ca.example.com',
      ...bad,
      ...REGISTRY,
      '--port',
      first,
      '--debug',
    ]);
    await recorded([...run, '--port', first, '--size', '0x400000', '--json']);
    await recorded([...run, '--port', 'tcp://127.0.0.1:9', '--json']);
    const url = `postgresql://espmint:${encodeURIComponent(DATABASE_PASSWORD)}@127.0.0.1:9/espmint`;
    const away = { ESPMINT_DATABASE_URL: url };
    for (const args of [['db', 'status'], ['db', 'check'], ['doctor'], ['devices', 'list']])
      await asked([...args, '--debug', '--data-dir', join(scratch.path, 'away')], away);
    const station = ['station', '--port', third, ...profile('line'), ...REGISTRY, '--json', '--debug'];
    const made = await espmint(station, {
      env: { ...KEYS, ...PW },
      onLine: (line, child) => {
        if ((JSON.parse(line) as { type: string }).type === 'ended') child.kill('SIGINT');
      },
    });
    expect(made.stdout).toContain('"ended"');
    outputs.push({ what: 'station', text: made.stdout + made.stderr });
    for (const port of [first, second, third])
      await asked(['inspect', '--port', port, '--json', ...REGISTRY]);
    await recorded(['push', 'test', 'hook', '--debug', ...REGISTRY]);
    for (const args of [
      ['push', 'status'],
      ['push', 'dead'],
      ['push', 'show', 'hook'],
      ['push', 'list', '--json'],
    ])
      await asked([...args, ...REGISTRY]);
    await serveAndCall(fourth, first);
    for (const mac of bench.macs) await asked(['devices', 'show', mac, '--json', ...REGISTRY]);
    for (const args of [
      ['devices', 'list', '--json'],
      ['doctor'],
      ['db', 'status'],
      ['db', 'check'],
      ['stats'],
    ])
      await asked([...args, ...REGISTRY]);
    revealed = await espmint(['devices', 'reveal', 'a4:cf:12:36:00:00', '--reason', 'test', ...REGISTRY], {
      env: KEYS,
    });
  } finally {
    clearInterval(watch);
    await bench.close();
    echo.close();
  }
}, 480_000);

const NAMES = [...secrets.keys(), 'bearer token'];
const secretOf = (name: string): string => {
  const secret = secrets.get(name);
  if (secret === undefined) throw new Error(`no ${name} was made`);
  return secret;
};

describe('a secret', () => {
  it('was really in play: the registry reveals it, and the push told it', () => {
    expect(revealed).toMatchObject({ stdout: `${PSK}\n`, stderr: '' });
    expect(pushed).toContain(PSK);
  });

  it.each(NAMES)('(%s) is in no output of any command, answer or log', (name) => {
    expect(outputs.length).toBeGreaterThan(40);
    const leaks = outputs.flatMap(({ what, text }) => {
      const shows = showsOf(secretOf(name), Buffer.from(text));
      return shows.length === 0 ? [] : [`${what}: ${shows.join(' ')}`];
    });
    expect(leaks).toEqual([]);
  });

  it.each(NAMES)('(%s) is in no argument list of any process', (name) => {
    const lists = [...argumentLists].filter((list) => list.includes(dataDir));
    expect(lists.length).toBeGreaterThan(5);
    expect(lists.filter((list) => showsOf(secretOf(name), Buffer.from(list)).length > 0)).toEqual([]);
  });

  it.each(NAMES)('(%s) is in no file of the data directory, and not in the clear in the database', (name) => {
    const secret = secretOf(name);
    const leaks = filesBelow(dataDir).filter((path) => {
      const bytes = contentOf(path);
      const isDatabase = relative(dataDir, path).split('/').includes('cluster');
      return isDatabase ? bytes.includes(secret) : showsOf(secret, bytes).length > 0;
    });
    // Where the station keeps the password that was given to it by its name, for its own user alone.
    const kept = name === 'Wi-Fi password' ? ['service/secrets/lab'] : [];
    expect(leaks.map((path) => relative(dataDir, path))).toEqual(kept);
    for (const path of leaks) expect(statSync(path).mode & 0o077).toBe(0);
  });

  it('lies behind folders that others cannot enter', () => {
    for (const name of readdirSync(dataDir)) {
      const { mode } = statSync(join(dataDir, name));
      expect(`${name} ${(mode & 0o077).toString(8)}`).toBe(`${name} 0`);
    }
  });
});
