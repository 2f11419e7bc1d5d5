// Reading the audit trail: what was done to devices, keys and pushes, by whom, from where and why.
import type pg from 'pg';
import { formatMark, parseMark } from '../devices/page-mark.js';
import { needRow } from '../devices/read.js';
import type { DeviceName } from '../registry.js';
import { macText, readRecords } from '../store/read-records.js';

/** One entry of the audit trail. */
export interface AuditRecord {
  readonly id: number;
  /** ISO 8601 in UTC. */
  readonly at: string;
  /** For example `key revealed`. */
  readonly kind: string;
  readonly actor: string;
  /** The computer, or the address by way of it; absent in entries of earlier versions. */
  readonly origin?: string | undefined;
  readonly mac?: string | undefined;
  readonly uuid?: string | undefined;
  /** What else there is to say; with a `reason` where one was given. No secret in it. */
  readonly detail: Readonly<Record<string, unknown>>;
}

export interface AuditFilter {
  /** Of this kind alone. */
  readonly kind?: string | undefined;
  /** By this name alone, as it is recorded. */
  readonly actor?: string | undefined;
  /** At or after this time; ISO 8601. */
  readonly since?: string | undefined;
  /** Before this time; ISO 8601. */
  readonly until?: string | undefined;
  /** What concerns this device; absent: everything. */
  readonly device?: DeviceName | undefined;
  /** 1 to 1000, default 100. */
  readonly limit?: number | undefined;
  /** `next` of the page before. */
  readonly after?: string | undefined;
}

/** Newest first. */
export interface AuditPage {
  readonly entries: readonly AuditRecord[];
  /** Give it as `after` for the next page; absent on the last one. */
  readonly next?: string | undefined;
}

const PAGE_DEFAULT = 100;
const PAGE_MAX = 1000;

/** @throws DEVICE_UNKNOWN, INPUT_INVALID (a page mark that is none) */
export async function auditPage(client: pg.ClientBase, filter: AuditFilter): Promise<AuditPage> {
  const { device, after, kind, actor, since, until } = filter;
  const limit = Math.min(Math.max(Math.trunc(filter.limit ?? PAGE_DEFAULT), 1), PAGE_MAX);
  const start = after === undefined ? null : parseMark(after, false).id;
  const macKey = device === undefined ? null : (await needRow(client, device)).mac_key;
  const rows = await readRecords<AuditRecord>(
    client,
    `select id, at, kind, actor, origin, ${macText('mac_key')} as mac, global_uuid as uuid, detail from events
     where ($1::text is null or mac_key = $1) and ($2::bigint is null or id < $2)
       and ($3::text is null or kind = $3) and ($4::text is null or actor = $4)
       and ($5::timestamptz is null or at >= $5) and ($6::timestamptz is null or at < $6)
     order by id desc limit $7`,
    [macKey, start, kind, actor, since, until, limit + 1],
  );
  const entries = rows.slice(0, limit);
  const last = entries.at(-1);
  return rows.length <= limit || last === undefined
    ? { entries }
    : { entries, next: formatMark({ id: last.id }) };
}
