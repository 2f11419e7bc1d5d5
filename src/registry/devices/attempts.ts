// The table attempts: one row for each try, from its reservation to its end, with what it tells of itself.
import type pg from 'pg';
import type { FlashImage } from '../../core/flash-image.js';
import type { Stage, WifiRecord } from '../../core/stages.js';
import {
  type AttemptTimings,
  type AttemptFacts,
  storableFacts,
  storableLog,
  storableWifi,
} from './attempt-facts.js';
import type { AttemptRecord } from '../registry.js';
import { type ImageColumns, imageOf, isoOrNone, orNone } from './rows.js';

/** Newest attempts that a history tells of. */
const ATTEMPTS_SHOWN = 100;

export interface NewAttempt {
  /** The reservation's. */
  readonly id: string;
  readonly deviceId: number;
  readonly keyId: string;
  /** What devices is to say once the key is proven. */
  readonly wanted: Readonly<Record<string, string | null>>;
  readonly facts: AttemptFacts | undefined;
  /** ISO 8601: when it was reserved, if that was without the registry. */
  readonly offlineAt?: string | undefined;
}

/** One statement, also where a profile is met for the first time. */
export async function insertAttempts(client: pg.ClientBase, attempts: readonly NewAttempt[]): Promise<void> {
  await client.query(
    `with made as (
       select * from json_to_recordset($1::json) as made (
         id uuid, "deviceId" integer, "keyId" bigint, wanted jsonb, "offlineAt" timestamptz, station text, slot integer,
         port text, operator text, "toolVersion" text, batch text, profile text, "profileName" text,
         "profileVersion" integer, chip text, "chipDescription" text, "chipRevision" text, "flashSize" bigint,
         firmware jsonb)),
     met as (
       insert into profiles (sha256, name, version)
         select distinct on (profile) profile, "profileName", "profileVersion" from made where profile is not null
         order by profile
       on conflict (sha256) do nothing)
     insert into attempts (id, device_id, key_id, wanted, station, slot, port, operator, tool_version, batch, profile,
                           chip, chip_description, chip_revision, flash_size, firmware, started_at, offline)
     select id, "deviceId", "keyId", wanted, station, slot, port, operator, "toolVersion", batch, profile,
            chip, "chipDescription", "chipRevision", "flashSize", firmware, coalesce("offlineAt", now()), "offlineAt" is not null
     from made`,
    [JSON.stringify(attempts.map(toColumns))],
  );
}

function toColumns({ facts, ...attempt }: NewAttempt): object {
  const { profile, chip, ...who } = storableFacts(facts);
  return {
    ...attempt,
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

/**
 * Writes the ends down, each of another attempt, and counts them for their ports, in one statement. An attempt that
 * failed may end again, and then passes: it is one attempt all the same.
 */
export async function endAttempts(client: pg.ClientBase, ends: readonly AttemptEnd[]): Promise<void> {
  await client.query(
    `with final as (
       select * from json_to_recordset($1::json) as final (
         id uuid, outcome text, code text, stage text, image jsonb, "stagesMs" jsonb, baud integer,
         "endedAt" timestamptz, log text, wifi jsonb)),
     before as (select a.id, a.outcome from attempts a join final using (id)),
     ended as (
       update attempts a set outcome = final.outcome, code = final.code, stage = final.stage,
         image_sha256 = coalesce(final.image->>'sha256', a.image_sha256),
         image_md5 = coalesce(final.image->>'md5', a.image_md5),
         image_offset = coalesce((final.image->>'offsetBytes')::bigint, a.image_offset),
         image_size = coalesce((final.image->>'sizeBytes')::bigint, a.image_size),
         stages_ms = coalesce(final."stagesMs", a.stages_ms), baud = coalesce(final.baud, a.baud),
         ended_at = coalesce(final."endedAt", now()), boot_log = coalesce(final.log, a.boot_log),
         wifi = coalesce(final.wifi, a.wifi)
       from final where a.id = final.id returning a.id, a.station, a.port, a.outcome, a.baud, a.ended_at)
     insert into ports as known (station, port, attempts, passes, baud, last_seen)
       select station, port, count(*) filter (where before.outcome = 'open'),
              count(*) filter (where ended.outcome = 'passed'),
              (array_agg(baud order by ended_at desc) filter (where baud is not null))[1], max(ended_at)
       from ended join before using (id) where station is not null and port is not null
       group by station, port order by station, port
     on conflict (station, port) do update set
       attempts = known.attempts + excluded.attempts, passes = known.passes + excluded.passes,
       baud = coalesce(excluded.baud, known.baud), last_seen = greatest(excluded.last_seen, known.last_seen)`,
    [
      JSON.stringify(
        ends.map((end) => ({ ...end, log: storableLog(end.log), wifi: storableWifi(end.wifi) })),
      ),
    ],
  );
}

interface AttemptRow extends ImageColumns {
  readonly id: string;
  readonly outcome: AttemptRecord['outcome'];
  readonly stage: string | null;
  readonly code: string | null;
  readonly station: string | null;
  readonly slot: number | null;
  readonly port: string | null;
  readonly operator: string | null;
  readonly tool_version: string | null;
  readonly batch: string | null;
  readonly profile: string | null;
  readonly profile_name: string | null;
  readonly profile_version: number | null;
  readonly chip: string | null;
  readonly chip_description: string | null;
  readonly chip_revision: string | null;
  readonly flash_size: string | null;
  readonly firmware: AttemptFacts['firmware'] | null;
  readonly baud: number | null;
  readonly stages_ms: Partial<Record<Stage, number>> | null;
  readonly started_at: Date;
  readonly ended_at: Date | null;
  readonly boot_log: string | null;
  readonly wifi: WifiRecord | null;
}

/** The newest attempts of a device, newest first. */
export async function readAttempts(client: pg.ClientBase, deviceId: number): Promise<AttemptRecord[]> {
  const { rows } = await client.query<AttemptRow>(
    `select a.*, p.name as profile_name, p.version as profile_version
     from attempts a left join profiles p on p.sha256 = a.profile
     where a.device_id = $1 order by a.started_at desc, a.id limit ${ATTEMPTS_SHOWN}`,
    [deviceId],
  );
  return rows.map(toAttemptRecord);
}

function toAttemptRecord(row: AttemptRow): AttemptRecord {
  return {
    id: row.id,
    outcome: row.outcome,
    startedAt: row.started_at.toISOString(),
    endedAt: isoOrNone(row.ended_at),
    code: orNone(row.code),
    stage: orNone(row.stage),
    image: imageOf(row),
    station: orNone(row.station),
    slot: orNone(row.slot),
    port: orNone(row.port),
    operator: orNone(row.operator),
    toolVersion: orNone(row.tool_version),
    batch: orNone(row.batch),
    profile: toProfile(row),
    chip: toChip(row),
    firmware: orNone(row.firmware),
    baud: orNone(row.baud),
    stagesMs: orNone(row.stages_ms),
    log: row.boot_log?.split('\n'),
    wifi: orNone(row.wifi),
  };
}

function toProfile({ profile, profile_name, profile_version }: AttemptRow): AttemptFacts['profile'] {
  if (profile === null || profile_name === null || profile_version === null) return undefined;
  return { name: profile_name, version: profile_version, sha256: profile };
}

function toChip({ chip, chip_description, chip_revision, flash_size }: AttemptRow): AttemptFacts['chip'] {
  if (chip === null) return undefined;
  const [description, revision] = [chip_description ?? '', chip_revision ?? ''];
  return { kind: chip, description, revision, flashSizeBytes: Number(flash_size ?? 0) };
}
