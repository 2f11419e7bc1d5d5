// What the log of kept runs says, and what its records add up to for each run.
import type { RunRecord } from './runs.js';

export type KeptRecord =
  | { readonly type: 'kept'; readonly run: RunRecord }
  /** The database refuses it for what it says: it waits for a person. */
  | { readonly type: 'refused'; readonly id: string; readonly at: string; readonly reason: string }
  /** A person has them sent to the database again, of the run as it stands here. */
  | {
      readonly type: 'retry';
      readonly id: string;
      readonly at: string;
      readonly run: RunRecord;
      readonly who: string;
    }
  /** The database knows them. */
  | { readonly type: 'synced'; readonly ids: readonly string[] };

/** A run that the database refuses to take in, as a person is shown it. No secret in it. */
export interface DeadRun {
  readonly kind: 'run';
  readonly id: string;
  /** ISO 8601 in UTC: when the database refused it. */
  readonly at: string;
  readonly reason: string;
  readonly mac?: string | undefined;
  readonly run: RunRecord;
}

/** A run that the database does not know. */
export interface UnsyncedRun {
  /** As the database would get it. */
  readonly run: RunRecord;
  readonly dead: DeadRun | undefined;
  readonly records: readonly KeptRecord[];
}

/** Oldest first. The same record twice means the same as once. */
export function unsyncedRuns(records: readonly KeptRecord[]): UnsyncedRun[] {
  const synced = new Set(records.flatMap((record) => (record.type === 'synced' ? record.ids : [])));
  const byId = new Map<string, KeptRecord[]>();
  for (const record of records) {
    if (record.type === 'synced') continue;
    const id = record.type === 'kept' ? record.run.id : record.id;
    if (!synced.has(id)) byId.set(id, [...(byId.get(id) ?? []), record]);
  }
  return [...byId.values()].flatMap((own) => unsyncedRun(own) ?? []);
}

function unsyncedRun(records: readonly KeptRecord[]): UnsyncedRun | undefined {
  const kept = records.find((record) => record.type === 'kept');
  if (kept === undefined) return undefined;
  const decided = records
    .filter((record) => record.type === 'refused' || record.type === 'retry')
    .sort((a, b) => (a.at < b.at ? -1 : 1));
  const run = decided.findLast((record) => record.type === 'retry')?.run ?? kept.run;
  const verdict = decided.at(-1);
  if (verdict?.type !== 'refused') return { run, dead: undefined, records };
  const { id, at, reason } = verdict;
  return { run, dead: { kind: 'run', id, at, reason, mac: run.mac, run }, records };
}
