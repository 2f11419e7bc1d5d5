// What a person does at a running station: teaches its slots, scans labels back, types, and asks twice to stop.
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { scratchDir } from '../support/cli.js';
import { startVirtual } from '../support/cli-in-process.js';
import { ROOT } from '../support/reference-tools.js';
import { Terminal } from '../support/terminal.js';

const scratch = scratchDir('station-operator');
afterAll(() => scratch.remove());
const BIN = join(ROOT, 'bin/espmint.js');
const WAIT_MS = 30_000;

interface Running {
  readonly child: ChildProcessWithoutNullStreams;
  readonly records: readonly Record<string, unknown>[];
  stderr(): string;
  /** Waits until this holds; fails with what was printed when it never does. */
  until(what: string, holds: () => boolean): Promise<void>;
  readonly ended: Promise<number | null>;
}

/** Starts a command that runs until it is told to stop. */
function start(args: readonly string[]): Running {
  const child = spawn(process.execPath, [BIN, ...args], { env: { ...process.env, FORCE_COLOR: undefined } });
  const records: Record<string, unknown>[] = [];
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  createInterface({ input: child.stdout }).on('line', (line) => {
    records.push(line.startsWith('{') ? (JSON.parse(line) as Record<string, unknown>) : { line });
  });
  const ended = once(child, 'close').then(([code]) => code as number | null);
  const until: Running['until'] = async (what, holds) => {
    const deadline = Date.now() + WAIT_MS;
    while (!holds()) {
      if (Date.now() > deadline || child.exitCode !== null)
        throw new Error(
          `never came: ${what}\n${stderr}\n${records.map((r) => JSON.stringify(r)).join('\n')}`,
        );
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  return { child, records, stderr: () => stderr, until, ended };
}

/** Ports that nobody listens at yet. */
async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  const ports: number[] = [];
  for (const server of servers) {
    if (!server.listening) await once(server, 'listening');
    const address = server.address();
    ports.push(typeof address === 'object' && address !== null ? address.port : 0);
  }
  for (const server of servers) await new Promise((resolve) => server.close(resolve));
  return ports;
}

const stationArgs = (name: string, ports: readonly string[], more: readonly string[] = []): string[] => [
  'station',
  ...ports.flatMap((port) => ['--port', port]),
  ...['--ca-url', 'https://ca.example.com', '--registry', 'none'],
  ...['--keys-to', join(scratch.path, `${name}.keys`), '--data-dir', join(scratch.path, name)],
  ...more,
];
const slotIs =
  ({ records }: Running, wanted: Record<string, unknown>): (() => boolean) =>
  () =>
    records.some((record) => Object.entries(wanted).every(([key, value]) => record[key] === value));

describe('a station and its operator', () => {
  it('gives places the numbers in which boards were plugged in while it was taught', async () => {
    const urls = (await freePorts(2)).map((port) => `rfc2217://127.0.0.1:${port}`);
    const [first = '', second = ''] = urls;
    const dataDir = ['--data-dir', join(scratch.path, 'taught')];
    // The ports are named the other way round: it is the order of plugging in that counts.
    const teach = start(['station', 'teach', '--port', second, '--port', first, ...dataDir]);
    const boards = [];
    for (const [index, url] of urls.entries()) {
      boards.push(await startVirtual(['--listen', url, '--mac', `a4:cf:12:00:00:0${index}`]));
      await teach.until(`slot ${index + 1}`, () => teach.stderr().includes(`slot ${index + 1} is ${url}`));
    }
    teach.child.kill('SIGINT');
    expect(await teach.ended).toBe(0);
    const saved = join(scratch.path, 'taught', 'station', 'slots.json');
    expect(teach.records).toEqual([{ line: `saved in ${saved}: 2 slots` }]);
    expect(JSON.parse(readFileSync(saved, 'utf8'))).toEqual({
      version: 1,
      pins: [
        { slot: 1, place: first },
        { slot: 2, place: second },
      ],
    });

    const station = start(stationArgs('taught', [second, first], ['--json']));
    await station.until('slot 1', slotIs(station, { slot: 1, state: 'running', port: first }));
    await station.until('slot 2', slotIs(station, { slot: 2, state: 'running', port: second }));
    station.child.kill('SIGTERM');
    expect(await station.ended).toBe(0);
    for (const board of boards) await board.close();
  });

  it('refuses a slots file that it has not written', async () => {
    const saved = join(scratch.path, 'taught', 'station', 'slots.json');
    writeFileSync(saved, '{"version": 1, "pins": [{"slot": "one"}]}');
    const station = start(stationArgs('taught', ['rfc2217://127.0.0.1:9'], ['--json']));
    expect(await station.ended).not.toBe(0);
    expect(station.records).toMatchObject([{ type: 'error', code: 'STATE_UNREADABLE' }]);
  });

  it('counts a unit only when the code of its own label was scanned', async () => {
    const label = join(scratch.path, 'label.yaml');
    writeFileSync(label, "widthMm: 50\nheightMm: 25\nqr: '{{mac}}'\nlines: ['{{mac}}']\n");
    const bench = await startVirtual(['--listen', 'rfc2217://127.0.0.1:0', '--mac', 'a4:cf:12:00:00:aa']);
    const more = ['--label', label, '--scan-back', '--json'];
    const station = start(stationArgs('scanned', bench.urls, more));
    await station.until('the question', () => station.stderr().includes('a4:cf:12:00:00:aa: scan its label'));
    station.child.stdin.write('a4:cf:12:00:00:ab\n');
    await station.until('the refusal', () => station.stderr().includes('No unit waits for'));
    expect(slotIs(station, { type: 'ended' })()).toBe(false);
    station.child.stdin.write('a4:cf:12:00:00:aa\r\n');
    await station.until('the pass', slotIs(station, { slot: 1, state: 'passed' }));
    station.child.stdin.write('q\n');
    expect(await station.ended).toBe(0);
    await bench.close();
  });

  it.each(['SIGINT', 'SIGTERM'] as const)(
    'ends at once at the second %s, and the board gets the same key again',
    async (signal) => {
      const faults = join(scratch.path, 'slow.json');
      writeFileSync(faults, '{"seed": 1, "faults": [{"kind": "slow", "nth": 10, "ms": 100}]}');
      const board = ['--mac', 'a4:cf:12:34:77:01', '--listen', 'rfc2217://127.0.0.1:0'];
      const slow = await startVirtual([...board, '--faults', faults]);
      const station = start(stationArgs(signal, slow.urls, ['--json']));
      await station.until('the write', slotIs(station, { slot: 1, stage: 'write' }));
      station.child.kill(signal);
      await station.until('draining', slotIs(station, { type: 'station', mode: 'draining' }));
      // The board that runs is finished, and nobody wants to wait for it.
      expect(slotIs(station, { type: 'ended' })()).toBe(false);
      station.child.kill(signal);
      expect(await station.ended).toBe(130);
      await slow.close();

      const bench = await startVirtual(board);
      const again = start(stationArgs(signal, bench.urls, ['--json']));
      await again.until('the pass', slotIs(again, { slot: 1, state: 'passed' }));
      again.child.kill(signal);
      expect(await again.ended).toBe(0);
      const keys = readFileSync(join(scratch.path, `${signal}.keys`), 'utf8')
        .split('\n')
        .flatMap((line) => (line === '' ? [] : [JSON.parse(line) as { type: string; psk?: string }]))
        .flatMap(({ type, psk }) => (type === 'reserved' ? [psk] : []));
      expect(keys).toHaveLength(2);
      expect(new Set(keys).size).toBe(1);
      await bench.close();
    },
  );

  it.skipIf(process.platform === 'win32')('stays a clean screen on a terminal while they type', async () => {
    const { spawn: spawnPty } = await import('@lydell/node-pty');
    const terminal = new Terminal();
    const args = stationArgs('typed', ['tcp://127.0.0.1:9'], ['--name', 'line 1']);
    const pty = spawnPty(process.execPath, [BIN, ...args], { cols: 100, rows: 30, env: process.env });
    const ended = new Promise<number>((resolve) => pty.onExit(({ exitCode }) => resolve(exitCode)));
    pty.onData((text) => terminal.write(text));
    const seen = async (text: string): Promise<void> => {
      const deadline = Date.now() + WAIT_MS;
      while (!terminal.lines.some((line) => line.includes(text))) {
        if (Date.now() > deadline) throw new Error(`never seen: ${text}\n${terminal.lines.join('\n')}`);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    };
    await seen('station line 1  running');
    pty.write('p\r');
    await seen('paused');
    pty.write('7\r');
    await seen('Slot 7 has no board to start.');
    pty.write('r\r');
    await seen('station line 1  running');
    pty.write('q\r');
    expect(await ended).toBe(0);
    // The last of what a process said may come after the news of its end.
    await seen('stopped');
    const screen = terminal.lines.filter((line) => !line.startsWith('Enter or a slot number'));
    expect(screen).toEqual([
      'Slot 7 has no board to start.',
      'station line 1  stopped  runs: 0 passed, 0 failed',
    ]);
  });
});
