// The whole way of a board: virtual chip over RFC 2217, the CLI, the embedded registry; once as processes.
import { createHash } from 'node:crypto';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Passed } from '../../src/core/stages.js';
import {
  espmint,
  eventsOf,
  resultsOf,
  scratchDir,
  startVirtualProcess,
  type CliRun,
  type VirtualBench,
} from '../support/cli.js';
import { runInProcess, startVirtual } from '../support/cli-in-process.js';
import { keepServerRunning } from '../support/embedded-server.js';
import { runEsptool } from '../support/esptool.js';
import { toolAvailable, PYTHON } from '../support/reference-tools.js';

const RFC = ['--listen', 'rfc2217://127.0.0.1:0'];
const CA = ['--ca-url', 'https://ca.example.com:8443'];
const scratch = scratchDir('provision');
const dataDir = join(scratch.path, 'data');
const REGISTRY = ['--data-dir', dataDir];
const passwordFile = join(scratch.path, 'pw.txt');

let bench: VirtualBench | undefined;
beforeAll(() => writeFileSync(passwordFile, 'wifi-canary-5b1f\n'));
afterEach(async () => {
  await bench?.close();
  bench = undefined;
});
afterAll(() => scratch.remove());
keepServerRunning(dataDir);

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

const provisionArgs = (ports: readonly string[], ...more: readonly string[]): string[] => [
  ...['provision', ...ports.flatMap((port) => ['--port', port]), ...CA],
  ...[...REGISTRY, '--json', ...more],
];
const provision = (...args: Parameters<typeof provisionArgs>): Promise<CliRun> =>
  runInProcess(provisionArgs(...args));

function onlyPass(run: CliRun): Passed {
  const [result] = resultsOf(run);
  if (result?.ok !== true) throw new Error(`no pass: ${run.stdout}${run.stderr}`);
  return result;
}

