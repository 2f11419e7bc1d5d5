// The table attempts: one row for each try, from its reservation to its end, with what it tells of itself.
import type pg from 'pg';
import type { FlashImage } from '../../core/flash-image.js';
import {
  type AttemptTimings,
  type AttemptFacts,
  storableFacts,
  storableLog,
  storableWifi,
} from './attempt-facts.js';
import type { AttemptRecord } from '../registry.js';
import { readRecords } from '../store/read-records.js';
import { IMAGE_JSON } from './rows.js';

/** Newest attempts that a history tells of. */
const ATTEMPTS_SHOWN = 100;

/** What an attempt begins with. */
export interface AttemptStart {
  /** The reservation's. */
  readonly id: string;
  /** What devices is to say once the key is proven. */
  readonly wanted: Readonly<Record<string, string | null>>;
  readonly facts: AttemptFacts | undefined;
  /** ISO 8601: when it was reserved, if that was without the registry. */
  readonly offlineAt?: string | undefined;
}

/** Of a device and a key that are there. */
export interface NewAttempt extends AttemptStart {
  readonly deviceId: number;
  readonly keyId: string;
}

/** One statement. */
export async function insertAttempts(client: pg.ClientBase, attempts: readonly NewAttempt[]): Promise<void> {
  if (attempts.length === 0) return;
  const rows = attempts.map(({ deviceId, keyId, ...start }) => ({
    ...toAttemptColumns(start),
    deviceId,
    keyId,
  }));
  await client.query('select insert_attempts($1)', [JSON.stringify(rows)]);
}

/** As insert_attempts reads it. */
export function toAttemptColumns({ facts, ...start }: AttemptStart): object {
  const { profile, chip, ...who } = storableFacts(facts);
  return {
    ...start,
    ...who,
    profile: profile?.sha256,
    profileName: profile?.name,
    profileVersion: profile?.version,
    chip: chip?.kind,
    chipDescription: chip?.description,
    chipRevision: chip?.revision,
    flashSize: chip?.flashSizeBytes,
  };
}

/** How an attempt ended. */
export interface AttemptEnd extends AttemptTimings {
  readonly id: string;
  readonly outcome: 'passed' | 'failed';
  readonly code?: string | undefined;
  readonly stage?: string | undefined;
  readonly image?: FlashImage | undefined;
}

/** As end_attempts reads them. */
export function toEndsJson(ends: readonly AttemptEnd[]): string {
  return JSON.stringify(
    ends.map((end) => ({ ...end, log: storableLog(end.log), wifi: storableWifi(end.wifi) })),
  );
}

/** The newest attempts of a device, newest first. */
export async function readAttempts(client: pg.ClientBase, deviceId: number): Promise<AttemptRecord[]> {
  const rows = await readRecords<Omit<AttemptRecord, 'log'> & { readonly log?: string }>(
    client,
    `select a.id, outcome, started_at, ended_at, code, stage, ${IMAGE_JSON} as image,
            station, slot, port, operator, tool_version, batch, firmware, baud, stages_ms, boot_log as log, wifi,
            case when p.sha256 is not null
              then json_build_object('name', p.name, 'version', p.version, 'sha256', p.sha256) end as profile,
            case when chip is not null
              then json_build_object('kind', chip, 'description', coalesce(chip_description, ''),
                'revision', coalesce(chip_revision, ''), 'flashSizeBytes', coalesce(flash_size, 0)) end as chip
     from attempts a left join profiles p on p.sha256 = a.profile
     where a.device_id = $1 order by a.started_at desc, a.id limit ${ATTEMPTS_SHOWN}`,
    [deviceId],
  );
  return rows.map(({ log, ...row }) => ({ ...row, ...(log === undefined ? {} : { log: log.split('\n') }) }));
}
