// Reading one device: find, show, and the one way a key comes out.
import type pg from 'pg';
import { EspmintError } from '../../core/errors/index.js';
import { nameOfDevice } from '../../core/device-name.js';
import { macsOfSerials, readUnitsOfDevice } from './units.js';
import type { CheckResult, DeviceHistory, DeviceName, DeviceRecord, KeyRecord } from '../registry.js';
import type { SecretBox } from '../store/secrets/secret-box.js';
import { readAttempts } from './attempts.js';
import type { Asker } from '../process-user.js';
import { eventBy, recordEvent } from './events.js';
import {
  DEVICE_COLUMNS,
  type DeviceRow,
  columnText,
  type KeyRow,
  macKeyOf,
  ownerOf,
  toDeviceRecord,
  toKeyRecord,
} from './rows.js';

export async function find(client: pg.ClientBase, device: DeviceName): Promise<DeviceRecord | undefined> {
  const row = await findRow(client, device);
  return row === undefined ? undefined : toDeviceRecord(row);
}

async function findRow(client: pg.ClientBase, device: DeviceName): Promise<DeviceRow | undefined> {
  return (await findRows(client, [device]))[0];
}

/** The newest device of each name; undefined where nobody has it. */
async function findRows(
  client: pg.ClientBase,
  devices: readonly DeviceName[],
): Promise<(DeviceRow | undefined)[]> {
  const byName = await newestOf(
    client,
    devices.flatMap((device) => columnText(device) ?? []),
  );
  const found = devices.map((device) => byName.get(columnText(device) ?? ''));
  const serials = devices.map(({ serial }, index) => (found[index] === undefined ? serial : undefined));
  const wanted = serials.filter((serial) => serial !== undefined);
  if (wanted.length === 0) return found;
  const macs = await macsOfSerials(client, wanted);
  const bySerial = await newestOf(client, [...macs.values()]);
  return found.map((row, index) => row ?? bySerial.get(macs.get(serials[index] ?? '') ?? ''));
}

/** @param names MAC keys and UUIDs */
async function newestOf(client: pg.ClientBase, names: readonly string[]): Promise<Map<string, DeviceRow>> {
  if (names.length === 0) return new Map();
  const { rows } = await client.query<DeviceRow>(
    `select ${DEVICE_COLUMNS} from devices where mac_key = any($1) or global_uuid = any($1) order by id`,
    [names],
  );
  // The newest of a name is the last one.
  return new Map(rows.flatMap((row) => [row.mac_key, row.global_uuid].map((name) => [name, row])));
}

/** @throws DEVICE_UNKNOWN */
export async function needRow(client: pg.ClientBase, device: DeviceName): Promise<DeviceRow> {
  const row = await findRow(client, device);
  if (row === undefined) throw new EspmintError('DEVICE_UNKNOWN', { device: nameOfDevice(device) });
  return row;
}

/** Undefined for each that is not known. */
export async function show(
  client: pg.ClientBase,
  devices: readonly DeviceName[],
): Promise<(DeviceHistory | undefined)[]> {
  const histories: (DeviceHistory | undefined)[] = [];
  for (const row of await findRows(client, devices)) {
    histories.push(row === undefined ? undefined : await historyOf(client, row));
  }
  return histories;
}

async function historyOf(client: pg.ClientBase, row: DeviceRow): Promise<DeviceHistory> {
  const keys = await client.query<KeyRow>(
    `select id, state, psk_secret, created_at, proven_at, superseded_at from device_keys
     where device_id = $1 order by id desc`,
    [row.id],
  );
  return {
    ...toDeviceRecord(row),
    keys: keys.rows.map(toKeyRecord),
    units: await readUnitsOfDevice(client, row.mac_key),
    attempts: await readAttempts(client, row.id),
  };
}

/** Runs inside a transaction of its own and returns the stored text: it is opened only after the event is committed. */
export async function recordReveal(
  client: pg.ClientBase,
  { mac, reason, by }: { readonly mac: string; readonly reason: string; readonly by: Asker },
): Promise<DeviceRow> {
  const row = await needRow(client, { mac });
  const { global_uuid: uuid, mac_key: macKey } = row;
  await recordEvent(client, { kind: 'key revealed', ...eventBy(by), uuid, macKey, detail: { reason } });
  return row;
}

export async function recordLabel(
  client: pg.ClientBase,
  { mac, reason, by }: { readonly mac: string; readonly reason: string; readonly by: Asker },
): Promise<void> {
  const { global_uuid: uuid, mac_key: macKey } = await needRow(client, { mac });
  await recordEvent(client, { kind: 'label printed', ...eventBy(by), uuid, macKey, detail: { reason } });
}

/** A board that the registry does not know is recorded by its MAC. */
export async function recordCheck(
  client: pg.ClientBase,
  { mac, result, by }: { readonly mac: string; readonly result: CheckResult; readonly by: Asker },
): Promise<void> {
  const row = await findRow(client, { mac });
  const { profile, differences } = result;
  const detail = { passed: differences.length === 0, profile, differences };
  await recordEvent(client, {
    kind: 'board checked',
    ...eventBy(by),
    uuid: row?.global_uuid,
    macKey: macKeyOf(mac),
    detail,
  });
}

/** Newest first; a key of which one cannot be opened is not said to be another one. @throws DEVICE_UNKNOWN, SECRET_UNREADABLE */
export async function compareKey(
  client: pg.ClientBase,
  box: SecretBox,
  mac: string,
  psk: string,
): Promise<KeyRecord['state'] | undefined> {
  const row = await needRow(client, { mac });
  const { rows } = await client.query<Pick<KeyRow, 'state' | 'psk_secret'>>(
    `select state, psk_secret from device_keys where device_id = $1 order by state <> 'current', id desc`,
    [row.id],
  );
  return rows.find(({ psk_secret: sealed }) => box.open(sealed, ownerOf(row)) === psk)?.state;
}

/** devices.psk_secret is the current key, or the newest pending one of a device that has none. */
export function openKey(box: SecretBox, row: DeviceRow): string {
  return box.open(row.psk_secret, ownerOf(row));
}
