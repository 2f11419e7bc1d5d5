// `npm run bench -- registry [--rows N]`: what the registry costs: writes, journal, lists and searches at size, memory.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import type * as RegistryModule from '../src/registry/index.js';
import { ROOT } from '../test/support/judges.js';
import { writeResults } from './support/measure.js';

// The built package: it reads its migrations beside its own files.
const { openRegistry } = (await import(`${ROOT}dist/registry/index.js`)) as typeof RegistryModule;

const ROWS = Number(process.argv[process.argv.indexOf('--rows') + 1] || 0) || 1_000_000;
const WRITE_SECONDS = 5;
const SAMPLES = 200;
const UPSERT = `
  INSERT INTO devices (global_uuid, mac_address, psk_secret, ca_service_url, wifi_ssid, firmware_version, hardware_revision, location)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
  ON CONFLICT (global_uuid) DO UPDATE SET psk_secret = EXCLUDED.psk_secret, provisioned_at = CURRENT_TIMESTAMP
  RETURNING id`;

const dataDir = mkdtempSync(join(tmpdir(), 'espmint-bench-'));
const started = performance.now();
const registry = await openRegistry({ dataDir });
const firstStartMs = performance.now() - started;
const client = new pg.Client({ host: join(dataDir, 'postgres/run'), user: 'espmint', database: 'espmint' });
await client.connect();

let boards = 0;

function names(): { mac: string; uuid: string } {
  boards += 1;
  const tail = boards.toString(16).padStart(8, '0');
  return { mac: `a4:cf:${tail.match(/../g)?.join(':') ?? ''}`, uuid: `110e3dc9-fa05-568f-a05a-0000${tail}` };
}

/** Calls a second of `workers` loops together. */
async function rate(workers: number, call: () => Promise<unknown>): Promise<number> {
  const until = performance.now() + WRITE_SECONDS * 1000;
  let calls = 0;
  const loop = async () => {
    while (performance.now() < until) {
      await call();
      calls += 1;
    }
  };
  await Promise.all(Array.from({ length: workers }, loop));
  return calls / WRITE_SECONDS;
}

async function provision(): Promise<void> {
  const { id } = await registry.reserve({ ...names(), caUrl: 'https://ca.example.com', policy: 'keep' });
  await registry.confirm(id, { imageSha256: '0'.repeat(64) });
}

async function bareUpsert(): Promise<void> {
  const { mac, uuid } = names();
  await client.query(UPSERT, [uuid, mac, '0'.repeat(32), 'https://ca', 'Lab', '1.0', 'A', 'Hall']);
}

/** Devices made by the server itself, as a bulk import leaves them. */
async function fill(): Promise<number> {
  const start = performance.now();
  await client.query(`
    alter table devices disable trigger devices_record_key;
    insert into devices (global_uuid, mac_address, psk_secret, location, status)
      select lpad(to_hex(n + 536870912), 8, '0') || '-fa05-568f-a05a-98d00891029d',
             regexp_replace('b4' || lpad(to_hex(n), 10, '0'), '(..)(?=.)', '\\1:', 'g'), repeat('0', 32),
             'Hall ' || n % 1000, case when n % 100000 = 0 then 'revoked' else 'provisioned' end
      from generate_series(1, ${ROWS}) n;
    alter table devices enable trigger devices_record_key;
    insert into device_keys (device_id, global_uuid, mac_key, psk_secret, state)
      select id, global_uuid, mac_key, psk_secret, 'current' from devices d
      where not exists (select from device_keys k where k.device_id = d.id)`);
  await client.query('vacuum analyze devices');
  return (performance.now() - start) / 1000;
}

async function latencies(
  call: (sample: number) => Promise<unknown>,
): Promise<{ p50Ms: number; p99Ms: number }> {
  const times: number[] = [];
  for (let sample = 0; sample < SAMPLES; sample++) {
    const start = performance.now();
    await call(sample);
    times.push(performance.now() - start);
  }
  times.sort((a, b) => a - b);
  return { p50Ms: times[SAMPLES >> 1] ?? 0, p99Ms: times[Math.floor(SAMPLES * 0.99)] ?? 0 };
}

/** Sequential scans of devices that the server has counted so far. */
async function sequentialScans(): Promise<number> {
  await client.query('select pg_stat_force_next_flush()').catch(() => undefined);
  const { rows } = await client.query<{ scans: string }>(
    `select seq_scan as scans from pg_stat_user_tables where relname = 'devices'`,
  );
  return Number(rows[0]?.scans);
}

/** Proportional memory of the server's processes, MB; undefined where /proc does not tell. */
function serverMemoryMb(): number | undefined {
  let kilobytes = 0;
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      if (!command.includes(dataDir) && !command.startsWith('postgres:')) continue;
      kilobytes += Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0);
    } catch {
      continue;
    }
  }
  return kilobytes === 0 ? undefined : kilobytes / 1024;
}

try {
  const idleMb = process.platform === 'linux' ? serverMemoryMb() : undefined;
  const processMb = process.memoryUsage().rss / 2 ** 20;
  const figures: Record<string, number | undefined> = {
    'first start, ms': firstStartMs,
    'memory of the idle server, MB (PSS)': idleMb,
    'memory of this process, MB (RSS)': processMb,
    'bare client, upserts/s': await rate(1, bareUpsert),
    'reserve + confirm with journal, boards/s, one at a time': await rate(1, provision),
    'reserve + confirm with journal, boards/s, eight at once': await rate(8, provision),
    [`filling with ${ROWS} devices, s`]: await fill(),
  };
  const scansBefore = await sequentialScans();
  const mac = (n: number) =>
    `b4:00:00:${(n + 1).toString(16).padStart(6, '0').match(/../g)?.join(':') ?? ''}`;
  const cases: Record<string, (sample: number) => Promise<unknown>> = {
    'find by MAC': (n) => registry.find({ mac: mac(n) }),
    'newest 100': () => registry.list(),
    '100 in the middle': () => registry.list({ after: String(ROWS >> 1) }),
    'a rare status': () => registry.list({ status: 'revoked' }),
    'end of a MAC': (n) => registry.list({ text: mac(n * 7).slice(6) }),
    'a location': (n) => registry.list({ text: `hall ${n}` }),
  };
  for (const [name, call] of Object.entries(cases)) {
    const { p50Ms, p99Ms } = await latencies(call);
    Object.assign(figures, { [`${name}, p50 ms`]: p50Ms, [`${name}, p99 ms`]: p99Ms });
  }
  figures['sequential scans of devices in these'] = (await sequentialScans()) - scansBefore;
  for (const [name, value] of Object.entries(figures))
    console.log(`${name.padEnd(60)} ${value?.toFixed(2) ?? '-'}`);
  writeResults('registry', { rows: ROWS, figures });
} finally {
  await client.end();
  await registry.close();
  rmSync(dataDir, { recursive: true, force: true });
}
