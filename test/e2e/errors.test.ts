// Wrong inputs: each gives one clear sentence, a stable code and a non-zero exit, and no stack trace.
import { createServer, type Server } from 'node:net';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { espmint, resultsOf, scratchDir, type VirtualBench } from '../support/cli.js';
import { runInProcess, startVirtual } from '../support/cli-in-process.js';

const scratch = scratchDir('errors');
const REGISTRY = ['--data-dir', join(scratch.path, 'data')];
const file = (name: string, text: string): string => {
  writeFileSync(join(scratch.path, name), text);
  return join(scratch.path, name);
};

let bench: VirtualBench;
let silent: Server;
let silentPort = '';
beforeAll(async () => {
  bench = await startVirtual(['--mac', 'a4:cf:12:37:00:00', '--listen', 'rfc2217://127.0.0.1:0']);
  silent = createServer(() => undefined).listen(0, '127.0.0.1');
  await new Promise((resolve) => silent.once('listening', resolve));
  const address = silent.address();
  silentPort = typeof address === 'object' && address !== null ? `tcp://127.0.0.1:${address.port}` : '';
});
afterAll(async () => {
  await bench.close();
  silent.close();
  scratch.remove();
});

describe('an input that is refused before any port is opened', () => {
  const CASES: [string, string[], string, RegExp][] = [
    ['a URL of another kind', ['--ca-url', 'ftp://ca'], 'CA_URL_INVALID', /begins with ftp:/],
    ['a URL that is too long', ['--ca-url', `https://h/${'x'.repeat(250)}`], 'CA_URL_INVALID', /260 bytes/],
    ['no URL', [], 'INPUT_INVALID', /CA URL is missing; give --ca-url/],
    [
      'an SSID of 32 bytes',
      ['--ca-url', 'https://h', '--wifi-ssid', 'x'.repeat(32)],
      'WIFI_INVALID',
      /32 bytes/,
    ],
    ['a bad UUID', ['--ca-url', 'https://h', '--uuid', '1234'], 'UUID_INVALID', /"1234" is not a UUID/],
    ['a bad number', ['--ca-url', 'https://h', '--offset', '0xzz'], 'INPUT_INVALID', /--offset is "0xzz"/],
    [
      'an unknown chip',
      ['--ca-url', 'https://h', '--chip', 'esp99'],
      'INPUT_INVALID',
      /no chip that espmint knows/,
    ],
    [
      'a missing password file',
      ['--ca-url', 'https://h', '--wifi-ssid', 'L', '--wifi-password-file', '/no/such'],
      'FILE_UNREADABLE',
      /\/no\/such .*does not exist/,
    ],
    ['a missing profile', ['--profile', '/no/such.yaml'], 'FILE_UNREADABLE', /no\/such\.yaml/],
    ['no place for keys', ['--ca-url', 'https://h', '--registry', 'none'], 'INPUT_INVALID', /--keys-to FILE/],
  ];
  it.each(CASES)('%s', async (_, args, code, sentence) => {
    const run = await runInProcess(['provision', '--port', '/dev/none', ...args, ...REGISTRY]);
    expect(run.stderr).toMatch(sentence);
    expect(run.stderr).toContain(`[${code}]`);
    expect(run.stderr.trim().split('\n')).toHaveLength(1);
    expect(run.code).toBe(2);
  });

  it('a profile, with file, line and column', async () => {
    const profile = file('bad.yaml', 'name: x\nwifi:\n  sid: Lab\n');
    const run = await espmint(['provision', '--port', '/dev/none', '--profile', profile, ...REGISTRY]);
    expect(run.stderr).toContain(`${profile}:3:3: wifi.sid is not a setting of a profile`);
    expect(run.code).toBe(2);
  });

  it('a UUID for two boards', async () => {
    const ports = ['--port', 'tcp://127.0.0.1:1', '--port', 'tcp://127.0.0.1:2'];
    const uuid = '110e3dc9-fa05-568f-a05a-98d00891029d';
    const run = await runInProcess([
      'provision',
      ...ports,
      '--ca-url',
      'https://h',
      '--uuid',
      uuid,
      ...REGISTRY,
    ]);
    expect(run.stderr).toContain('[IDENTITY_FOR_ONE_BOARD]');
  });
});

describe('a port that fails', () => {
  const failing = async (port: string, ...more: string[]): Promise<Record<string, unknown>> => {
    const args = [
      'provision',
      '--port',
      port,
      '--ca-url',
      'https://h',
      ...REGISTRY,
      '--attempts',
      '1',
      '--json',
      ...more,
    ];
    const run = await runInProcess(args);
    expect(run.code).not.toBe(0);
    expect(run.stderr).not.toMatch(/\n\s+at /);
    return { ...resultsOf(run)[0], exit: run.code };
  };

  it('because it does not exist', async () => {
    expect(await failing('/dev/ttyNONE9')).toMatchObject({
      ok: false,
      code: 'PORT_NOT_FOUND',
      stage: 'connect',
      exit: 3,
    });
  });

  it('because nobody listens there', async () => {
    expect(await failing('tcp://127.0.0.1:9')).toMatchObject({
      ok: false,
      code: 'PORT_UNREACHABLE',
      exit: 3,
    });
  });

  it('because no chip answers, within a few seconds, with the button to press', async () => {
    const result = await failing(silentPort);
    expect(result).toMatchObject({ ok: false, stage: 'connect', exit: 3 });
    expect(String(result['message'])).toMatch(/BOOT/);
    expect(Number(result['durationMs'])).toBeLessThan(15_000);
  });

  it('because its chip is of another kind', async () => {
    const result = await failing(bench.urls[0] ?? '', '--chip', 'esp32s3');
    expect(result).toMatchObject({ ok: false, exit: 4 });
    expect(String(result['message'])).toMatch(/ESP32-?S3/i);
  });

  it('because its address is none', async () => {
    expect(await failing('ftp://host')).toMatchObject({ ok: false, code: 'ADDRESS_INVALID', exit: 2 });
  });
});

describe('identity', () => {
  it('refuses a MAC that is none', async () => {
    const run = await espmint(['identity', 'a4:cf:12:34:56']);
    expect(run).toMatchObject({ code: 2, stdout: '' });
    expect(run.stderr).toContain('[MAC_INVALID]');
  });

  it('says which recipe made a UUID', async () => {
    const run = await espmint(['identity', 'A4CF12345678', '--uuid', 'd7a58fb9-efb4-54b3-bfbe-17d718a1fae0']);
    expect(run.stdout).toBe('mac-bytes\n');
  });
});
