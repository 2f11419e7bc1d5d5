// Fills a registry with as many devices as asked for: keys, attempts at stations and in batches, years of them.
import { createHash } from 'node:crypto';
import type pg from 'pg';

const TABLES = ['devices', 'device_keys', 'attempts'] as const;
/** Constraints whose indexes would be filled in random order. References are checked once, at the end, too. */
const RANDOM_ORDER = ['devices_global_uuid_key', 'attempts_pkey'];
/** Devices of one batch, and how many stations there are. */
const BATCH_SIZE = 1000;
const STATIONS = 20;
const LOCATIONS = 1000;
/** One device in so many has a status that is rare. */
const RARE_EVERY = 100_000;

/** Names of the filled devices by their number, from 1. */
export const filled = {
  mac: (n: number): string => macOf(n).match(/../g)?.join(':') ?? '',
  uuid: (n: number): string => {
    const digits = createHash('md5').update(String(n)).digest('hex');
    return digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
  },
  batch: (n: number): string => `WO-${Math.floor(n / BATCH_SIZE)}`,
  station: (n: number): string => `line ${n % STATIONS}`,
  location: (n: number): string => `Hall ${n % LOCATIONS}`,
  rareStatus: 'revoked',
  /** At the oldest devices only. */
  oldLocation: 'Old plant',
};

const macOf = (n: number): string => `b4${n.toString(16).padStart(10, '0')}`;

/**
 * @returns seconds. Indexes are made at the end, as after any load of this size; triggers and references rest: the rows
 *   are what they would have made of them.
 */
export async function fill(client: pg.ClientBase, rows: number): Promise<number> {
  const start = performance.now();
  await client.query(`set maintenance_work_mem = '1GB'`);
  for (const table of TABLES) await client.query(`alter table ${table} disable trigger user`);
  const { rows: indexes } = await client.query<{ name: string; definition: string }>(
    `select indexname as name, indexdef as definition from pg_indexes
     where tablename = any($1) and not exists (select from pg_constraint where conname = indexname)`,
    [TABLES],
  );
  const { rows: constraints } = await client.query<{ place: string; name: string; definition: string }>(
    `select conrelid::regclass as place, conname as name, pg_get_constraintdef(oid) as definition from pg_constraint
     where conname = any($1) or (contype = 'f' and conrelid::regclass::text = any($2)) order by contype desc`,
    [RANDOM_ORDER, TABLES],
  );
  for (const { name } of indexes) await client.query(`drop index ${name}`);
  for (const { place, name } of constraints)
    await client.query(`alter table ${place} drop constraint ${name}`);
  const { rows: last } = await client.query<{ device: number; key: string }>(
    `select coalesce((select max(id) from devices), 0) as device,
            coalesce((select max(id) from device_keys), 0) as key`,
  );
  const [device, key] = [Number(last[0]?.device), Number(last[0]?.key)];
  for (const statement of statements(rows, device, key)) await client.query(statement);
  for (const { place, name, definition } of constraints) {
    await client.query(`alter table ${place} add constraint ${name} ${definition}`);
  }
  for (const { definition } of indexes) await client.query(definition);
  for (const table of TABLES) await client.query(`vacuum analyze ${table}`);
  for (const table of TABLES) await client.query(`alter table ${table} enable trigger user`);
  await client.query('reset maintenance_work_mem');
  return (performance.now() - start) / 1000;
}

function statements(rows: number, device: number, key: number): string[] {
  const series = `from generate_series(1, ${rows}) n`;
  const uuid = `md5(n::text)::uuid::text`;
  const macKey = `'b4' || lpad(to_hex(n), 10, '0')`;
  const sealed = `'em1.kbench.' || repeat('x', 80)`;
  const time = `timestamp '2021-01-01' + n * interval '15 seconds'`;
  return [
    `insert into devices (id, global_uuid, mac_address, psk_secret, provisioned_at, location, status)
     select ${device} + n, ${uuid}, regexp_replace(${macKey}, '(..)(?=.)', '\\1:', 'g'), ${sealed}, ${time},
            case when n <= ${rows} / 200 then '${filled.oldLocation}' else 'Hall ' || n % ${LOCATIONS} end,
            case when n % ${RARE_EVERY} = 0 then '${filled.rareStatus}' else 'provisioned' end ${series}`,
    `insert into device_keys (id, device_id, global_uuid, mac_key, psk_secret, state, proven_at) overriding system value
     select ${key} + n, ${device} + n, ${uuid}, ${macKey}, ${sealed}, 'current', ${time} ${series}`,
    `insert into attempts (id, device_id, key_id, outcome, image_sha256, wanted, started_at, ended_at, station, batch)
     select md5('attempt ' || n)::uuid, ${device} + n, ${key} + n, 'passed', repeat('ab', 32), '{}', ${time}, ${time},
            'line ' || n % ${STATIONS}, 'WO-' || n / ${BATCH_SIZE} ${series}`,
    `select setval(pg_get_serial_sequence('devices', 'id'), ${device} + ${rows}),
            setval(pg_get_serial_sequence('device_keys', 'id'), ${key} + ${rows})`,
  ];
}
