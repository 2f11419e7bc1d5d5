// A station or a service opens its registry once: one pool of connections, one run of the command that prints the master
// key, however many parts of it work with devices, batches, runs and pushes.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runCli } from '../../src/cli/run.js';
import { createVirtualBoard, serveRfc2217 } from '../../src/virtual/index.js';
import { queryAt } from './foreign-program.js';
import { openBench, provision, until, type PushBench } from './push-bench.js';
import { startReceiver, type Receiver } from './push-receivers.js';

let bench: PushBench;
let receiver: Receiver;
beforeAll(async () => {
  bench = await openBench('one-store');
  receiver = await startReceiver();
  await bench.addWebhook({ url: receiver.url });
});
afterAll(async () => {
  await receiver.close();
  await bench.close();
});

/** Each pool of an embedded registry stays at its server by one shared lock. */
async function pools(): Promise<number> {
  const rows = await queryAt(
    bench.home,
    `select pid from pg_locks where locktype = 'advisory' and mode = 'ShareLock' and granted`,
  );
  return rows.length;
}

interface Running {
  /** Once each for a run of the command that prints the master key. */
  keyRuns(): string;
  output(): string;
  end(): Promise<void>;
  /** Resolves when it has ended by itself. */
  readonly ended: Promise<unknown>;
}

function start(name: string, args: readonly string[]): Running {
  const ran = join(bench.folder, `${name}-ran`);
  writeFileSync(ran, '');
  const ending = new AbortController();
  const output: string[] = [];
  const running = runCli([...args, '--data-dir', bench.home], {
    stdout: (text) => void output.push(text),
    drained: () => Promise.resolve(),
    stderr: (text) => void output.push(text),
    stdin: Readable.from([]),
    env: {
      PATH: process.env['PATH'],
      ESPMINT_MASTER_KEY_COMMAND: `echo once >> '${ran}'; cat '${join(bench.home, 'master.key')}'`,
    },
    interactive: false,
    columns: 80,
    outputColumns: Infinity,
    signal: ending.signal,
    setExitCode: () => undefined,
  });
  return {
    keyRuns: () => readFileSync(ran, 'utf8'),
    output: () => output.join(''),
    ended: running,
    end: async () => {
      ending.abort();
      await running;
    },
  };
}

it.each([
  ['station', ['station', '--port', 'rfc2217://127.0.0.1:1', '--ca-url', 'https://ca.example.com', '--json']],
  ['serve', ['serve', '--port', '0', '--virtual', '1', '--json']],
])('%s opens one pool and runs the key command once', async (name, args) => {
  const before = await pools();
  const delivered = receiver.received.length;
  await provision(bench);
  const command = start(name, args);
  try {
    // Pushes are opened last, and by the command alone: the bench delivers nothing.
    await until(() => receiver.received.length > delivered).catch((error: unknown) => {
      throw new Error(command.output(), { cause: error });
    });
    expect({ pools: (await pools()) - before, keys: command.keyRuns() }).toEqual({
      pools: 1,
      keys: 'once\n',
    });
  } finally {
    await command.end();
  }
  expect(await pools()).toBe(before);
});

it('provision runs the key command once, and delivers what it gave to tell with the same store', async () => {
  const board = createVirtualBoard({ chip: 'esp32', mac: 'a4:cf:12:34:56:99' });
  const server = await serveRfc2217(board, { host: '127.0.0.1', port: 0 });
  const delivered = receiver.received.length;
  const command = start('provision', [
    'provision',
    '--port',
    server.url,
    '--ca-url',
    'https://ca.example.com',
    '--json',
  ]);
  try {
    await until(() => receiver.received.length > delivered).catch((error: unknown) => {
      throw new Error(command.output(), { cause: error });
    });
  } finally {
    await command.end();
    await server.close();
    board.dispose();
  }
  expect(command.keyRuns()).toBe('once\n');
});

it.each([
  ['show', []],
  ['export', ['--reveal', '--reason', 'test']],
  ['remove', ['--reason', 'scrapped']],
])('devices %s runs the key command once', async (verb, flags) => {
  const { mac } = await provision(bench);
  const command = start(verb, ['devices', verb, ...(verb === 'export' ? [] : [mac]), ...flags]);
  await command.ended;
  expect({ keys: command.keyRuns(), has: command.output().includes(mac) }).toEqual({
    keys: 'once\n',
    has: true,
  });
});
