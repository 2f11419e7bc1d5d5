// Other programs beside espmint on the same database: what they find, and what their writing cannot destroy.
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CONFLICT_STATES } from '../../src/core/conflict.js';
import { PUSH_EVENTS, PUSH_KINDS } from '../../src/core/push.js';
import { ATTEMPT_OUTCOMES, BATCH_STATES, KEY_STATES, LIST_NAMES } from '../../src/core/states.js';
import { ROW_STATES } from '../../src/core/values/rows.js';
import { RESERVED_UNIT_STATES, UNIT_OUTCOMES } from '../../src/registry/batches/reserved/reserved-unit.js';
import {
  type DeviceFilter,
  type DeviceRecord,
  exportDevices,
  openRegistry,
  type Registry,
} from '../../src/registry/index.js';
import { ROOT } from '../support/reference-tools.js';
import { asForeignProgram, queryAt } from './foreign-program.js';
import { describeSchema } from './schema-doc.js';

const FOREIGN_UPSERT = `
  INSERT INTO devices (global_uuid, mac_address, psk_secret, ca_service_url, wifi_ssid, firmware_version, hardware_revision, location)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
  ON CONFLICT (global_uuid) DO UPDATE SET psk_secret = EXCLUDED.psk_secret, provisioned_at = CURRENT_TIMESTAMP
  RETURNING id`;

let folder: string;
let registry: Registry;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'espmint-foreign-'));
  registry = await openRegistry({ dataDir: folder });
});
afterAll(async () => {
  await registry.close();
  rmSync(folder, { recursive: true, force: true });
});

let boards = 0;

function newBoard() {
  boards += 1;
  const tail = boards.toString(16).padStart(2, '0');
  const mac = `a4:cf:12:34:56:${tail}`;
  return {
    mac,
    uuid: `110e3dc9-fa05-568f-a05a-98d0089102${tail}`,
    caUrl: 'https://ca.example.com',
    policy: 'keep',
  } as const;
}

it('opens no network port', async () => {
  const listening = await asForeignProgram(folder, (client) => client.query('show listen_addresses'));
  expect(listening.rows).toEqual([{ listen_addresses: '' }]);
});

it('keeps everything in the data directory from other users', () => {
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    const found = statSync(join(folder, name), { throwIfNoEntry: false });
    if (found?.isDirectory() === true) expect([name, found.mode & 0o077]).toEqual([name, 0]);
  }
  expect(statSync(join(folder, 'postgres/server.log')).mode & 0o077).toBe(0);
  expect(statSync(folder).mode & 0o007).toBe(0);
});

it('gives other programs the devices table with the agreed columns, defaults and indexes', async () => {
  const { columns, indexes } = await asForeignProgram(folder, async (client) => ({
    columns: await client.query<{ line: string }>(
      `select concat_ws(' ', column_name, data_type, character_maximum_length, column_default,
                        case is_nullable when 'NO' then 'not null' end) as line
       from information_schema.columns where table_name = 'devices' order by ordinal_position`,
    ),
    indexes: await client.query<{ indexname: string }>(
      `select indexname from pg_indexes where tablename = 'devices'`,
    ),
  }));
  expect(columns.rows.map(({ line }) => line)).toEqual(
    expect.arrayContaining([
      `id integer nextval('devices_id_seq'::regclass) not null`,
      'global_uuid character varying 36 not null',
      'mac_address character varying 17 not null',
      'ca_service_url character varying 255',
      'wifi_ssid character varying 32',
      'provisioned_at timestamp without time zone CURRENT_TIMESTAMP',
      'firmware_version character varying 20',
      'hardware_revision character varying 10',
      'location character varying 100',
      `status character varying 20 'provisioned'::character varying`,
    ]),
  );
  expect(indexes.rows.map(({ indexname }) => indexname)).toEqual(
    expect.arrayContaining(['idx_devices_uuid', 'idx_devices_mac', 'idx_devices_status']),
  );
});

it("takes another program's upsert, answers with the same id, and keeps the key that it replaces", async () => {
  const board = newBoard();
  const values = (psk: string) => [
    board.uuid,
    board.mac.toUpperCase(),
    psk,
    'https://ca',
    'Lab',
    '1.0',
    'A',
    'Hall',
  ];
  const [first, second] = await asForeignProgram(folder, async (client) => [
    await client.query(FOREIGN_UPSERT, values('0'.repeat(32))),
    await client.query(FOREIGN_UPSERT, values('1'.repeat(32))),
  ]);
  expect(second.rows).toEqual(first.rows);
  const device = await registry.show({ mac: board.mac });
  expect(device).toMatchObject({ uuid: board.uuid, mac: board.mac, status: 'provisioned', location: 'Hall' });
  expect(device.keys.map(({ state }) => state)).toEqual(['current', 'superseded']);
  expect(await registry.reveal(board.mac, 'test')).toBe('1'.repeat(32));
  expect(await registry.reserve(board)).toMatchObject({ known: 'provisioned', psk: '1'.repeat(32) });
});