describe('provisioning one board', () => {
  it('ends with a pass that flash, registry and events agree on', async () => {
    const flash = join(scratch.path, 'one.bin');
    bench = await startVirtualProcess(['--mac', 'a4:cf:12:34:56:78', '--flash', flash, ...RFC]);
    const wifi = ['--wifi-ssid', 'Lab', '--wifi-password-file', passwordFile];
    const run = await espmint(provisionArgs(bench.urls, ...wifi));
    const result = onlyPass(run);
    expect(result).toMatchObject({
      chip: 'esp32',
      mac: 'a4:cf:12:34:56:78',
      uuid: '110e3dc9-fa05-568f-a05a-98d00891029d',
      image: { offsetBytes: 0x9000, sizeBytes: 0x10000 },
    });
    expect(run.code).toBe(0);
    expect(sha256(readFileSync(flash).subarray(0x9000, 0x19000))).toBe(result.image.sha256);

    const stages = eventsOf(run).flatMap((event) =>
      event.type === 'stage' && event.state === 'done' ? [event.stage] : [],
    );
    expect(stages.join()).toBe('connect,inspect,identify,reserve,build,write,verify,reset,confirm');
    const percents = eventsOf(run).flatMap((event) => (event.type === 'progress' ? [event.percent] : []));
    expect(percents.at(-1)).toBe(100);
    expect([...percents].sort((a, b) => a - b)).toEqual(percents);

    const list = await espmint(['devices', 'list', '--json', ...REGISTRY]);
    expect(list.records).toContainEqual(
      expect.objectContaining({ type: 'device', mac: result.mac, uuid: result.uuid, status: 'provisioned' }),
    );
    const key = (
      await espmint(['devices', 'reveal', result.mac, '--reason', 'test', ...REGISTRY])
    ).stdout.trim();
    expect(key).toMatch(/^[0-9a-f]{32}$/);
    expect(readFileSync(flash).includes(key)).toBe(true);
    expect(run.stdout + run.stderr).not.toContain(key);
  });

  it('leaves the bytes that the real esptool reads back', async (context) => {
    if (!toolAvailable('esptool', PYTHON)) return context.skip();
    bench = await startVirtualProcess(['--mac', 'a4:cf:12:34:00:01', '--pty']);
    const port = bench.urls[0] ?? '';
    const result = onlyPass(await provision([port]));
    const out = join(scratch.path, 'read-back.bin');
    const args = ['--chip', 'esp32', '--port', port, '--no-stub', 'read-flash', '0x9000', '0x10000', out];
    const { exitCode, output } = await runEsptool(args);
    expect(exitCode, output).toBe(0);
    expect(sha256(readFileSync(out))).toBe(result.image.sha256);
  });

  it('gives a board that is provisioned again the same key, and a new one when asked to rotate', async () => {
    bench = await startVirtual(['--mac', 'a4:cf:12:34:00:02', ...RFC]);
    const reveal = async (): Promise<string> =>
      (await runInProcess(['devices', 'reveal', 'a4:cf:12:34:00:02', '--reason', 'test', ...REGISTRY]))
        .stdout;
    const first = onlyPass(await provision(bench.urls));
    const key = await reveal();
    expect(onlyPass(await provision(bench.urls)).image).toEqual(first.image);
    expect(await reveal()).toBe(key);
    onlyPass(await provision(bench.urls, '--known', 'rotate'));
    expect(await reveal()).not.toBe(key);
    const refused = await provision(bench.urls, '--known', 'refuse');
    expect(resultsOf(refused)[0]).toMatchObject({ ok: false, code: 'DEVICE_KNOWN', stage: 'reserve' });
    expect(refused.code).toBe(5);
  });

  it('lets a board leave that is as it must be, and no other, and records both', async () => {
    const mac = 'a4:cf:12:34:00:04';
    const flash = join(scratch.path, 'ship.bin');
    const profile = join(scratch.path, 'ship.yaml');
    writeFileSync(
      profile,
      `name: ship\ncaUrl: https://ca.example.com:8443\nship: { absent: [{ value: '^Factory' }] }\n`,
    );
    bench = await startVirtual(['--mac', mac, '--flash', flash, ...RFC]);
    const url = bench.urls[0] ?? '';
    const verify = (...more: string[]): Promise<CliRun> =>
      runInProcess(['verify', '--port', url, '--profile', profile, '--operator', 'maria', ...more]);
    onlyPass(await provision([url]));
    const before = sha256(readFileSync(flash));
    const passed = await verify(...REGISTRY);
    expect(passed).toMatchObject({ code: 0, stderr: '' });
    expect(passed.stdout).toMatch(/^PASS {2}a4:cf:12:34:00:04 /);
    expect(sha256(readFileSync(flash))).toBe(before);

    onlyPass(await provision([url], '--wifi-ssid', 'Factory-7', '--known', 'rotate'));
    const failed = await verify('--json', ...REGISTRY);
    expect(failed.code).toBe(4);
    expect(failed.stderr).toContain('BOARD_CHECK_FAILED');
    expect(failed.records).toMatchObject([
      { type: 'check', mac, profile: 'ship', passed: false, differences: [{ kind: 'forbidden' }] },
      { type: 'error', code: 'BOARD_CHECK_FAILED' },
    ]);
    expect(failed.stdout).toContain('zc:wifi_ssid');
    expect(failed.stdout).not.toContain('Factory-7');
    const audit = await runInProcess(['devices', 'audit', mac, '--json', ...REGISTRY]);
    const checks = audit.records.filter((entry) => entry['kind'] === 'board checked');
    expect(checks).toMatchObject([
      { actor: 'maria', mac, detail: { passed: false, profile: { name: 'ship', version: 1 } } },
      { actor: 'maria', mac, detail: { passed: true, differences: [] } },
    ]);

    const alone = await verify('--registry', 'none');
    expect(alone.code).toBe(4);
    expect(alone.stdout).toContain('  - zc:wifi_ssid (nvs) is there');
  });

  it('works without a registry, with the keys in a private file', async () => {
    bench = await startVirtual(['--mac', 'a4:cf:12:34:00:03', ...RFC]);
    const keys = join(scratch.path, 'keys.jsonl');
    const args = [
      'provision',
      '--port',
      bench.urls[0] ?? '',
      ...CA,
      '--registry',
      'none',
      '--keys-to',
      keys,
      '--json',
    ];
    onlyPass(await runInProcess(args));
    expect(statSync(keys).mode & 0o777).toBe(0o600);
    expect(readFileSync(keys, 'utf8')).toMatch(/[0-9a-f]{32}/);
  });
});

describe('provisioning several boards', () => {
  it('runs them at once, and one that fails does not disturb the others', async () => {
    bench = await startVirtual(['--mac', 'a4:cf:12:34:01:00', '--count', '3', ...RFC], 3);
    const dead = 'tcp://127.0.0.1:9';
    const run = await provision([...bench.urls, dead], '--attempts', '1');
    const results = resultsOf(run);
    expect(
      results
        .filter(({ ok }) => ok)
        .map(({ mac }) => mac)
        .sort(),
    ).toEqual([...bench.macs].sort());
    expect(results.find(({ port }) => port === dead)).toMatchObject({ ok: false, stage: 'connect' });
    expect(run.code).toBe(3);
  });
});

