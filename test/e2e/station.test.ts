// The station as a user runs it: boards on virtual ports, a batch, labels at a printer, figures and a second helping.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startVirtualPrinter } from '../../src/virtual/index.js';
import { espmint, scratchDir, type CliRun, type VirtualBench } from '../support/cli.js';
import { runInProcess, startVirtual } from '../support/cli-in-process.js';
import { keepServerRunning } from '../support/embedded-server.js';
import type { FlashImage } from '../../src/core/flash-image.js';

const scratch = scratchDir('station');
const dataDir = join(scratch.path, 'data');
const REGISTRY = ['--data-dir', dataDir];
const PROFILE = join(scratch.path, 'sensor.yaml');
const LABEL = join(scratch.path, 'label.yaml');
let bench: VirtualBench;

beforeEach(() => {
  writeFileSync(PROFILE, 'name: sensor\nversion: 2\ncaUrl: https://ca.example.com\n');
});
beforeAll(async () => {
  writeFileSync(LABEL, "widthMm: 50\nheightMm: 25\nqr: '{{serial}}'\nlines: ['{{serial}}', '{{mac}}']\n");
  bench = await startVirtual(['--count', '4', '--listen', 'rfc2217://127.0.0.1:0'], 4);
});
afterAll(async () => {
  await bench.close();
  scratch.remove();
});
keepServerRunning(dataDir);

const ports = (): string[] => bench.urls.flatMap((url) => ['--port', url]);
const station = (args: readonly string[], profile = ['--profile', PROFILE]): Promise<CliRun> =>
  espmint(['station', ...profile, ...ports(), ...REGISTRY, '--json', ...args], {
    onLine: (line, child) => {
      // A station runs until it is told to stop: here, when every slot is done.
      const event = JSON.parse(line) as { type: string; slot?: number; state?: string };
      if (event.type !== 'slot') return;
      done.set(`${child.pid} ${event.slot}`, event.state ?? '');
      const states = [...done].flatMap(([key, state]) => (key.startsWith(`${child.pid} `) ? [state] : []));
      if (states.length === 4 && states.every((state) => state === 'passed')) child.kill('SIGINT');
    },
  });
const done = new Map<string, string>();

