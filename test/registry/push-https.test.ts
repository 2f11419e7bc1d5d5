// A webhook over HTTPS with a certificate of the user's own authority: refused until that authority is named.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { espmint } from '../support/cli.js';
import { makeAuthority, type TestAuthority } from '../support/test-authority.js';
import { bodyOf, openBench, provision, type PushBench, SECRET } from './push-bench.js';
import { isSignedWith, type Receiver, startReceiver } from './push-receivers.js';

let bench: PushBench;
let files: TestAuthority;
let receiver: Receiver;
beforeAll(async () => {
  bench = await openBench('push-https');
  files = makeAuthority(join(bench.folder, 'tls'));
  receiver = await startReceiver({
    tls: { cert: readFileSync(files.certificate), key: readFileSync(files.key) },
  });
  await bench.addWebhook({ url: receiver.url });
});
afterAll(async () => {
  await receiver.close();
  await bench.close();
});

const push = (args: readonly string[], env: Record<string, string> = {}) =>
  espmint(['push', ...args, '--data-dir', bench.home], { env });

it('a certificate that nobody vouches for is the reason, and nothing is told', async () => {
  const { code, stderr } = await push(['test', 'hook']);
  expect(code).not.toBe(0);
  expect(stderr).toContain('PUSH_UNREACHABLE');
  expect(stderr).toMatch(/certificate/i);
  expect(receiver.received).toEqual([]);
});

it('a certificate for another host is refused though its authority is known', async () => {
  const env = { NODE_EXTRA_CA_CERTS: files.authority };
  const elsewhere = receiver.url.replace('127.0.0.1', 'localhost');
  const urlFile = join(bench.folder, 'url');
  writeFileSync(urlFile, elsewhere, { mode: 0o600 });
  await push(['add', 'elsewhere', '--kind', 'webhook', '--url-file', urlFile]);
  const { code, stderr } = await push(['test', 'elsewhere'], env);
  expect(code).not.toBe(0);
  expect(stderr).toContain('PUSH_UNREACHABLE');
  expect(receiver.received).toEqual([]);
  await push(['remove', 'elsewhere']);
});

it('devices are told, signed, once the authority is named', async () => {
  const { mac } = await provision(bench);
  const told = await push(['run', '--once'], { NODE_EXTRA_CA_CERTS: files.authority });
  expect([told.code, told.stderr]).toEqual([0, '']);
  expect(told.stdout).toBe('1 delivered, 0 failed\n');
  const [first] = receiver.received;
  if (first === undefined) throw new Error('nothing was received');
  expect(bodyOf(first)).toMatchObject({ type: 'device.provisioned', data: { mac } });
  expect(isSignedWith(SECRET, first)).toBe(true);
});
