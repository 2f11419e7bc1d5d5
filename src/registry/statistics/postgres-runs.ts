// Runs on PostgreSQL: the table station_runs.
import type pg from 'pg';
import { EspmintError } from '../../core/errors/index.js';
import { readBatch } from '../batches/sql.js';
import type { Database } from '../store/database.js';
import { macKeyOf } from '../devices/rows.js';
import type { RunFilter, RunRecord, Runs } from './runs.js';

interface RunRow {
  readonly id: string;
  /** ended_at to the microsecond. */
  readonly mark: string;
  readonly batch: string | null;
  readonly station: string;
  readonly slot: number;
  readonly mac_key: string | null;
  readonly passed: boolean;
  readonly already_done: boolean;
  readonly code: string | null;
  readonly stage: string | null;
  readonly stages_ms: RunRecord['stagesMs'];
  readonly started_at: Date;
  readonly ended_at: Date;
}

interface Limits {
  /** Runs that are read at once: what a process does beside waits for no more. */
  readonly page: number;
  /** A million runs are two gigabytes here. */
  readonly most: number;
}

export class PostgresRuns implements Runs {
  readonly #database: Database;
  readonly #limits: Limits;

  constructor(database: Database, limits: Limits = { page: 10_000, most: 300_000 }) {
    this.#database = database;
    this.#limits = limits;
  }

  record(runs: readonly RunRecord[]): Promise<void> {
    return this.#database.transaction('record runs', async (client) => {
      const batchIds = new Map<string, string>();
      for (const name of new Set(runs.flatMap(({ batch }) => batch ?? [])))
        batchIds.set(name, (await readBatch(client, name)).id);
      await insertRuns(client, runs, batchIds);
    });
  }

  read(filter: RunFilter): Promise<RunRecord[]> {
    return this.#database.connected('read runs', async (client) => {
      if (filter.batch !== undefined) await readBatch(client, filter.batch);
      const { page, most } = this.#limits;
      const runs: RunRecord[] = [];
      for (let last: RunRow | undefined; ;) {
        const rows = await readRows(client, filter, `limit ${page}`, last);
        for (const row of rows) runs.push(toRecord(row));
        if (rows.length < page) return runs;
        if (last === undefined && (await readRows(client, filter, `offset ${most} limit 1`)).length > 0) {
          const reason = `match more than ${most} runs`;
          const hint = 'ask for a shorter time, a station or a batch';
          throw new EspmintError('INPUT_INVALID', { field: 'The filters', reason, hint });
        }
        last = rows.at(-1);
      }
    });
  }

  catchUp(): Promise<void> {
    return Promise.resolve();
  }

  /** The database is its owner's to close. */
  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** @param after the last one of those before */
async function readRows(
  client: pg.ClientBase,
  { batch, station, sinceMs, untilMs }: RunFilter,
  slice: string,
  after?: RunRow,
): Promise<RunRow[]> {
  const { rows } = await client.query<RunRow>(
    `select r.*, b.name as batch, r.ended_at::text as mark
     from station_runs r left join batches b on b.id = r.batch_id
     where ($1::text is null or b.name = $1) and ($2::text is null or r.station = $2)
       and ($3::timestamptz is null or r.ended_at >= $3) and ($4::timestamptz is null or r.ended_at < $4)
       and ($5::timestamptz is null or (r.ended_at, r.id) > ($5, $6::uuid))
     order by r.ended_at, r.id ${slice}`,
    [batch, station, momentOf(sinceMs), momentOf(untilMs), after?.mark, after?.id],
  );
  return rows;
}

function momentOf(ms: number | undefined): Date | null {
  return ms === undefined ? null : new Date(ms);
}

/** One statement. What was written before counts no second time. */
async function insertRuns(
  client: pg.ClientBase,
  runs: readonly RunRecord[],
  batchIds: ReadonlyMap<string, string>,
): Promise<void> {
  const rows = runs.map(({ batch, mac, startedMs, endedMs, ...run }) => ({
    ...run,
    batchId: batch === undefined ? undefined : batchIds.get(batch),
    macKey: mac === undefined ? undefined : macKeyOf(mac),
    startedAt: new Date(startedMs),
    endedAt: new Date(endedMs),
  }));
  await client.query(
    `with added as (
       insert into station_runs (id, batch_id, station, slot, mac_key, passed, already_done, code, stage, stages_ms,
                                 started_at, ended_at)
       select id, "batchId", station, slot, "macKey", passed, "alreadyDone", code, stage, "stagesMs", "startedAt", "endedAt"
       from json_to_recordset($1::json) as run (
         id uuid, "batchId" bigint, station text, slot integer, "macKey" text, passed boolean, "alreadyDone" boolean,
         code text, stage text, "stagesMs" jsonb, "startedAt" timestamptz, "endedAt" timestamptz)
       on conflict (id) do nothing returning batch_id, mac_key, passed)
     update batch_units unit set failed_runs = failed_runs + failed.runs
     from (select batch_id, mac_key, count(*) as runs from added where not passed group by batch_id, mac_key) failed
     where unit.batch_id = failed.batch_id and unit.mac_key = failed.mac_key`,
    [JSON.stringify(rows)],
  );
}

function toRecord(row: RunRow): RunRecord {
  return {
    id: row.id,
    batch: row.batch ?? undefined,
    station: row.station,
    slot: row.slot,
    mac: row.mac_key?.match(/../g)?.join(':'),
    passed: row.passed,
    alreadyDone: row.already_done,
    code: row.code ?? undefined,
    stage: row.stage ?? undefined,
    stagesMs: row.stages_ms,
    startedMs: row.started_at.getTime(),
    endedMs: row.ended_at.getTime(),
  };
}
