// Pushes across processes: killed in the middle, told at the command line, seen in every report.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { processUser } from '../../src/registry/index.js';
import { runInProcess } from '../support/cli-in-process.js';
import { ROOT } from '../support/reference-tools.js';
import { queryAt } from './foreign-program.js';
import { bodyOf, openBench, provision, type PushBench, SECRET, until } from './push-bench.js';
import { answer, isSignedWith, type Receiver, startReceiver } from './push-receivers.js';

const LEASE_MS = 1500;

let bench: PushBench;
let receiver: Receiver;
beforeAll(async () => {
  bench = await openBench('push-processes');
});
afterAll(() => bench.close());
beforeEach(async () => {
  receiver = await startReceiver();
});
afterEach(async () => {
  await bench.removeAll();
  await receiver.close();
});

const push = (...args: string[]) => runInProcess(['--data-dir', bench.home, 'push', ...args]);

function file(name: string, text: string): string {
  const path = join(bench.folder, name);
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}

const startWorker = () =>
  spawn(process.execPath, [join(ROOT, 'test/registry/push-worker.mjs'), bench.home, String(LEASE_MS)], {
    stdio: 'inherit',
  });

it('a delivery whose process is killed comes again from another one, with the same id and not before its lease ends', async () => {
  await bench.addWebhook({ url: receiver.url });
  await provision(bench);
  receiver.mood = () => undefined;
  const first = startWorker();
  await until(() => receiver.received.length === 1);
  const takenAt = performance.now();
  first.kill('SIGKILL');
  await once(first, 'close');
  receiver.mood = answer(204);
  const second = startWorker();
  try {
    await until(() => receiver.received.length === 2);
    expect(performance.now() - takenAt).toBeGreaterThan(LEASE_MS - 500);
    await until(async () => (await bench.status('hook'))?.pending === 0);
  } finally {
    second.kill('SIGKILL');
    await once(second, 'close');
  }
  expect(new Set(receiver.received.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
});

it('the command line adds, tests, shows, pauses and removes a target without showing its secrets', async () => {
  const secretUrl = `${receiver.url}?token=canary-of-the-query`;
  const added = await push(
    'add',
    'hook',
    '--kind',
    'webhook',
    '--url-file',
    file('url', `${secretUrl}\n`),
    '--secret-file',
    file('secret', `${SECRET}\n`),
    '--events',
    'provisioned,removed',
  );
  expect([added.code, added.stderr]).toEqual([0, '']);
  expect((await push('test', 'hook')).stdout).toBe('hook takes what it is sent\n');
  expect(bodyOf(receiver.received[0]!).type).toBe('test');
  const shown = [added, await push('list'), await push('show', 'hook', '--json'), await push('status')];
  expect(shown[1]?.stdout).toContain(`${receiver.url}\n`);
  expect(JSON.stringify(shown)).not.toMatch(/canary-of-the-query|whsec_/);
  expect(
    (await push('add', 'hook', '--kind', 'webhook', '--url-file', file('url', secretUrl))).stderr,
  ).toContain('PUSH_TARGET_EXISTS');

  expect((await push('pause', 'hook')).stdout).toBe('hook: paused\n');
  await provision(bench);
  expect((await push('run', '--once')).stdout).toBe('0 delivered, 0 failed\n');
  expect((await push('status')).stdout).toMatch(/^hook +1 +0 +paused/m);
  expect((await push('resume', 'hook')).stdout).toBe('hook: resumed\n');
  expect((await push('run', '--once')).stdout).toBe('1 delivered, 0 failed\n');
  expect((await push('remove', 'hook')).stdout).toBe('removed hook; 0 deliveries went with it\n');
  expect((await push('show', 'hook')).stderr).toContain('PUSH_TARGET_UNKNOWN');
});

it('a signing secret that was made is printed once and verifies', async () => {
  const { stdout } = await push('add', 'made', '--kind', 'webhook', '--url-file', file('url', receiver.url));
  const secret = /whsec_\S+/.exec(stdout)?.[0] ?? '';
  await push('test', 'made');
  expect(isSignedWith(secret, receiver.received[0]!)).toBe(true);
  expect((await push('show', 'made')).stdout).not.toContain('whsec_');
});

it('the command line says precisely what a test found wrong', async () => {
  const statement = file('statement.sql', 'insert into nowhere (u) values (:uuid)');
  const url = file('db', `postgresql://espmint@localhost/espmint?host=${join(bench.home, 'postgres/run')}`);
  const target = ['--kind', 'sql', '--url-file', url, '--statement-file', statement];
  await push('add', 'table', ...target, '--allow-registry');
  const { code, stderr } = await push('test', 'table');
  expect(code).toBe(5);
  expect(stderr).toContain('relation "nowhere" does not exist [42P01]');
});

it.each([
  [['--kind', 'sql'], 'The address is missing'],
  [['--kind', 'webhook', '--url-env', 'PGPASSWORD'], 'names a variable that targets may not have'],
  [['--kind', 'webhook', '--url-env', 'ESPMINT_PUSH_X', '--events', 'sold'], 'names "sold"'],
  [['--kind', 'webhook', '--url-env', 'ESPMINT_PUSH_X', '--url-file', 'x'], 'exclude each other'],
])('add refuses %o', async (args, why) => {
  const { code, stderr } = await push('add', 'wrong', ...args);
  expect([code, stderr]).toEqual([2, expect.stringContaining(why)]);
});

it('dead deliveries are listed, retried and discarded, and every report counts them', async () => {
  await bench.addWebhook({ url: receiver.url });
  const [one, two] = [await provision(bench), await provision(bench)];
  await queryAt(
    bench.home,
    `update push_deliveries set state = 'dead', ended_at = now(), error_code = 'PUSH_TIMEOUT', error = 'It hung.'`,
  );
  const listed = (await push('dead', '--json')).stdout.trim().split('\n');
  const dead = listed.map((line) => JSON.parse(line) as { id: string; mac: string });
  expect(dead.map(({ mac }) => mac)).toEqual([two.mac, one.mac]);
  const db = await runInProcess(['--data-dir', bench.home, 'db', 'status']);
  expect(db.stdout).toContain('pushes        0 pending, 2 dead\n');
  expect(await bench.registry.status()).toMatchObject({ pushes: { pending: 0, dead: 2 } });
  expect((await push('dead', '--retry', '1', '--discard-all')).code).toBe(2);
  expect((await push('dead', '--retry', '987654321')).stderr).toContain('PUSH_DELIVERY_UNKNOWN');
  expect((await push('dead', '--discard', dead[0]!.id, '--reason', 'was a sample')).stdout).toBe(
    '1 discarded\n',
  );
  expect((await push('dead', '--retry-all')).stdout).toBe('1 are pending again\n');
  expect((await push('run', '--once', '--json')).stdout).toBe(
    '{"type":"push-run","delivered":1,"failed":0}\n',
  );
  expect(bodyOf(receiver.received[0]!).data['mac']).toBe(one.mac);

  // Who did that, where and why, is told with each of the two devices, and in the whole trail.
  const devices = async (...args: string[]): Promise<string> =>
    (await runInProcess(['--data-dir', bench.home, 'devices', ...args])).stdout;
  const shown = await devices('show', two.mac);
  expect(shown).toContain(`dead push discarded  ${processUser()} at ${hostname()}`);
  expect(shown).toContain('reason: was a sample');
  expect(shown).not.toContain('dead push retried');
  expect(await devices('audit', one.uuid)).toMatch(
    new RegExp(`dead push retried +${one.mac} +${processUser()} at ${hostname()}`),
  );
  const [newest] = (await devices('audit', '--limit', '1', '--json')).trim().split('\n');
  expect(JSON.parse(newest!)).toMatchObject({
    ...{ type: 'audit', kind: 'dead push retried', mac: one.mac, uuid: one.uuid },
    ...{ actor: processUser(), origin: hostname(), detail: { target: 'hook', event: 'provisioned' } },
  });
  expect(await devices('audit')).toMatch(/push target added/);
  expect(JSON.parse(await devices('show', two.mac, '--json'))).toMatchObject({
    audit: [{ kind: 'dead push discarded', detail: { reason: 'was a sample' } }],
  });
});

it('a device that a command removes is delivered before the command ends', async () => {
  await bench.addWebhook({ url: receiver.url });
  const { mac } = await provision(bench);
  receiver.mood = answer(204);
  const run = await runInProcess([
    '--data-dir',
    bench.home,
    'devices',
    'remove',
    mac,
    ...['--reason', 'scrapped'],
  ]);
  expect([run.code, run.stderr]).toEqual([0, '']);
  expect(receiver.received.map((received) => bodyOf(received).type)).toContain('device.removed');
});
