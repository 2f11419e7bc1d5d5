// The HTTP API as a foreign program sees it: a client made from the OpenAPI document alone drives a whole run of virtual
// boards on a real `espmint serve`, a board is pulled in the middle of its write, and no secret is anywhere.
import { execFileSync, spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Job } from '../../src/service/contract/index.js';
import { PUBLIC_FIELDS } from '../../src/core/device-table/index.js';
import { scratchDir } from '../support/cli.js';
import { EventReader } from '../support/event-reader.js';
import { toolAvailable, PYTHON, ROOT } from '../support/reference-tools.js';
import {
  clientOf,
  faultsOf,
  type CallAnswer,
  type CallInput,
  type OpenApiDocument,
} from '../support/openapi-client.js';

const WIFI_PASSWORD = 'canary-wifi-password';
const PROFILE = {
  name: 'sensor',
  caUrl: 'https://ca.example.com:8443',
  wifi: { ssid: 'Lab', password: 'file:lab' },
};
/** Of what follows soon, also on a busy machine. */
const PATIENT = { timeout: 10_000 };
const ports = ['virtual://1', 'virtual://2', 'virtual://3', 'virtual://4'];
const data = scratchDir('http-api');

interface Served {
  readonly url: string;
  readonly child: ChildProcessWithoutNullStreams;
  readonly stderr: () => string;
}
let served: Served;
let call: (id: string, input?: CallInput) => Promise<CallAnswer>;
/** Everything that any answer held, but for the one that is asked for a key. */
const answered: string[] = [];

async function serve(): Promise<Served> {
  const args = [
    'bin/espmint.js',
    'serve',
    '--port',
    '0',
    '--virtual',
    '4',
    '--json',
    '--data-dir',
    data.path,
  ];
  const child = spawn(process.execPath, args, { cwd: ROOT });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const lines = createInterface({ input: child.stdout });
  const first = await Promise.race([
    once(lines, 'line').then(([line]) => String(line)),
    once(child, 'close').then(() => Promise.reject(new Error(`espmint serve ended: ${stderr}`))),
  ]);
  return { url: (JSON.parse(first) as { url: string }).url, child, stderr: () => stderr };
}

async function connect(): Promise<void> {
  served = await serve();
  const document = (await (await fetch(`${served.url}/api/v1/openapi.json`)).json()) as OpenApiDocument;
  expect(faultsOf(document)).toEqual([]);
  const client = clientOf(document, served.url);
  call = async (id, input) => {
    const answer = await client(id, input);
    if (id !== 'revealKey') answered.push(answer.text);
    return answer;
  };
}

