// Canary secrets through whole runs: they may be in the flash, the registry and an explicit reveal, nowhere else.
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { espmint, scratchDir, startVirtual, type CliRun } from '../support/cli.js';

const PSK = 'c0ffee00c0ffee11c0ffee22c0ffee33';
const PASSWORD = 'canary-wifi-7d41';
const scratch = scratchDir('secrets');
const dataDir = join(scratch.path, 'data');
const REGISTRY = ['--data-dir', dataDir];
const outputs: { what: string; text: string }[] = [];

async function recorded(args: readonly string[], env: Record<string, string> = {}): Promise<CliRun> {
  const run = await espmint(args, { env });
  outputs.push({ what: args.join(' '), text: run.stdout + run.stderr });
  return run;
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile());
}

beforeAll(async () => {
  const inputs = join(scratch.path, 'inputs');
  mkdirSync(inputs);
  writeFileSync(join(inputs, 'psk'), PSK);
  writeFileSync(join(inputs, 'pw'), PASSWORD);
  writeFileSync(
    join(inputs, 'profile.yaml'),
    'name: p\ncaUrl: https://ca.example.com\nwifi: { ssid: L, password: "env:PW" }\n',
  );
  const bench = await startVirtual(
    ['--mac', 'a4:cf:12:36:00:00', '--count', '2', '--listen', 'rfc2217://127.0.0.1:0'],
    2,
  );
  try {
    const [first = '', second = ''] = bench.urls;
    const files = [
      '--psk-file',
      join(inputs, 'psk'),
      '--wifi-ssid',
      'L',
      '--wifi-password-file',
      join(inputs, 'pw'),
    ];
    const run = ['provision', '--port', first, '--ca-url', 'https://ca.example.com', ...files, ...REGISTRY];
    await recorded([...run, '--json', '--debug']);
    await recorded([...run, '--debug']);
    const other = [
      'provision',
      '--port',
      second,
      '--profile',
      join(inputs, 'profile.yaml'),
      ...REGISTRY,
      '--json',
      '--debug',
    ];
    await recorded([...other, '--psk-file', join(inputs, 'psk')], { PW: PASSWORD });
    // Failures, with the secrets in play: a key that differs, a region too small, a dead port.
    writeFileSync(join(inputs, 'bad-psk'), `${PSK}f`);
    await recorded([
      ...run.slice(0, -2),
      '--psk-file',
      join(inputs, 'bad-psk'),
      ...REGISTRY,
      '--json',
      '--debug',
    ]);
    await recorded([...run, '--size', '0x400000', '--json', '--debug']);
    await recorded([...run.map((arg) => (arg === first ? 'tcp://127.0.0.1:9' : arg)), '--json', '--debug']);
    await recorded(['inspect', '--port', first, '--json']);
    await recorded(['inspect', '--port', second]);
    await recorded(['devices', 'list', '--json', ...REGISTRY]);
    await recorded(['devices', 'show', bench.macs[0] ?? '', '--json', ...REGISTRY]);
    await recorded(['doctor', ...REGISTRY]);
  } finally {
    await bench.close();
  }
});
afterAll(() => scratch.remove());

describe('a secret', () => {
  it('was really in play: the registry reveals it', async () => {
    const run = await espmint(['devices', 'reveal', 'a4:cf:12:36:00:00', '--reason', 'test', ...REGISTRY]);
    expect(run.stdout).toBe(`${PSK}\n`);
    expect(run.stderr).toBe('');
  });

  it.each([
    ['PSK', PSK],
    ['Wi-Fi password', PASSWORD],
  ])('(%s) is in no output of any command', (_, secret) => {
    expect(outputs.length).toBe(11);
    expect(outputs.filter(({ text }) => text.includes(secret)).map(({ what }) => what)).toEqual([]);
  });

  it('is in no file of the data directory outside the database itself', () => {
    const leaks = filesBelow(dataDir)
      .filter((path) => !relative(dataDir, path).split('/').includes('cluster'))
      .filter((path) => [PSK, PASSWORD].some((secret) => readFileSync(path).includes(secret)));
    expect(leaks).toEqual([]);
  });

  it('lies behind folders that others cannot enter', () => {
    for (const name of readdirSync(dataDir)) {
      const { mode } = statSync(join(dataDir, name));
      expect(`${name} ${(mode & 0o077).toString(8)}`).toBe(`${name} 0`);
    }
  });
});
