// Reading: find, list, show, and the one way a key comes out.
import type pg from 'pg';
import { EspmintError } from '../../core/errors/index.js';
import type { DeviceFilter, DeviceHistory, DeviceName, DevicePage, DeviceRecord } from '../registry.js';
import type { SecretBox } from '../secrets/secret-box.js';
import { recordEvent } from './events.js';
import {
  type AttemptRow,
  DEVICE_COLUMNS,
  type DeviceRow,
  type KeyRow,
  nameOf,
  ownerOf,
  REMOVED,
  toAttemptRecord,
  toDeviceRecord,
  toKeyRecord,
  whereNamed,
} from './rows.js';

const PAGE_DEFAULT = 100;
const PAGE_MAX = 1000;
/** Newest attempts that `show` tells of. */
const ATTEMPTS_SHOWN = 100;

export async function find(client: pg.ClientBase, device: DeviceName): Promise<DeviceRecord | undefined> {
  const row = await findRow(client, device);
  return row === undefined ? undefined : toDeviceRecord(row);
}

async function findRow(client: pg.ClientBase, device: DeviceName): Promise<DeviceRow | undefined> {
  const { condition, value } = whereNamed(device);
  const { rows } = await client.query<DeviceRow>(
    `select ${DEVICE_COLUMNS} from devices where ${condition} order by id desc limit 1`,
    [value],
  );
  return rows[0];
}

/** @throws DEVICE_UNKNOWN */
export async function needRow(client: pg.ClientBase, device: DeviceName): Promise<DeviceRow> {
  const row = await findRow(client, device);
  if (row === undefined) throw new EspmintError('DEVICE_UNKNOWN', { device: nameOf(device) });
  return row;
}

export async function list(client: pg.ClientBase, filter: DeviceFilter): Promise<DevicePage> {
  const { rows, next } = await listRows(client, filter);
  const devices = rows.map(toDeviceRecord);
  return next === undefined ? { devices } : { devices, next };
}

/** Newest first, by id: the next page starts below the last id of this one, however many rows come in between. */
export async function listRows(
  client: pg.ClientBase,
  filter: DeviceFilter,
): Promise<{ readonly rows: readonly DeviceRow[]; readonly next: string | undefined }> {
  const limit = Math.min(Math.max(Math.trunc(filter.limit ?? PAGE_DEFAULT), 1), PAGE_MAX);
  const conditions: string[] = [];
  const values: unknown[] = [];
  const add = (condition: (parameter: string) => string, value: unknown) => {
    values.push(value);
    conditions.push(condition(`$${values.length}`));
  };
  if (filter.status !== undefined) add((p) => `status = ${p}`, filter.status);
  else if (filter.includeRemoved !== true) add((p) => `status is distinct from ${p}`, REMOVED);
  if (filter.text !== undefined) {
    const pattern = `%${filter.text.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`;
    add((p) => `(global_uuid ilike ${p} or mac_address ilike ${p} or location ilike ${p})`, pattern);
  }
  if (filter.after !== undefined) add((p) => `id < ${p}`, parseCursor(filter.after));
  const where = conditions.length === 0 ? '' : `where ${conditions.join(' and ')}`;
  const { rows } = await client.query<DeviceRow>(
    `select ${DEVICE_COLUMNS} from devices ${where} order by id desc limit ${limit + 1}`,
    values,
  );
  const page = rows.slice(0, limit);
  return { rows: page, next: rows.length > limit ? String(page.at(-1)?.id) : undefined };
}

function parseCursor(after: string): number {
  if (/^\d{1,10}$/.test(after)) return Math.min(Number(after), 2 ** 31 - 1);
  throw new EspmintError('INPUT_INVALID', {
    field: 'The page mark',
    reason: 'is none of ours',
    hint: 'give the "next" of the page before',
  });
}

export async function show(client: pg.ClientBase, device: DeviceName): Promise<DeviceHistory> {
  const row = await needRow(client, device);
  const keys = await client.query<KeyRow>(
    `select id, state, psk_secret, created_at, proven_at, superseded_at from device_keys
     where device_id = $1 order by id desc`,
    [row.id],
  );
  const attempts = await client.query<AttemptRow>(
    `select id, outcome, stage, code, image_sha256, image_md5, image_offset, image_size, started_at, ended_at from attempts
     where device_id = $1 order by started_at desc, id limit ${ATTEMPTS_SHOWN}`,
    [row.id],
  );
  return {
    ...toDeviceRecord(row),
    keys: keys.rows.map(toKeyRecord),
    attempts: attempts.rows.map(toAttemptRecord),
  };
}

/** Runs inside a transaction of its own and returns the stored text: it is opened only after the event is committed. */
export async function recordReveal(client: pg.ClientBase, mac: string, reason: string): Promise<DeviceRow> {
  const row = await needRow(client, { mac });
  const { global_uuid: uuid, mac_key: macKey } = row;
  await recordEvent(client, { kind: 'key revealed', uuid, macKey, detail: { reason } });
  return row;
}

/** devices.psk_secret is the current key, or the newest pending one of a device that has none. */
export function openKey(box: SecretBox, row: DeviceRow): string {
  return box.open(row.psk_secret, ownerOf(row));
}