async function ended(id: string): Promise<Job> {
  for (;;) {
    const { json } = await call('getJob', { params: { id } });
    if (json['state'] !== 'running') return json as unknown as Job;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function start(chosen: readonly string[]): Promise<Job[]> {
  const body = { ports: chosen, profile: { name: 'sensor' } };
  const { status, json } = await call('startJobs', { body });
  expect(status).toBe(200);
  return json['jobs'] as Job[];
}

/** Each sample by name and labels, as Prometheus's own client for Python reads it. */
function parsedMetrics(text: string): Record<string, number> {
  const script = `import json, sys
from prometheus_client.parser import text_string_to_metric_families as families
print(json.dumps({s.name + (json.dumps(s.labels) if s.labels else ''): s.value for f in families(sys.stdin.read()) for s in f.samples}))`;
  return JSON.parse(execFileSync(PYTHON, ['-c', script], { input: text, encoding: 'utf8' })) as Record<
    string,
    number
  >;
}

beforeAll(connect);
afterAll(async () => {
  if (served.child.exitCode === null) {
    served.child.kill('SIGKILL');
    await once(served.child, 'close');
  }
  data.remove();
});

describe.sequential('a client made from the document', () => {
  it('sets a product up', async () => {
    await call('putSecret', { params: { name: 'lab' }, body: { value: WIFI_PASSWORD } });
    const profile = { settings: PROFILE };
    expect((await call('checkProfile', { body: { profile } })).json).toEqual({ ok: true, findings: [] });
    const preview = await call('previewProfile', { body: { profile } });
    expect(preview.json).toMatchObject({ findings: [], flash: { fits: true } });
    expect((await call('saveProfile', { body: { profile } })).json).toMatchObject({ version: 1 });
    const again = await call('saveProfile', { body: { profile } });
    expect(again).toMatchObject({ status: 409, json: { code: 'PROFILE_CHANGED' } });
  });

  it('provisions four boards at once and hears of every step', async () => {
    const reader = await EventReader.open(`${served.url}/api/v1/events`);
    const jobs = await start(ports);
    for (const { id } of jobs) expect(await ended(id)).toMatchObject({ state: 'passed', attempt: 1 });
    const types = new Set(reader.events.map(({ data: { type } }) => type));
    expect([...types]).toEqual(expect.arrayContaining(['hello', 'job', 'progress', 'device']));
    answered.push(JSON.stringify(reader.events));
    reader.close();
  });

  it.runIf(toolAvailable('prometheus_client', PYTHON))(
    'reads metrics that Prometheus understands',
    async () => {
      const answer = await fetch(`${served.url}/metrics`);
      const text = await answer.text();
      answered.push(text);
      expect(answer.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
      const samples = parsedMetrics(text);
      expect(samples).toMatchObject({
        'espmint_boards_total{"result": "passed"}': 4,
        'espmint_boards_total{"result": "failed"}': 0,
        'espmint_slots{"state": "passed"}': 4,
        espmint_board_seconds_count: 4,
        'espmint_stage_seconds_count{"stage": "write"}': 4,
        espmint_final_yield: 1,
        espmint_registry_up: 1,
        espmint_outbox_entries: 0,
        espmint_outbox_oldest_age_seconds: 0,
      });
      expect((await fetch(`${served.url}/metrics`, { method: 'POST' })).headers.get('allow')).toBe(
        'GET, HEAD',
      );
    },
  );

  it('has its boards in the registry, one by one and as a table', async () => {
    const { json } = await call('listDevices', { query: { limit: 3 } });
    expect(json['devices']).toHaveLength(3);
    const rest = await call('listDevices', { query: { after: String(json['next']) } });
    expect(rest.json['devices']).toHaveLength(1);
    const csv = await call('exportDevices');
    expect(csv.text.trim().split('\r\n')).toHaveLength(5);
    expect(csv.text.split('\r\n')[0]).toBe(PUBLIC_FIELDS.join());
    const shown = await call('showDevice', { params: { device: 'A4-CF-12-34-56-78' } });
    expect(shown.json).toMatchObject({ status: 'provisioned', attempts: [{ outcome: 'passed' }] });
  });

  it('reads a board and finds it the same as the registry', async () => {
    const { json } = await call('inspectPort', { body: { port: ports[0] } });
    expect(json).toMatchObject({ chip: { chip: 'esp32' }, nvs: { image: { sizeBytes: 0x10000 } } });
    const { compared } = json['registry'] as { compared: { field: string; verdict: string }[] };
    expect(compared.map(({ verdict }) => verdict)).toEqual(['same', 'same', 'same', 'same']);
  });

  it('pulls a board in the middle of its run, and repeats it with the same key', async () => {
    const port = ports[1] ?? '';
    await call('plugVirtualBoard', { body: { port, plugged: true, fresh: true } });
    const reader = await EventReader.open(`${served.url}/api/v1/events`);
    const [job] = await start([port]);
    await reader.waitFor((event) => event.data.type === 'device');
    await call('plugVirtualBoard', { body: { port, plugged: false } });
    const failed = await ended(job?.id ?? '');
    expect(failed).toMatchObject({
      state: 'failed',
      failure: { next: expect.stringMatching(/\.$/) as string },
    });
    await call('plugVirtualBoard', { body: { port, plugged: true } });
    const again = await call('retryJob', { params: { id: failed.id } });
    const passed = await ended(String(again.json['id']));
    expect(passed).toMatchObject({ state: 'passed', known: 'pending', retryOf: failed.id, mac: failed.mac });
    // The database writes a run down just after its job has ended.
    const today = async (): Promise<unknown> => (await call('today')).json;
    await expect
      .poll(today, PATIENT)
      .toMatchObject({ passed: 5, failed: 0, reworked: 1, firstPassYield: 0.8 });
    reader.close();
  });

  it('gets a key only with a reason', async () => {
    const params = { device: 'a4:cf:12:34:56:78' };
    expect((await call('revealKey', { params, body: { reason: ' ' } })).status).toBe(400);
    const { json } = await call('revealKey', { params, body: { reason: 'a test' } });
    expect(json['psk']).toMatch(/^[0-9a-f]{32}$/);
    for (const text of [...answered, served.stderr()]) expect(text).not.toContain(String(json['psk']));
  });

  it('finds its jobs again after the service was killed, and the cut-off one named so', async () => {
    const [port = ''] = ports;
    await call('plugVirtualBoard', { body: { port, plugged: true, fresh: true } });
    const reader = await EventReader.open(`${served.url}/api/v1/events`);
    const [job] = await start([port]);
    await reader.waitFor((event) => event.data.type === 'device');
    served.child.kill('SIGKILL');
    await once(served.child, 'close');
    await connect();
    const { json } = await call('getJob', { params: { id: job?.id ?? '' } });
    expect(json).toMatchObject({ state: 'interrupted', failure: { code: 'JOB_INTERRUPTED' } });
    expect((await call('listJobs', { query: { state: 'passed' } })).json['jobs']).toHaveLength(5);
  });

  it('ends with a signal, with exit code 0 and a running board finished', async () => {
    const [job] = await start(['virtual://1']);
    served.child.kill('SIGTERM');
    const [code] = (await once(served.child, 'close')) as [number | null];
    expect(code).toBe(0);
    await connect();
    expect((await call('getJob', { params: { id: job?.id ?? '' } })).json).toMatchObject({ state: 'passed' });
  });

  it('fills a batch to its last place, asks before it makes one more, and signs it off', async () => {
    const fresh = async (port: string): Promise<void> => {
      await call('plugVirtualBoard', { body: { port, plugged: true, fresh: true } });
    };
    const batch = { name: 'WO-7', profile: { name: 'sensor' }, quantity: 2, serialTemplate: 'ZC-{0000}' };
    expect((await call('createBatch', { body: batch })).json).toMatchObject({ state: 'open' });
    await call('chooseBatch', { body: { batch: 'WO-7' } });
    for (const port of ports.slice(0, 3)) await fresh(port);
    const [first, second] = await start(ports.slice(0, 2));
    for (const job of [first, second]) {
      expect(await ended(job?.id ?? '')).toMatchObject({
        state: 'passed',
        batch: 'WO-7',
        serial: expect.stringMatching(/^ZC-000[12]$/) as string,
      });
    }
    const [third] = await start([ports[2] ?? '']);
    expect(await ended(third?.id ?? '')).toMatchObject({ state: 'failed', failure: { code: 'BATCH_FULL' } });
    const station = async (): Promise<unknown> => (await call('getStation')).json;
    expect(await station()).toMatchObject({ mode: 'paused', reason: { by: 'batch', code: 'BATCH_FULL' } });
    const params = { name: 'WO-7' };
    await call('setBatchQuantity', { params, body: { quantity: 3 } });
    await expect
      .poll(station, PATIENT)
      .toMatchObject({ mode: 'running', batch: { counts: { passed: 3, open: 0 } } });
    const [again] = await start([ports[0] ?? '']);
    expect(await ended(again?.id ?? '')).toMatchObject({ state: 'passed', alreadyDone: true });
    const stats = async (): Promise<unknown> => (await call('stats', { query: { batch: 'WO-7' } })).json;
    await expect
      .poll(stats)
      .toMatchObject({ groups: [{ figures: { boards: 3, passed: 3, alreadyDone: 1 } }] });
    const signed = await call('signBatch', { params, body: { note: 'all labelled' } });
    const report = await call('batchReport', { params });
    expect(JSON.parse(report.text)).toMatchObject({
      digest: signed.json['digest'],
      batch: { state: 'closed', counts: { passed: 3, reworked: 0 } },
      signatures: [{ note: 'all labelled', digest: signed.json['digest'] }],
    });
    expect((await call('exportStats', { query: { by: 'slot' } })).text).toMatch(/^group,runs,/);
  });

  it('never showed the Wi-Fi password', () => {
    for (const text of [...answered, served.stderr()]) expect(text).not.toContain(WIFI_PASSWORD);
  });
});
