// Runs that the database refuses, as a person looks at them and has them sent to the database again.
import { makePrivateDir } from '../../files/index.js';
import { logFolder } from '../spool/inspect.js';
import { Log } from '../spool/log.js';
import { type DeadRun, type KeptRecord, unsyncedRuns } from './run-log-records.js';

/** Oldest first. */
export async function listDeadRuns(dataDir: string): Promise<DeadRun[]> {
  const { records } = await new Log<KeptRecord>(logFolder(dataDir, 'runs')).read();
  return unsyncedRuns(records).flatMap(({ dead }) => dead ?? []);
}

export type { DeadRun };

export interface RunRetry {
  /** Of one; absent: all. */
  readonly id: string | undefined;
  /** In the place of the station's name. */
  readonly station: string | undefined;
  readonly who: string;
}

/** @returns how many are sent again; @throws FILE_UNWRITABLE, DISK_FULL */
export async function retryDeadRuns(dataDir: string, { id, station, who }: RunRetry): Promise<number> {
  const folder = logFolder(dataDir, 'runs');
  await makePrivateDir(folder);
  const log = new Log<KeptRecord>(folder);
  try {
    const unsynced = unsyncedRuns((await log.read()).records);
    const chosen = unsynced.filter(
      ({ run, dead }) => dead !== undefined && (id === undefined || run.id === id),
    );
    for (const { run, dead, records } of chosen) {
      const mended = station === undefined ? run : { ...run, station };
      // Later than the refusal, also where the computer's clock was set back.
      const atMs = Math.max(Date.now(), Date.parse(dead?.at ?? '') + 1);
      const at = new Date(atMs).toISOString();
      // With everything that it belongs to: whoever takes this over needs no other folder.
      await log.append(...records, { type: 'retry', id: run.id, at, run: mended, who });
    }
    return chosen.length;
  } finally {
    await log.close((records) => records.length === 0);
  }
}
