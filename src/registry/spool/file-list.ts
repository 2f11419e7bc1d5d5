// Lists of the devices in a key file: the same filters, order and pages as those of a database.
import type { FileDevice } from './key-history.js';
import { formatMark, parseMark } from '../devices/page-mark.js';
import type { DeviceFilter, DevicePage, DeviceRecord } from '../registry.js';
import { hasName, type NamePieces, readSearch, type TextSearch } from '../devices/text-search.js';

const PAGE_DEFAULT = 100;

/** @param newestFirst by their number. @throws INPUT_INVALID */
export function pageOf(newestFirst: readonly FileDevice[], filter: DeviceFilter): DevicePage {
  const { limit = PAGE_DEFAULT, after } = filter;
  const byTime = filter.since !== undefined || filter.until !== undefined;
  const mark = after === undefined ? undefined : parseMark(after, byTime);
  const mentions = mentioning(newestFirst, filter.text);
  const matching = newestFirst
    .filter(
      (device) => matches(device, filter) && (mentions(device.record) || isOfBatch(device, filter.text)),
    )
    .map(({ record }) => record);
  if (byTime) matching.sort((a, b) => compareTimes(b, a) || b.id - a.id);
  const left = matching.filter((device) => {
    if (mark === undefined) return true;
    const later = mark.at === undefined ? 0 : compareTimes(device, { provisionedAt: mark.at });
    return later < 0 || (later === 0 && device.id < mark.id);
  });
  const devices = left.slice(0, limit);
  const last = devices.at(-1);
  if (left.length <= limit || last === undefined) return { devices };
  return { devices, next: formatMark({ id: last.id, at: byTime ? last.provisionedAt : undefined }) };
}

type Timed = Pick<DeviceRecord, 'provisionedAt'>;

/** ISO 8601 in UTC, all of the same form: the order of the texts is that of the times. */
function compareTimes({ provisionedAt: a = '' }: Timed, { provisionedAt: b = '' }: Timed): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function matches({ record, attempts }: FileDevice, filter: DeviceFilter): boolean {
  const { status, batch, station, since, until, lot, serial } = filter;
  // A file knows of no units.
  if (lot !== undefined || serial !== undefined) return false;
  if (status !== undefined && record.status !== status) return false;
  if (!isWithin(record, since, until)) return false;
  if (batch === undefined && station === undefined) return true;
  return attempts.some(
    (attempt) =>
      (batch ?? attempt.batch) === attempt.batch && (station ?? attempt.station) === attempt.station,
  );
}

/** Whether a device is meant by that text, among all of these. */
function mentioning(all: readonly FileDevice[], text: string | undefined): (record: DeviceRecord) => boolean {
  const wanted = text === undefined ? undefined : readSearch(text);
  if (wanted === undefined) return () => true;
  const { names } = wanted;
  if (names === undefined || !all.some(({ record }) => isNamed(record, names)))
    return (record) => mentions(record, wanted);
  return (record) =>
    isNamed(record, names) ||
    (!names.isWhole && (record.location ?? '').toLowerCase().includes(wanted.location));
}

/** As the whole name of a batch that it was tried for. */
function isOfBatch({ attempts }: FileDevice, text = ''): boolean {
  const name = text.trim().toLowerCase();
  return name.length > 2 && attempts.some(({ batch }) => batch?.toLowerCase() === name);
}

function isNamed({ mac, uuid }: DeviceRecord, names: NamePieces): boolean {
  return hasName(mac.replaceAll(':', ''), uuid, names);
}

function mentions({ uuid, mac, location = '' }: DeviceRecord, wanted: TextSearch): boolean {
  const has = (field: string, part: string | undefined): boolean =>
    part !== undefined && (wanted.atStart ? field.startsWith(part) : field.includes(part));
  const place = location.toLowerCase();
  return (
    has(uuid, wanted.uuid) ||
    has(mac.replaceAll(':', ''), wanted.mac) ||
    has(place, wanted.location) ||
    place.includes(` ${wanted.location}`)
  );
}

function isWithin({ provisionedAt }: Timed, since: string | undefined, until: string | undefined): boolean {
  if (since === undefined && until === undefined) return true;
  if (provisionedAt === undefined) return false;
  const ms = Date.parse(provisionedAt);
  return (since === undefined || ms >= Date.parse(since)) && (until === undefined || ms < Date.parse(until));
}