describe('a board whose flash does not suit', () => {
  it('keeps every byte when a 64 KB image is asked for on the stock 24 KB partition', async () => {
    const flash = join(scratch.path, 'stock.bin');
    bench = await startVirtual([
      '--mac',
      'a4:cf:12:34:02:00',
      '--flash',
      flash,
      '--partition-table',
      'stock',
      ...RFC,
    ]);
    const before = sha256(readFileSync(flash));
    const refused = await provision(bench.urls, '--size', '0x10000');
    expect(resultsOf(refused)[0]).toMatchObject({ ok: false, code: 'IMAGE_DOES_NOT_FIT', stage: 'inspect' });
    expect(refused.code).toBe(4);
    expect(sha256(readFileSync(flash))).toBe(before);
    expect(onlyPass(await provision(bench.urls))).toMatchObject({
      image: { offsetBytes: 0x9000, sizeBytes: 0x6000 },
    });
  });

  it('changes nothing outside the region', async () => {
    const flash = join(scratch.path, 'outside.bin');
    bench = await startVirtual([
      '--mac',
      'a4:cf:12:34:02:01',
      '--flash',
      flash,
      '--partition-table',
      'stock',
      ...RFC,
    ]);
    const before = readFileSync(flash);
    onlyPass(await provision(bench.urls));
    const after = readFileSync(flash);
    expect(sha256(after.subarray(0, 0x9000))).toBe(sha256(before.subarray(0, 0x9000)));
    expect(sha256(after.subarray(0xf000))).toBe(sha256(before.subarray(0xf000)));
  });

  it('without a partition table is provisioned at the usual place with a warning', async () => {
    bench = await startVirtual(['--mac', 'a4:cf:12:34:02:02', '--partition-table', 'none', ...RFC]);
    const run = await provision(bench.urls);
    expect(onlyPass(run)).toMatchObject({ image: { offsetBytes: 0x9000, sizeBytes: 0x10000 } });
    expect(eventsOf(run)).toContainEqual(
      expect.objectContaining({ type: 'warning', code: 'NO_PARTITION_TABLE' }),
    );
  });
});

describe('a board that is handed its network in the run', () => {
  it.each([
    ['improv', 'wifi-improv', 'board-a4cf12340301.local'],
    ['console', 'wifi-console', '192.168.77.11'],
    ['portal', 'wifi-protocomm', '192.168.77.11'],
  ])('by %s passes with its address, and fails with a wrong password', async (mode, application, address) => {
    const air = join(scratch.path, 'air.json');
    writeFileSync(air, '{"networks": [{"ssid": "Lab", "password": "wifi-canary-5b1f"}]}');
    const board = ['--application', application, '--wifi', air, '--mac', 'a4:cf:12:34:03:01'];
    bench = await startVirtual([...board, ...RFC]);
    const profile = (password: string): string[] => {
      writeFileSync(join(scratch.path, 'secret'), `${password}\n`);
      const file = join(scratch.path, `${mode}.yaml`);
      writeFileSync(
        file,
        `name: ${mode}\nwifi: {mode: ${mode}, ssid: Lab, password: 'file:secret'}\npolicy: {attempts: 1}\n`,
      );
      return ['--profile', file];
    };
    const good = await provision(bench.urls, ...profile('wifi-canary-5b1f'));
    expect(onlyPass(good).wifi).toEqual({ mode, ssid: 'Lab', result: 'joined', proof: 'firmware', address });
    const bad = await provision(bench.urls, ...profile('other-canary-5b1f'));
    expect(resultsOf(bad)[0]).toMatchObject({ ok: false, stage: 'join', code: 'WIFI_JOIN_FAILED' });
    expect(bad.code).toBe(4);
    const shown = await runInProcess(['devices', 'show', 'a4:cf:12:34:03:01', ...REGISTRY]);
    expect(shown.stdout).toContain(
      `Wi-Fi ${mode} "Lab", on the network by the word of its firmware, ${address}`,
    );
    expect(shown.stdout).toContain(`Wi-Fi ${mode} "Lab", not on the network, `);
    for (const run of [good, bad, shown]) expect(run.stdout + run.stderr).not.toContain('canary');
  });
});
