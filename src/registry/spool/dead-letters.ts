// Records of this computer that the registry refuses, as a text that it cannot hold: devices of the key journal and runs of
// the statistics. Each waits for a person, and the others go on. A person can look at one, mend its texts, and send it to the registry again.
import type { DeviceDetails } from '../../core/device-details.js';
import { EspmintError } from '../../core/errors/index.js';
import { checkWidths } from '../devices/request.js';
import { processUser } from '../process-user.js';
import { Journal } from './journal.js';
import { type DeadRun, listDeadRuns, retryDeadRuns } from '../statistics/dead-runs.js';
import type { DeadLetter } from './records.js';

/** Devices before runs, oldest first. @throws FILE_UNWRITABLE, DISK_FULL */
export async function listDeadLetters(dataDir: string): Promise<readonly (DeadLetter | DeadRun)[]> {
  const journal = await Journal.open(dataDir);
  try {
    return [...(await journal.deadLetters()), ...(await listDeadRuns(dataDir))];
  } finally {
    await journal.close();
  }
}

/** Texts of a record that a person may put in the place of refused ones. */
export interface MendedTexts extends DeviceDetails {
  /** Of a run: the name of its station. */
  readonly station?: string;
}

export interface RetryOptions {
  /** Of one; absent: all. */
  readonly id?: string | undefined;
  readonly mended?: MendedTexts | undefined;
  /** Who decided so. */
  readonly who?: string | undefined;
}

/**
 * Has them sent to the registry again, with these texts in the place of those that it refused, by whatever process opens it next.
 *
 * @returns how many
 * @throws DEAD_LETTER_UNKNOWN, INPUT_INVALID, FILE_UNWRITABLE, DISK_FULL
 */
export async function retryDeadLetters(
  dataDir: string,
  { id, mended = {}, who = processUser() }: RetryOptions,
): Promise<number> {
  const journal = await Journal.open(dataDir);
  try {
    const dead = (await journal.attempts()).filter((attempt) => attempt.dead !== undefined);
    const chosen = id === undefined ? dead : dead.filter(({ reserved }) => reserved.id === id);
    const { station, ...wanted } = mended;
    checkWidths(wanted);
    const runs = await retryDeadRuns(dataDir, { id, station, who });
    if (id !== undefined && chosen.length + runs === 0) throw new EspmintError('DEAD_LETTER_UNKNOWN', { id });
    for (const { reserved, records } of chosen) {
      // With everything that it belongs to: whoever takes this over needs no other folder.
      const at = await journal.now();
      await journal.append(...records, { type: 'retry', id: reserved.id, at, wanted, who });
    }
    return chosen.length + runs;
  } finally {
    await journal.close();
  }
}