it('keeps the keys of a device whose row another program deletes', async () => {
  const board = newBoard();
  await registry.reserve(board);
  const [before] = await queryAt(folder, 'select psk_secret from devices where global_uuid = $1', [
    board.uuid,
  ]);
  const { rows } = await asForeignProgram(folder, async (client) => {
    await client.query('delete from devices where global_uuid = $1', [board.uuid]);
    return client.query('select global_uuid, psk_secret from device_keys where global_uuid = $1', [
      board.uuid,
    ]);
  });
  expect(rows).toEqual([{ global_uuid: board.uuid, ...(before as object) }]);
});

it('writes to the audit trail who revealed a key and why, and lets nobody change that', async () => {
  const board = newBoard();
  await registry.reserve(board);
  await registry.reveal(board.mac, 'the board came back from the field');
  const events = await asForeignProgram(folder, (client) =>
    client.query('select kind, actor, mac_key, detail from events where global_uuid = $1', [board.uuid]),
  );
  expect(events.rows).toMatchObject([
    {
      kind: 'key revealed',
      mac_key: board.mac.replaceAll(':', ''),
      detail: { reason: 'the board came back from the field' },
    },
  ]);
  await asForeignProgram(folder, async (client) => {
    await expect(client.query(`update events set actor = 'nobody'`)).rejects.toThrow('only takes new rows');
    await expect(client.query('truncate events')).rejects.toThrow('only takes new rows');
  });
});

it('logs no key when a statement of another program fails', async () => {
  const board = newBoard();
  const psk = 'c0ffee'.padEnd(32, '5');
  await asForeignProgram(folder, async (client) => {
    const failing = `insert into devices (global_uuid, mac_address, psk_secret) values (null, '${board.mac}', '${psk}')`;
    await expect(client.query(failing)).rejects.toThrow('null value');
  });
  const log = readFileSync(join(folder, 'postgres/server.log'), 'utf8');
  expect(log).toContain('null value');
  expect(log).not.toContain(psk);
});

it('stores a key sealed, so that no table and no file of the server shows it', async () => {
  const board = newBoard();
  const { psk } = await registry.reserve(board);
  const rows = await queryAt(
    folder,
    `select d::text, k::text, a::text from devices d join device_keys k on k.device_id = d.id
    join attempts a on a.device_id = d.id where d.global_uuid = $1`,
    [board.uuid],
  );
  expect(rows).toHaveLength(1);
  expect(JSON.stringify(rows)).not.toContain(psk);
  // A table that is rewritten is on the disk when the statement is done.
  for (const table of ['devices', 'device_keys', 'attempts']) await queryAt(folder, `vacuum full ${table}`);
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    const path = join(folder, name);
    const found = statSync(path, { throwIfNoEntry: false });
    if (found?.isFile() === true) expect([name, readFileSync(path).includes(psk)]).toEqual([name, false]);
  }
});

it('stores a key as it is when consumers read the column, and reads both kinds', async () => {
  const board = newBoard();
  const { psk: sealed } = await registry.reserve(newBoard());
  const plain = await openRegistry({ dataDir: folder, secrets: 'plain' });
  try {
    const { psk } = await plain.reserve(board);
    expect(
      await queryAt(folder, 'select psk_secret from devices where global_uuid = $1', [board.uuid]),
    ).toEqual([{ psk_secret: psk }]);
    expect(await registry.reveal(board.mac, 'test')).toBe(psk);
    expect(sealed).not.toBe(psk);
  } finally {
    await plain.close();
  }
});

it('opens no secret with another master key', async () => {
  const other = openRegistry({ dataDir: folder, env: { ESPMINT_MASTER_KEY: '11'.repeat(32) } });
  await expect(other).rejects.toMatchObject({ code: 'SECRET_UNREADABLE' });
});

it('opens no secret that was moved to another device', async () => {
  const [one, two] = [newBoard(), newBoard()];
  await registry.reserve(one);
  await registry.reserve(two);
  await queryAt(
    folder,
    'update devices set psk_secret = (select psk_secret from devices where global_uuid = $1) where global_uuid = $2',
    [one.uuid, two.uuid],
  );
  await expect(registry.reveal(two.mac, 'test')).rejects.toMatchObject({ code: 'SECRET_UNREADABLE' });
});

