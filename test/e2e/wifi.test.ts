// The technician's commands on virtual boards: each way onto Wi-Fi, its failures, and a password that shows nowhere.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  createVirtualBoard,
  servePortal,
  serveAir,
  serveRfc2217,
  serveTcp,
  type ApplicationName,
  type VirtualBoard,
  type VirtualWifi,
} from '../../src/virtual/index.js';
import { readStoredWifi } from '../../src/virtual/firmware/wifi/settings.js';
import { runInProcess, type InProcessRun } from '../support/cli-in-process.js';
import { startStation, until, type StationProcess } from '../support/station-process.js';

const CANARY = 'c4nary "quoted" \\pass';
const AIR: VirtualWifi = { networks: [{ ssid: 'Field "Net"', password: CANARY }, { ssid: 'Open' }] };

let folder = '';
let passwordFile = '';
let wrongFile = '';
let proofFile = '';
const closers: (() => unknown)[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'espmint-wifi-'));
  [passwordFile, wrongFile, proofFile] = ['password', 'wrong', 'pop'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  await writeFile(passwordFile, `${CANARY}\n`);
  await writeFile(wrongFile, 'wr0ng-c4nary-w0rd\n');
  await writeFile(proofFile, 'abcd1234\n');
});
afterAll(() => rm(folder, { recursive: true }));
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

interface Bench {
  readonly board: VirtualBoard;
  readonly port: string;
}

async function bench(
  application: ApplicationName,
  wifi: VirtualWifi = {},
  scheme = 'rfc2217',
): Promise<Bench> {
  const board = createVirtualBoard({ application, wifi: { ...AIR, ...wifi } });
  const address = { host: '127.0.0.1', port: 0 };
  const server = await (scheme === 'tcp' ? serveTcp(board, address) : serveRfc2217(board, address));
  closers.push(
    () => board.dispose(),
    () => server.close(),
  );
  return { board, port: server.url };
}

