// How the database finds the devices of each filter: by its indexes, never by reading a whole table.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openRegistry, type DeviceFilter, type Registry } from '../../src/registry/index.js';
import { listQuery } from '../../src/registry/devices/list.js';
import { asForeignProgram, queryAt } from './foreign-program.js';

const DEVICES = 15_000;
const folder = mkdtempSync(join(tmpdir(), 'espmint-plans-'));

let registry: Registry;
beforeAll(async () => {
  registry = await openRegistry({ dataDir: folder });
  await asForeignProgram(folder, (client) => client.query(FILL));
  for (const table of ['devices', 'attempts']) await queryAt(folder, `vacuum analyze ${table}`);
});
afterAll(async () => {
  await registry.close();
  rmSync(folder, { recursive: true, force: true });
});

/** One station that made nearly all, one that made every tenth, one that made twenty at the very beginning. */
const FILL = `
  alter table devices disable trigger user;
  insert into devices (global_uuid, mac_address, psk_secret, provisioned_at, location, status)
    select gen_random_uuid(), 'a4:cf:12:' || regexp_replace(lpad(to_hex(n), 6, '0'), '(..)(..)(..)', '\\1:\\2:\\3'),
           repeat('0', 32), case when n % 50 > 0 then timestamp '2024-11-24' + n * interval '1 hour' end,
           case when n <= 20 then 'Old plant' else 'Hall ' || n % 7 end, case when n % 50 = 0 then 'pending' else 'provisioned' end
    from generate_series(1, ${DEVICES}) n;
  insert into device_keys (device_id, global_uuid, mac_key, psk_secret, state)
    select id, global_uuid, mac_key, psk_secret, 'current' from devices;
  insert into attempts (id, device_id, key_id, wanted, outcome, station, batch)
    select gen_random_uuid(), device_id, id, '{}', 'passed',
           case when device_id <= 20 then 'bench' when device_id % 10 = 0 then 'line 2' else 'line 1' end,
           'WO-' || device_id / 1500
    from device_keys where device_id is not null;
  alter table devices enable trigger user`;

const FILTERS: Readonly<Record<string, DeviceFilter>> = {
  'a station that made nearly all of them': { station: 'line 1' },
  'a later page of it': { station: 'line 1', after: '8000' },
  'a station that made a few, long ago': { station: 'bench' },
  'a station that made none': { station: 'nowhere' },
  'a batch': { batch: 'WO-10' },
  'a batch at a station': { batch: 'WO-10', station: 'line 2' },
  'the pending ones of a batch': { batch: 'WO-10', status: 'pending' },
  'the last days': { since: '2026-08-01T00:00:00Z' },
  'a month long ago': { since: '2024-12-01T00:00:00Z', until: '2025-01-01T00:00:00Z' },
  'a later page of a long time': { until: '2026-01-01T00:00:00Z', after: '2025-05-01T00:00:00.000000_3800' },
  'a day at a station': { since: '2025-06-01T00:00:00Z', until: '2025-06-02T00:00:00Z', station: 'line 2' },
  'a long time at a station that made nearly all': { since: '2025-01-01T00:00:00Z', station: 'line 1' },
  'a long time at one that made a few': { since: '2024-01-01T00:00:00Z', station: 'bench' },
};

it.each(Object.entries(FILTERS))('finds %s by an index', async (_name, filter) => {
  const { text, values } = listQuery(filter, 'in order', 101);
  const rows = (await queryAt(folder, `explain ${text}`, values)) as { 'QUERY PLAN': string }[];
  const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
  expect(plan).not.toMatch(/Seq Scan on (devices|attempts)/);
  expect((await registry.list(filter)).devices.length > 0).toBe(filter.station !== 'nowhere');
});

// Also where they are not among the newest, which a search goes through first.
it.each(['old plant', 'hall 3'])(
  'finds all devices with the text %s in a time, page by page',
  async (text) => {
    const since = '2024-11-01T00:00:00Z';
    const found: string[] = [];
    for (let after: string | undefined, isFirst = true; isFirst || after !== undefined; isFirst = false) {
      const page = await registry.list({ text, since, after, limit: 1000 });
      found.push(...page.devices.map(({ mac }) => mac));
      after = page.next;
    }
    const wanted = await queryAt(
      folder,
      `select mac_address as mac from devices where location ilike $1 and provisioned_at is not null
     order by provisioned_at desc, id desc`,
      [`%${text}%`],
    );
    expect(found).toEqual((wanted as { mac: string }[]).map(({ mac }) => mac));
  },
);
