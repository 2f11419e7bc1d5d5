// The table of one import that holds the lines of its file, filled by COPY. Keys stand in it as they will in `devices`.
import type pg from 'pg';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { from as copyFrom } from 'pg-copy-streams';
import {
  type DeviceLine,
  type FaultList,
  isFault,
  type LineFault,
} from '../../../core/device-table/index.js';
import { macKeyOf } from '../../devices/rows.js';
import type { SecretBox } from '../../store/secrets/secret-box.js';

/** Fields that a file may change, and the column of each, in `devices` and here. */
export const COLUMNS = {
  status: 'status',
  provisionedAt: 'provisioned_at',
  caUrl: 'ca_service_url',
  wifiSsid: 'wifi_ssid',
  firmwareVersion: 'firmware_version',
  hardwareRevision: 'hardware_revision',
  location: 'location',
  hardwareId: 'hardware_id',
} as const;
const FIELDS = Object.keys(COLUMNS) as (keyof typeof COLUMNS)[];

/**
 * device_id: the device that the line means, null for a new one. taken_by: the other UUID that has the MAC already.
 * changed: names of fields in which the line differs from its device.
 */
const STAGING = `
  create temporary table import_lines (
    line INTEGER, global_uuid TEXT, mac_address TEXT, mac_key TEXT, psk_secret TEXT,
    status TEXT, provisioned_at TIMESTAMP, ca_service_url TEXT, wifi_ssid TEXT, firmware_version TEXT,
    hardware_revision TEXT, location TEXT, hardware_id TEXT,
    device_id INTEGER, taken_by TEXT, changed TEXT[] NOT NULL DEFAULT '{}'
  ) on commit drop`;
const COPY = `copy import_lines (line, global_uuid, mac_address, mac_key, psk_secret, ${Object.values(COLUMNS).join(', ')})
  from stdin`;
/** Bytes, nearly: a row is far too small to be sent by itself. */
const PIECE_CHARS = 65_536;

/** Lines that cannot be read go to `faults`, all others into the table. Runs inside a transaction. */
export async function stageLines(
  client: pg.ClientBase,
  box: SecretBox,
  lines: AsyncIterable<DeviceLine | LineFault>,
  faults: FaultList,
): Promise<void> {
  await client.query(STAGING);
  await pipeline(Readable.from(copyPieces(lines, box, faults)), client.query(copyFrom(COPY)));
  await client.query('analyze import_lines');
}

async function* copyPieces(
  lines: AsyncIterable<DeviceLine | LineFault>,
  box: SecretBox,
  faults: FaultList,
): AsyncGenerator<string> {
  let piece = '';
  for await (const line of lines) {
    if (isFault(line)) {
      faults.add(line);
      continue;
    }
    piece += copyRow(line, box);
    if (piece.length < PIECE_CHARS) continue;
    yield piece;
    piece = '';
  }
  if (piece !== '') yield piece;
}

/** A row in the text format of COPY. The time is UTC: the zone at its end is not looked at. */
function copyRow(device: DeviceLine, box: SecretBox): string {
  const { line, mac, uuid, psk } = device;
  const macKey = macKeyOf(mac);
  const sealed = psk === undefined ? undefined : box.seal(psk, { uuid, macKey });
  const values = [String(line), uuid, mac, macKey, sealed, ...FIELDS.map((field) => device[field])];
  return `${values.map(copyValue).join('\t')}\n`;
}

function copyValue(text: string | undefined): string {
  if (text === undefined) return String.raw`\N`;
  return /[\\\t\r\n]/.test(text) ? text.replaceAll(/[\\\t\r\n]/g, (one) => ESCAPES[one] ?? one) : text;
}

const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\r': '\\r', '\n': '\\n' };
