// Compares the lines of an import with each other and with the registry.
import type pg from 'pg';
import { FAULTS_SHOWN, type FaultList } from '../../../core/device-table/index.js';
import { macOf } from '../../devices/rows.js';
import type { SecretBox } from '../../store/secrets/secret-box.js';
import { COLUMNS } from './staging.js';

const CHUNK = 1000;

/** What `devices` says where a line says something: the same values that a list shows. */
const KNOWN: Readonly<Record<keyof typeof COLUMNS, string>> = {
  status: `coalesce(d.status, 'provisioned')`,
  provisionedAt: `date_trunc('milliseconds', d.provisioned_at)`,
  caUrl: 'd.ca_service_url',
  wifiSsid: 'd.wifi_ssid',
  firmwareVersion: 'd.firmware_version',
  hardwareRevision: 'd.hardware_revision',
  location: 'd.location',
  hardwareId: 'd.hardware_id',
};

/** Notes of each line which device it means, who else has its MAC, and in what it differs. Inside the transaction. */
export async function compareWithRegistry(client: pg.ClientBase, box: SecretBox): Promise<void> {
  await client.query(
    `update import_lines l set device_id = d.id from devices d where d.global_uuid = l.global_uuid`,
  );
  // Other programs may have written the UUID in capitals.
  await client.query(
    `update import_lines l set device_id = d.id from devices d
     where l.device_id is null and d.mac_key = l.mac_key and lower(d.global_uuid) = l.global_uuid`,
  );
  await client.query(
    `update import_lines l set taken_by = d.global_uuid from devices d
     where d.mac_key = l.mac_key and lower(d.global_uuid) <> l.global_uuid`,
  );
  const differing = Object.entries(COLUMNS).map(
    ([field, column]) =>
      `case when l.${column} is distinct from ${KNOWN[field as keyof typeof COLUMNS]} and l.${column} is not null
         then '${field}' end`,
  );
  await client.query(
    `update import_lines l set changed = array_remove(array[${differing.join(', ')}], null)
     from devices d where d.id = l.device_id`,
  );
  await compareKeys(client, box);
}

interface KeyPair {
  readonly line: number;
  readonly uuid: string;
  readonly macKey: string;
  readonly shown: string;
  readonly known: string;
}

/** The same key sealed twice gives two texts: only what they open to can be compared, and only here. */
async function compareKeys(client: pg.ClientBase, box: SecretBox): Promise<void> {
  await client.query(
    `declare key_pairs no scroll cursor for
     select l.line, l.global_uuid as uuid, l.mac_key as "macKey", l.psk_secret as shown, d.psk_secret as known
     from import_lines l join devices d on d.id = l.device_id
     where l.psk_secret is not null and d.mac_key = l.mac_key`,
  );
  for (;;) {
    const { rows } = await client.query<KeyPair>(`fetch ${CHUNK} from key_pairs`);
    if (rows.length === 0) break;
    const other = rows.filter((pair) => box.open(pair.shown, pair) !== box.open(pair.known, pair));
    if (other.length === 0) continue;
    await client.query(`update import_lines set changed = changed || 'psk'::text where line = any($1)`, [
      other.map(({ line }) => line),
    ]);
  }
  await client.query('close key_pairs');
}

interface FaultRow {
  readonly line: number;
  readonly total: string;
  readonly uuid: string;
  readonly mac: string;
  readonly uuid_line: number;
  readonly mac_line: number;
  readonly taken_by: string | null;
  readonly is_new: boolean;
  readonly known_mac: string | null;
  readonly changed: readonly string[];
}

/** Lines that contradict each other or the registry. */
export async function faultsOfLines(
  client: pg.ClientBase,
  overwrite: boolean,
  faults: FaultList,
): Promise<void> {
  const { rows } = await client.query<FaultRow>(
    `select l.line, count(*) over () as total, l.global_uuid as uuid, l.mac_address as mac, uuid_line, mac_line,
            l.taken_by, l.device_id is null as is_new, d.mac_key as known_mac, l.changed
     from (select *, min(line) over (partition by global_uuid) as uuid_line,
                     min(line) over (partition by mac_key) as mac_line from import_lines) l
     left join devices d on d.id = l.device_id
     where l.line > uuid_line or l.line > mac_line or l.taken_by is not null
       or l.device_id is null and l.psk_secret is null or d.mac_key <> l.mac_key
       or not $1 and l.changed <> '{}'
     order by l.line limit ${FAULTS_SHOWN}`,
    [overwrite],
  );
  for (const row of rows) faults.add({ line: row.line, reason: reasonOf(row) });
  faults.addRest(Number(rows[0]?.total ?? 0) - rows.length);
}

function reasonOf(row: FaultRow): string {
  const { line, uuid, mac, uuid_line: uuidLine, mac_line: macLine, taken_by: takenBy } = row;
  if (line > uuidLine) return `the uuid is the same as in line ${uuidLine}`;
  if (line > macLine) return `the mac is the same as in line ${macLine}`;
  if (takenBy !== null) return `the registry has the MAC ${mac} under the UUID ${takenBy}`;
  if (row.is_new) return 'the device is new and there is no psk for it';
  const knownMac = macOf(row.known_mac ?? '');
  if (knownMac !== mac) return `the registry has the UUID ${uuid} with the MAC ${knownMac}`;
  return `the device is there already with another ${row.changed.join(', ')} (--overwrite changes it)`;
}
