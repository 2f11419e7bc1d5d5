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