it('has the tables and columns that the reference shows', async () => {
  // `npx vitest run test/registry/foreign-programs -u` writes the page anew.
  await expect(await describeSchema(folder)).toMatchFileSnapshot(`${ROOT}docs/reference/registry-schema.md`);
});

it('lets a column hold the values that the program knows, and no others', async () => {
  const rows = (await queryAt(
    folder,
    `select conrelid::regclass || '.' || attname as column, pg_get_constraintdef(c.oid) as text
     from pg_constraint c join pg_attribute on attrelid = conrelid and array[attnum] = conkey
     where contype = 'c' and pg_get_constraintdef(c.oid) like '%= ANY (ARRAY[%'`,
  )) as { column: string; text: string }[];
  const held = rows.map(({ column, text }) => {
    const values = [...text.matchAll(/'([^']+)'::text/g)].map(([, value = '']) => value);
    return [column, values.sort()] as const;
  });
  const known = Object.entries<readonly string[]>({
    'attempts.outcome': ATTEMPT_OUTCOMES,
    'batches.state': BATCH_STATES,
    'conflicts.state': CONFLICT_STATES,
    'device_keys.state': KEY_STATES,
    'device_lists.list': LIST_NAMES,
    'push_deliveries.event': PUSH_EVENTS,
    // Nothing but SQL names these.
    'push_deliveries.state': ['pending', 'delivered', 'dead'],
    'push_targets.kind': PUSH_KINDS,
    'reserved_units.outcome': UNIT_OUTCOMES,
    'reserved_units.state': RESERVED_UNIT_STATES,
    // A row that a station holds for its outage is a free row here.
    'value_rows.state': ROW_STATES.filter((state) => state !== 'reserved'),
  }).map(([column, values]) => [column, [...values].sort()] as const);
  expect(Object.fromEntries(held)).toEqual(Object.fromEntries(known));
});

/** Rows that other programs have written with whatever they had. */
const ODD_ROWS = [
  `('${'a'.repeat(32)}', 'nonsense', '', 'infinity', null, null)`,
  `('110E3DC9FA05568FA05A98D0089103F1', '', '${'0'.repeat(32)}', '-infinity', E'a\\tb\\n\\u001b[31m', '')`,
  `('110E3DC9-FA05-568F-A05A-98D0089103F2', 'A4-CF-12-34-56-F2', '${'F'.repeat(32)}', '0044-03-15 BC', 'Zürich 🏭', 'scrapped')`,
  `('110e3dc9-fa05-568f-a05a-98d0089103f3', 'a4cf.1234.56f3', 'short', '290000-01-01', repeat('x', 100), 'active')`,
  `(' ', E'\\u0001', ' ', '1970-01-01', ' ', 'provisioned')`,
];

it('lists, finds, exports and pages through whatever they have written, and says nothing wrong of times', async () => {
  const insert = `insert into devices (global_uuid, mac_address, psk_secret, provisioned_at, location, status)
    values ${ODD_ROWS.join(', ')}`;
  await asForeignProgram(folder, (client) => client.query(insert));
  const pages = async (filter: DeviceFilter): Promise<DeviceRecord[]> => {
    const found: DeviceRecord[] = [];
    let after: string | undefined;
    do {
      const page = await registry.list({ ...filter, limit: 2, after });
      found.push(...page.devices);
      after = page.next;
    } while (after !== undefined);
    return found;
  };
  const all = await pages({});
  const odd = ['110e3dc9-fa05-568f-a05a-98d0089103f2', '110e3dc9-fa05-568f-a05a-98d0089103f3'].map((uuid) =>
    all.find((device) => device.uuid === uuid),
  );
  expect(odd).toMatchObject([
    { mac: 'a4:cf:12:34:56:f2', provisionedAt: '-000043-03-15T00:00:00.000Z', location: 'Zürich 🏭' },
    { mac: 'a4:cf:12:34:56:f3', status: 'active' },
  ]);
  expect(all.filter(({ status }) => status === 'pending' || status === 'provisioned').length).toBeGreaterThan(
    1,
  );
  const timed = await pages({ since: '0001-01-01T00:00:00Z' });
  expect(timed.filter(({ uuid }) => all.some((device) => device.uuid === uuid))).toHaveLength(timed.length);
  expect(timed.length).toBeGreaterThan(1);
  expect(await pages({ until: '1980-01-01T00:00:00Z' })).toMatchObject([
    { provisionedAt: '1970-01-01T00:00:00.000Z' },
  ]);
  expect(await pages({ text: '56:f2' })).toHaveLength(1);
  expect((await registry.show({ uuid: odd[1]!.uuid })).keys).toHaveLength(1);
  const exported: unknown[] = [];
  for await (const device of exportDevices({ dataDir: folder }, {})) exported.push(device);
  expect(exported).toHaveLength(all.length);
});
