// What is not as it should be in everything that this computer keeps for the registry; nothing is changed by looking.
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { EspmintError } from '../../core/errors/index.js';
import { codeOf, reasonOf } from '../../files/index.js';
import { type KeptRecord, unsyncedRuns } from '../statistics/run-log-records.js';
import type { SpoolFault } from '../registry.js';
import { readRoot } from './read-log.js';
import { deadLettersOf, type JournalRecord } from './records.js';
import { listSetAside } from './set-aside.js';

/** Each log below the folder `spool` of the data directory. */
export const LOGS = ['keys', 'units', 'unit-hints', 'runs'] as const;
export type LogName = (typeof LOGS)[number];

export function logFolder(dataDir: string, log: LogName): string {
  return join(dataDir, 'spool', log);
}

/** Never throws: what cannot be looked at is a fault itself. */
export async function inspectSpool(dataDir: string): Promise<readonly SpoolFault[]> {
  const spool = join(dataDir, 'spool');
  try {
    await readdir(spool);
  } catch (error) {
    return codeOf(error) === 'ENOENT' ? [] : [unreadable(spool, error)];
  }
  const found: SpoolFault[] = [];
  for (const log of LOGS) {
    const root = logFolder(dataDir, log);
    try {
      const { records, faults } = await readRoot<unknown>(root);
      for (const fault of faults) {
        const { path } = fault;
        if (fault.kind === 'unreadable')
          found.push(new EspmintError('SPOOL_UNREADABLE', { path, reason: fault.reason }));
        // What was cut off was never reported as stored.
        else if (fault.kind === 'damaged')
          found.push(new EspmintError('SPOOL_DAMAGED', { path, sizeBytes: fault.sizeBytes }));
      }
      if (log === 'keys')
        for (const { id, mac, reason } of deadLettersOf(records as JournalRecord[]))
          found.push(new EspmintError('SPOOL_DEAD_LETTER', { id, mac, reason }));
      if (log === 'runs')
        for (const { dead } of unsyncedRuns(records as KeptRecord[]))
          if (dead !== undefined) {
            const { id, run, mac = `slot ${run.slot}`, reason } = dead;
            found.push(new EspmintError('SPOOL_DEAD_LETTER', { id, mac, reason }));
          }
      for (const { path, sizeBytes, changedAt } of await listSetAside(root))
        found.push(new EspmintError('SPOOL_SET_ASIDE', { path, sizeBytes, changedAt }));
    } catch (error) {
      found.push(unreadable(root, error));
    }
  }
  return found.filter(({ message }, at) => found.findIndex((other) => other.message === message) === at);
}

function unreadable(path: string, error: unknown): SpoolFault {
  return new EspmintError('SPOOL_UNREADABLE', { path, reason: reasonOf(error) });
}
