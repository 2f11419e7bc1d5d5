// Runs on PostgreSQL: the table station_runs.
import type pg from 'pg';
import { readBatch } from '../batches/sql.js';
import type { Database } from '../postgres/database.js';
import { macKeyOf } from '../postgres/rows.js';
import type { RunFilter, RunRecord, Runs } from './runs.js';

interface RunRow {
  readonly id: string;
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

export class PostgresRuns implements Runs {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  record(run: RunRecord): Promise<void> {
    return this.#database.transaction('record run', async (client) => {
      const batchId = run.batch === undefined ? null : (await readBatch(client, run.batch)).id;
      const isNew = await insert(client, run, batchId);
      if (!isNew || run.passed || run.mac === undefined) return;
      await client.query(
        'update batch_units set failed_runs = failed_runs + 1 where batch_id = $1 and mac_key = $2',
        [batchId, macKeyOf(run.mac)],
      );
    });
  }

  read({ batch, station, sinceMs, untilMs }: RunFilter): Promise<RunRecord[]> {
    return this.#database.connected('read runs', async (client) => {
      if (batch !== undefined) await readBatch(client, batch);
      const { rows } = await client.query<RunRow>(
        `select r.*, b.name as batch from station_runs r left join batches b on b.id = r.batch_id
         where ($1::text is null or b.name = $1) and ($2::text is null or r.station = $2)
           and ($3::timestamptz is null or r.ended_at >= $3) and ($4::timestamptz is null or r.ended_at < $4)
         order by r.ended_at, r.id`,
        [batch ?? null, station ?? null, momentOf(sinceMs), momentOf(untilMs)],
      );
      return rows.map(toRecord);
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

function momentOf(ms: number | undefined): Date | null {
  return ms === undefined ? null : new Date(ms);
}

/** Returns false when it was written before. */
async function insert(client: pg.ClientBase, run: RunRecord, batchId: string | null): Promise<boolean> {
  const { rowCount } = await client.query(
    `insert into station_runs (id, batch_id, station, slot, mac_key, passed, already_done, code, stage, stages_ms,
                               started_at, ended_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) on conflict (id) do nothing`,
    [
      run.id,
      batchId,
      run.station,
      run.slot,
      run.mac === undefined ? null : macKeyOf(run.mac),
      run.passed,
      run.alreadyDone,
      run.code ?? null,
      run.stage ?? null,
      run.stagesMs,
      new Date(run.startedMs),
      new Date(run.endedMs),
    ],
  );
  return rowCount === 1;
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