/** Every run of this file shows no password, in any form. */
async function wifi(...args: string[]): Promise<InProcessRun> {
  const run = await runInProcess(['wifi', ...args]);
  const shown = run.stdout + run.stderr;
  const forms = [
    CANARY,
    CANARY.replace(/[\\"]/g, '\\$&'),
    Buffer.from(CANARY).toString('hex'),
    'wr0ng-c4nary',
    'c4nary',
  ];
  for (const form of forms) expect(shown).not.toContain(form);
  return run;
}

const set = (port: string, ...more: string[]): Promise<InProcessRun> =>
  wifi('set', '--port', port, '--ssid', 'Field "Net"', '--password-file', passwordFile, '--verbose', ...more);

describe('espmint wifi set finds out what a board speaks', () => {
  it.each([
    ['wifi-improv', 'rfc2217', 'by improv'],
    ['wifi-improv', 'tcp', 'by improv'],
    ['wifi-console', 'rfc2217', 'by console, address 192.168.77.130'],
    ['wifi-console', 'tcp', 'by console, address 192.168.77.130'],
    ['wifi-protocomm', 'rfc2217', 'by protocomm, address 192.168.77.130'],
    ['wifi-protocomm', 'tcp', 'by protocomm, address 192.168.77.130'],
  ] as const)('%s over %s', async (application, scheme, expected) => {
    const { port } = await bench(application, {}, scheme);
    const run = await set(port, '--pop-file', proofFile);
    expect(run.stderr + run.stdout).toContain(`${port}: on "Field "Net"" ${expected}`);
    expect(run.code).toBe(0);
  });

  it.each(['wifi-improv', 'wifi-console', 'wifi-protocomm'] as const)(
    '%s whose log runs through everything',
    async (application) => {
      const { port } = await bench(application, { fault: 'noisy' });
      const run = await set(port, '--pop-file', proofFile);
      const way = application.replace('wifi-', '');
      expect(run.stderr + run.stdout).toContain(`${port}: on "Field "Net"" by ${way}`);
    },
  );

  it('and writes into NVS where it speaks nothing, keeping what stands there', async () => {
    const { board, port } = await bench('wifi');
    const named = await set(port, '--mode', 'console');
    expect(named.stderr).toMatch(/"espmint wifi set --mode nvs".*\[WIFI_MODE_UNKNOWN\]/s);
    const run = await set(port, '--json');
    expect(run.code, run.stderr).toBe(0);
    expect(JSON.parse(run.stdout)).toMatchObject({ type: 'wifi', way: 'nvs', address: '192.168.77.130' });
    expect(readStoredWifi(board.flash).network).toEqual({ ssid: 'Field "Net"', password: CANARY });
    const driver = await set(port, '--mode', 'nvs', '--target', 'net80211');
    expect(driver.code, driver.stderr).toBe(0);
    expect(readStoredWifi(board.flash).item('wifi_ssid')?.value).toBe('Field "Net"');
  });

  it('over its portal, where this computer is on its access point', async () => {
    for (const security of [0, 1, 2] as const) {
      const { board } = await bench('wifi-protocomm', { security });
      const portal = await servePortal(board, { host: '127.0.0.1', port: 0 });
      closers.push(() => portal.close());
      const run = await wifi(
        'set',
        '--url',
        portal.url,
        '--ssid',
        'Field "Net"',
        '--password-file',
        passwordFile,
        '--pop-file',
        proofFile,
      );
      expect(run.stdout).toContain('by portal, address 192.168.77.130');
      const seen = await wifi('scan', '--url', portal.url, '--pop-file', proofFile);
      expect(seen.stdout).toMatch(/Field "Net".*WPA2/);
    }
  });
});

describe('espmint wifi set says what went wrong', () => {
  it.each(['wifi-improv', 'wifi-console', 'wifi-protocomm', 'wifi'] as const)(
    'a wrong password: %s',
    async (application) => {
      const { port } = await bench(application);
      const run = await wifi(
        'set',
        '--port',
        port,
        '--ssid',
        'Field "Net"',
        '--password-file',
        wrongFile,
        '--pop-file',
        proofFile,
        '--verbose',
      );
      expect(run.code).toBe(4);
      expect(run.stderr).toMatch(/password.*\[WIFI_(JOIN_FAILED|STEP_FAILED)\]/s);
    },
  );

  it('no such network, no address, and silence', async () => {
    const nowhere = await bench('wifi');
    const absent = await wifi(
      'set',
      '--port',
      nowhere.port,
      '--mode',
      'nvs',
      '--ssid',
      'Nowhere',
      '--password-file',
      passwordFile,
      '--join-timeout',
      '1500',
    );
    expect(absent.stderr).toMatch(/no such network in range.*\[WIFI_JOIN_FAILED\]/s);
    const { port: noAddress } = await bench('wifi', { fault: 'no-address' });
    const waiting = await set(noAddress, '--mode', 'nvs', '--join-timeout', '1500');
    expect(waiting.stderr).toMatch(/got no address.*DHCP/s);
    const { port: silent } = await bench('wifi', { fault: 'silent' });
    const unproven = await set(silent, '--mode', 'nvs', '--join-timeout', '1500');
    expect(unproven.stderr).toContain('WIFI_JOIN_UNPROVEN');
    expect(unproven.code).toBe(4);
  });

  it('a wrong or missing proof of possession', async () => {
    const { port } = await bench('wifi-protocomm', { proof: 'another-proof' });
    const env = { ESPMINT_WIFI_POP: 'another-proof' };
    expect((await set(port, '--pop-file', proofFile)).stderr).toContain('WIFI_PROOF_REFUSED');
    expect((await set(port)).stderr).toMatch(/none was given.*--pop-file/s);
    const args = ['wifi', 'set', '--port', port, '--ssid', 'Open', '--open'];
    expect((await runInProcess(args, { env })).code).toBe(0);
  });

  it('bad input, before the port is opened', async () => {
    const run = await wifi(
      'set',
      '--port',
      '/dev/none',
      '--ssid',
      'x'.repeat(33),
      '--password-file',
      passwordFile,
    );
    expect([run.code, /33 bytes/.test(run.stderr)]).toEqual([2, true]);
    const both = await wifi('set', '--port', '/dev/none', '--url', 'http://x', '--ssid', 'x', '--open');
    expect(both.stderr).toContain('are both given');
  });
});

describe('the other commands', () => {
  it('scan shows what the board sees', async () => {
    for (const application of ['wifi-improv', 'wifi-protocomm'] as const) {
      const { port } = await bench(application);
      const run = await wifi('scan', '--port', port, '--pop-file', proofFile, '--json');
      expect(
        run.stdout
          .trim()
          .split('\n')
          .map((line) => (JSON.parse(line) as { ssid: string }).ssid),
      ).toEqual(['Field "Net"', 'Open']);
    }
  });

  it("console runs one's own steps, and captures what they measure", async () => {
    const { port } = await bench('wifi-console');
    const steps = join(folder, 'steps.yaml');
    await writeFile(
      steps,
      'steps:\n  - name: help\n    send: help\n    expect: ["^wifi_(?<command>status)"]\n',
    );
    const run = await wifi('console', '--port', port, '--ssid', 'x', '--open', '--steps', steps, '--json');
    expect(run.code, run.stderr).toBe(0);
    const step = (expected: string): Promise<void> =>
      writeFile(steps, `steps:\n  - { name: help, send: help, timeoutMs: 400, expect: ["${expected}"] }\n`);
    const args = ['console', '--port', port, '--ssid', 'x', '--open', '--steps', steps];
    await step('^never');
    expect((await wifi(...args)).stderr).toMatch(/correct what the step expects.*\[WIFI_STEP_TIMEOUT\]/s);
    await step('^wifi_');
    expect((await wifi(...args)).code).toBe(0);
    await writeFile(steps, 'steps:\n  - expekt: []\n');
    expect((await wifi('console', '--port', port, '--ssid', 'x', '--open', '--steps', steps)).code).toBe(2);
  });

  it("wps opens the window by the access point's command", async () => {
    const { board, port } = await bench('wifi');
    const portal = await servePortal(board, { host: '127.0.0.1', port: 0 });
    closers.push(() => portal.close());
    board.radio.wps = '12345670';
    const pin = join(folder, 'pin');
    await writeFile(pin, '12345670');
    const hook = `${process.execPath} -e "fetch('${portal.url}/wps_pin/'+fs.readFileSync(0,'utf8').trim(),{method:'POST'}).then(r=>r.text()).then(console.log)" <<< {{pin}}`;
    const run = await wifi(
      'wps',
      '--port',
      port,
      '--pin-file',
      pin,
      '--no-restart',
      '--hook',
      hook,
      '--window',
      '20000',
    );
    expect(run.stderr + run.stdout).toContain('address 192.168.77.130');
    expect(run.stdout + run.stderr).not.toContain('12345670');
  });

  it('wps refuses a PIN that cannot be, and takes the one of `espmint wifi pin`', async () => {
    const { port } = await bench('wifi');
    const pin = join(folder, 'made-pin');
    await writeFile(pin, '12345678');
    const args = ['wps', '--port', port, '--pin-file', pin, '--no-restart', '--window', '1000'];
    expect((await wifi(...args)).stderr).toMatch(/`espmint wifi pin` make one.*\[WPS_PIN_INVALID\]/s);
    await writeFile(pin, (await wifi('pin')).stdout);
    expect((await wifi(...args)).stderr).toContain('WPS_WINDOW_OVER');
  });

  it('watch proves a connection from the log alone', async () => {
    const { port } = await bench('stock');
    expect((await wifi('watch', '--port', port)).stdout).toContain('address 192.168.4.2');
    const { port: silent } = await bench('silent');
    expect((await wifi('watch', '--port', silent, '--join-timeout', '1000')).stderr).toContain(
      'WIFI_JOIN_UNPROVEN',
    );
  });

  it('pin, verifier and label-text give what label and NVS need', async () => {
    expect((await wifi('pin')).stdout).toMatch(/^\d{8}\n$/);
    const verifier = JSON.parse((await wifi('verifier', '--pop-file', proofFile)).stdout) as {
      salt: string;
      verifier: string;
    };
    expect([verifier.salt.length, verifier.verifier.length]).toEqual([32, 768]);
    const label = await wifi('label-text', '--name', 'PROV_1', '--pop-file', proofFile);
    expect(label.stdout).toBe('{"ver":"v1","name":"PROV_1","pop":"abcd1234","transport":"softap"}\n');
  });

  it('smartconfig warns, sends, and says why nobody answers', async () => {
    const nowhere = await wifi(
      ...['smartconfig', '--ssid', 'x', '--open', '--bssid', '02:00:00:00:00:01', '--address', '192.0.2.1'],
    );
    expect(nowhere.stderr).toMatch(/name its address with --address.*\[SMARTCONFIG_SOCKET\]/s);
    const run = await wifi(
      ...[
        'smartconfig',
        '--ssid',
        'Field "Net"',
        '--password-file',
        passwordFile,
        '--bssid',
        '02:00:00:00:00:01',
      ],
      ...['--address', '127.0.0.1', '--destination', '127.0.0.1', '--timeout', '1000'],
    );
    expect(run.code).toBe(3);
    expect(run.stderr).toContain('SMARTCONFIG_READABLE');
    expect(run.stderr).toMatch(/No board acknowledged.*loopback/s);
  }, 40_000);
});

/** A station in a process of its own, until its boards have ended. */
describe('espmint station', () => {
  const PATIENCE_MS = 90_000;

  async function station(wifi: string, boards: readonly VirtualBoard[]): Promise<StationProcess> {
    const profile = join(folder, 'station.yaml');
    const text = `name: sensor\ncaUrl: https://ca.example.com\npolicy: {attempts: 1}\nwifi: ${wifi}\n`;
    await writeFile(profile, text);
    const ports: string[] = [];
    for (const board of boards) {
      const server = await serveRfc2217(board, { host: '127.0.0.1', port: 0 });
      closers.push(() => server.close());
      ports.push('--port', server.url);
    }
    const keys = join(folder, 'keys.jsonl');
    const env = { ...process.env, FORCE_COLOR: undefined, ESPMINT_WIFI_PASSWORD: CANARY };
    const where = [
      '--profile',
      profile,
      '--registry',
      'none',
      '--keys-to',
      keys,
      '--data-dir',
      join(folder, 'data'),
    ];
    const started = startStation([...where, ...ports, '--retries', '0'], env);
    closers.push(() => started.end('SIGKILL'));
    return started;
  }

  const plug = (mac: string): VirtualBoard => {
    const board = createVirtualBoard({ application: 'wifi', wifi: AIR, mac });
    closers.push(() => board.dispose());
    return board;
  };

  it('gives the WPS button to one board after the other, and says why one did not join', async () => {
    const boards = [1, 2, 3].map((n) => plug(`a4:cf:12:34:57:0${n}`));
    const running = await station('{mode: wps, wps: {method: button}, join: {}}', boards);
    const waiting = (): VirtualBoard[] => boards.filter(({ radio }) => radio.wps !== undefined);
    for (const [turn, pin] of [undefined, '12345670', undefined].entries()) {
      await until('one board waits for the button', PATIENCE_MS, () => waiting().length === 1);
      const [board] = waiting();
      board?.radio.pressWps(pin, { ssid: 'Field "Net"', password: CANARY });
      if (board !== undefined) board.radio.wps = undefined;
      const ended = (): number => running.passed.length + running.failures.length;
      await until('its run has ended', PATIENCE_MS, () => ended() === turn + 1);
    }
    expect(running.passed).toHaveLength(2);
    expect(running.failures).toMatchObject([
      {
        code: 'WIFI_JOIN_FAILED',
        wifi: { mode: 'wps', result: 'failed', reason: 'WPS: the access point ended the exchange' },
      },
    ]);
    expect(running.text()).not.toContain('c4nary');
  });

  // Elsewhere a broadcast need not come back to its own host.
  it.runIf(process.platform === 'linux')(
    'sends the network by SmartConfig to the board that waits for it',
    async () => {
      const board = plug('a4:cf:12:34:57:09');
      const air = await serveAir(board, { host: '0.0.0.0', port: 7001 });
      closers.push(() => air.close());
      const wifi = `{mode: smartconfig, ssid: 'Field "Net"', password: 'env:ESPMINT_WIFI_PASSWORD', smartconfig: {protocol: v2, bssid: '02:00:00:00:00:01'}}`;
      const running = await station(wifi, [board]);
      await until(
        'the board has passed',
        PATIENCE_MS,
        () => running.passed.length + running.failures.length === 1,
      );
      expect(running.failures).toEqual([]);
      expect(running.text()).not.toContain('c4nary');
      expect(await readFile(join(folder, 'keys.jsonl'), 'utf8')).not.toContain('c4nary');
    },
  );
});