describe('espmint station', () => {
  it('fills a batch with numbered units, prints each label once, and knows its boards again', async () => {
    const printer = await startVirtualPrinter();
    const create = [
      'batch',
      'create',
      'WO-7',
      '--profile',
      PROFILE,
      '--quantity',
      '4',
      '--serials',
      'ZC-{0000}',
    ];
    expect((await runInProcess([...create, ...REGISTRY])).code).toBe(0);
    const labels = ['--label', LABEL, '--printer', printer.url];

    const first = await station(['--batch', 'WO-7', '--name', 'line 1', ...labels]);
    expect(first.code).toBe(0);
    const shown = await runInProcess(['batch', 'show', 'WO-7', '--json', ...REGISTRY]);
    const [batch, ...units] = shown.records;
    expect(batch).toMatchObject({ counts: { passed: 4, reworked: 0, open: 0 } });
    expect(units.map(({ serial }) => serial).sort()).toEqual(['ZC-0001', 'ZC-0002', 'ZC-0003', 'ZC-0004']);
    expect(printer.labels).toHaveLength(4);

    // The batch brings its profile: the boards are found done with it, and nothing is written.
    const again = await station(['--batch', 'WO-7', '--name', 'line 1', ...labels], []);
    const results = again.records.filter(({ type }) => type === 'ended').map(({ result }) => result);
    expect(results).toHaveLength(4);
    expect(results.every((result) => (result as { alreadyDone?: boolean }).alreadyDone === true)).toBe(true);
    expect(printer.labels).toHaveLength(4);
    await printer.close();
  });

  it('tells figures, stations and labels of what was made', async () => {
    const stats = await runInProcess(['stats', '--batch', 'WO-7', '--by', 'slot', '--json', ...REGISTRY]);
    expect(stats.records[0]).toMatchObject({ group: 'all', boards: 4, passed: 4, firstPassYield: 1 });
    expect(stats.records.slice(1).map(({ group }) => group)).toEqual(
      [1, 2, 3, 4].map((slot) => `line 1 slot ${slot}`),
    );
    const csv = await runInProcess(['stats', '--csv', ...REGISTRY]);
    expect(csv.stdout).toMatch(/^group,runs,boards,.*\r?\nall,8,4,4,0,0,1,1,/);
    const stations = await runInProcess(['station', 'list', '--json', ...REGISTRY]);
    expect(stations.records).toMatchObject([{ station: 'line 1', batch: 'WO-7' }]);
    const sheet = join(scratch.path, 'sheet.pdf');
    const label = await runInProcess([
      'label',
      '--template',
      LABEL,
      '--batch',
      'WO-7',
      '--out',
      sheet,
      ...REGISTRY,
    ]);
    expect(label.stderr).toContain('4 labels');
    const one = join(scratch.path, 'one.zpl');
    const alone = ['label', 'ZC-0002', '--template', LABEL, '--out', one, ...REGISTRY];
    expect((await runInProcess(alone)).stderr).toContain('1 label');
    expect(readFileSync(one, 'utf8')).toMatch(/\^FDMA,ZC-0002\^FS[\s\S]*\^FDZC-0002\^FS/);
    const photo = await runInProcess([...alone.slice(0, -REGISTRY.length - 1), `${one}.jpg`, ...REGISTRY]);
    expect([photo.code, photo.stderr]).toEqual([
      2,
      expect.stringMatching(/one\.zpl\.jpg.*\.svg, \.png, \.zpl, \.pdf/),
    ]);
  });

  it('with --check only reads: good boards pass, differences are told, and no batch or figure changes', async () => {
    const good = await station(['--check', '--name', 'gate']);
    const resultsOf = ({ records }: CliRun): unknown[] =>
      records.filter(({ type }) => type === 'ended').map(({ result }) => result);
    expect([good.code, good.stderr]).toEqual([0, '']);
    expect(resultsOf(good)).toEqual(
      Array.from({ length: 4 }, () => expect.objectContaining({ ok: true }) as unknown),
    );
    writeFileSync(PROFILE, 'name: sensor\nversion: 2\ncaUrl: https://other.example.com\n');
    let ended = 0;
    const bad = await espmint(
      ['station', '--profile', PROFILE, ...ports(), ...REGISTRY, '--json', '--check'],
      {
        onLine: (line, child) => {
          if ((JSON.parse(line) as { type: string }).type === 'ended' && ++ended === 4) child.kill('SIGINT');
        },
      },
    );
    for (const result of resultsOf(bad)) {
      expect(result).toMatchObject({
        ok: false,
        code: 'BOARD_CHECK_FAILED',
        message: expect.stringContaining('ca_service_url') as string,
      });
    }
    expect(resultsOf(bad)).toHaveLength(4);
    const audit = await espmint(['devices', 'audit', '--json', ...REGISTRY]);
    expect(audit.records.filter(({ kind }) => kind === 'board checked')).toHaveLength(8);
    const [batch] = (await espmint(['batch', 'show', 'WO-7', '--json', ...REGISTRY])).records;
    expect(batch).toMatchObject({ counts: { passed: 4, reworked: 0, failed: 0, open: 0 } });
    const [figures] = (await espmint(['stats', '--json', ...REGISTRY])).records;
    expect(figures).toMatchObject({ boards: 4, passed: 4 });
  });

  it('refuses a batch of another profile, a label that shows the key, and a batch without a database', async () => {
    writeFileSync(LABEL, "{widthMm: 50, heightMm: 25, qr: '{{psk}}', secret: true}");
    const secret = await station(['--batch', 'WO-7', '--label', LABEL]);
    expect(secret.stdout).toContain('LABEL_SECRET_REFUSED');
    const none = await station([
      '--batch',
      'WO-7',
      '--registry',
      'none',
      '--keys-to',
      join(scratch.path, 'keys'),
    ]);
    expect(none.stdout).toContain('INPUT_INVALID');
    const missing = await station(['--batch', 'WO-8']);
    expect(missing.stdout).toContain('BATCH_UNKNOWN');
  });

  it('reports a batch as JSON and as PDF', async () => {
    const json = await runInProcess(['batch', 'report', 'WO-7', '--json', ...REGISTRY]);
    const [report] = json.records;
    expect(report).toMatchObject({ type: 'report', batch: { name: 'WO-7' }, figures: { boards: 4 } });
    expect(
      (report as unknown as { units: { image: FlashImage }[] }).units.map(({ image }) => image.sha256),
    ).toEqual(Array.from({ length: 4 }, () => expect.stringMatching(/^[0-9a-f]{64}$/) as string));
    const file = join(scratch.path, 'report.pdf');
    expect((await runInProcess(['batch', 'report', 'WO-7', '--pdf', file, ...REGISTRY])).code).toBe(0);
  });

  it('hands each board its network as the profile says, side by side, and fails the one that cannot join', async () => {
    const password = 'c4nary-station-password';
    const [air, elsewhere] = ['air.json', 'elsewhere.json'].map((file) => join(scratch.path, file)) as [
      string,
      string,
    ];
    const lab = (given: string): string => JSON.stringify({ networks: [{ ssid: 'Lab', password: given }] });
    writeFileSync(air, lab(password));
    writeFileSync(elsewhere, lab('another-password'));
    writeFileSync(
      PROFILE,
      'name: online\ncaUrl: https://ca.example.com\npolicy: {attempts: 1}\n' +
        "wifi: {mode: improv, ssid: Lab, password: 'env:STATION_WIFI', join: {timeoutMs: 20000}}\n",
    );
    const boards = (count: string, mac: string, file: string): Promise<VirtualBench> =>
      startVirtual(
        ['--count', count, '--mac', mac, '--application', 'wifi-improv', '--wifi', file],
        Number(count),
      );
    const good = await boards('3', 'a4:cf:12:00:01:00', air);
    const bad = await boards('1', 'a4:cf:12:00:02:00', elsewhere);
    const ended = new Set<number>();
    try {
      const run = await espmint(
        [
          ...['station', '--profile', PROFILE, '--retries', '0', ...REGISTRY, '--json'],
          ...[...good.urls, ...bad.urls].flatMap((url) => ['--port', url]),
        ],
        {
          env: { STATION_WIFI: password },
          onLine: (line, child) => {
            const event = JSON.parse(line) as { type: string; slot: number };
            if (event.type === 'ended' && ended.add(event.slot).size === 4) child.kill('SIGINT');
          },
        },
      );
      const results = run.records
        .filter(({ type }) => type === 'ended')
        .map(({ result }) => result as { ok: boolean; mac: string; wifi?: object });
      const joined = results.filter(({ ok }) => ok);
      expect(joined.map(({ mac }) => mac).sort()).toEqual([...good.macs]);
      expect(joined.map(({ wifi }) => wifi)).toEqual(
        good.macs.map(() => expect.objectContaining({ mode: 'improv', result: 'joined' }) as object),
      );
      expect(results.filter(({ ok }) => !ok)).toEqual([
        expect.objectContaining({ mac: bad.macs[0], stage: 'join', code: 'WIFI_JOIN_FAILED' }),
      ]);
      const shown = await runInProcess(['devices', 'show', bad.macs[0] ?? '', '--json', ...REGISTRY]);
      expect(JSON.parse(shown.stdout)).toMatchObject({
        attempts: [{ outcome: 'failed', stage: 'join', wifi: { mode: 'improv', result: 'failed' } }],
      });
      for (const text of [run.stdout, run.stderr, shown.stdout]) expect(text).not.toContain(password);
    } finally {
      await good.close();
      await bad.close();
    }
  });

  it('says of a board whose port was closed in the middle of its run that it was removed', async () => {
    const slow = join(scratch.path, 'slow.json');
    writeFileSync(slow, '{"faults":[{"kind":"slow","nth":4,"ms":5000}]}');
    const listen = ['--listen', 'rfc2217://127.0.0.1:0', '--faults', slow];
    const pulled = await startVirtual(['--count', '1', ...listen], 1);
    const port = pulled.urls.flatMap((url) => ['--port', url]);
    let closing: Promise<void> | undefined;
    const run = await espmint(['station', '--profile', PROFILE, ...port, ...REGISTRY, '--json'], {
      onLine: (line, child) => {
        const event = JSON.parse(line) as { type: string; state?: string };
        if (event.type === 'slot' && event.state === 'running') closing ??= pulled.close();
        if (event.type === 'ended') child.kill('SIGINT');
      },
    });
    await closing;
    expect(run.stdout).toContain('"code":"BOARD_REMOVED"');
  });
});
