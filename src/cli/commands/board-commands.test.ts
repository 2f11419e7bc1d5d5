// Every command that speaks to a board: one whose answers drip for ever is given up, and Ctrl-C ends the wait for it.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { silentIo } from '../../../test/support/cli-io.js';
import { runCli } from '../run.js';
import { rightsFinding } from './doctor/doctor-checks.js';

/** A port behind which something never stops to say a little. */
const server = createServer((socket) => {
  const drip = setInterval(() => socket.write(Uint8Array.of(0xc0, 0x01)), 5);
  socket
    .resume()
    .on('error', () => undefined)
    .on('close', () => clearInterval(drip));
});
let folder = '';
let port = '';
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`;
  folder = await mkdtemp(join(tmpdir(), 'espmint-board-commands-'));
  await writeFile(join(folder, 'p.yaml'), 'name: p\nversion: 1\ncaUrl: https://ca.example.com\n');
  await writeFile(join(folder, 'password'), 'lab-password', { mode: 0o600 });
});
afterAll(async () => {
  server.close();
  await rm(folder, { recursive: true });
});

const NETWORK = ['--ssid', 'Lab', '--password-file', 'FOLDER/password'];
const NO_REGISTRY = ['--registry', 'none'];
const COMMANDS = {
  inspect: ['inspect'],
  verify: ['verify', '--profile', 'FOLDER/p.yaml', ...NO_REGISTRY],
  provision: ['provision', '--profile', 'FOLDER/p.yaml', ...NO_REGISTRY, '--keys-to', 'FOLDER/keys'],
  'doctor --deep': ['doctor', '--deep'],
  'wifi scan': ['wifi', 'scan'],
  'wifi set': ['wifi', 'set', ...NETWORK],
  'wifi set into NVS': ['wifi', 'set', '--mode', 'nvs', ...NETWORK],
};
/** They end by a time of their own, which the command line names. */
const TIMED = {
  'wifi console': ['wifi', 'console', ...NETWORK],
  'wifi watch': ['wifi', 'watch'],
  'wifi wps': ['wifi', 'wps'],
};

async function run(args: readonly string[], signal?: AbortSignal): Promise<string> {
  let said = '';
  const io = silentIo({
    // Of one that is to be cancelled: so much that it cannot come first.
    boardTimeoutMs: signal === undefined ? 150 : 60_000,
    stderr: (text) => void (said += text),
    ...(signal && { signal }),
  });
  const words = args.map((word) => word.replace('FOLDER', folder));
  await runCli([...words, '--port', port, '--data-dir', join(folder, 'data')], io);
  return said;
}

describe('a board whose answers drip', () => {
  it.each(Object.entries(COMMANDS))('is given up by %s', async (_, args) => {
    expect(await run(args)).toMatch(/was not done after 0 s.*\[RUN_TIMED_OUT\]/s);
  });

  it.each(Object.entries({ ...COMMANDS, ...TIMED }))(
    'is left by %s when it is cancelled',
    async (_, args) => {
      const caller = new AbortController();
      server.once('connection', () => setTimeout(() => caller.abort(), 20));
      expect(await run(args, caller.signal)).toContain('[CANCELLED]');
    },
  );
});

it('doctor finds a fault in a closed USB port, and a note in a closed built-in one', () => {
  const builtIn = { path: '/dev/ttyS0', group: 'dialout', isUsb: false };
  const usb = { path: '/dev/ttyUSB0', group: 'dialout', isUsb: true };
  expect(rightsFinding([builtIn]).state).toBe('note');
  expect(rightsFinding([builtIn, usb]).state).toBe('fault');
  expect(rightsFinding([builtIn]).text).toContain('sudo usermod -aG dialout');
});
