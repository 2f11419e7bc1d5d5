// Takes a file of devices into the registry: all of it, or nothing, while others go on working.
//
// The lines go into a table of this connection by COPY, are checked there against each other and the registry, and
// enter `devices` in one statement. What others add in the meantime is looked for at the end, under a short lock.
import type pg from 'pg';
import { type DeviceLine, FaultList, type LineFault } from '../../../core/device-table/index.js';
import type { OpenDatabase } from '../../store/open-database.js';
import { recordEvent } from '../../devices/events.js';
import { Collision } from '../../store/sql-errors.js';
import type { SecretBox } from '../../store/secrets/secret-box.js';
import { compareWithRegistry, faultsOfLines } from './compare.js';
import { countChanges, countMacsTakenSince, lastDeviceId, merge, type ImportReport } from './merge.js';
import { stageLines } from './staging.js';

export interface ImportOptions {
  /** How errors and the audit trail name the file. */
  readonly file: string;
  /** Change devices that are there already to what the file says of them. */
  readonly overwrite: boolean;
  /** Check everything against the registry, and change nothing. */
  readonly dryRun: boolean;
}

/** The lines of the file from its start; read again when the connection was lost. */
export type LineSource = () => AsyncIterable<DeviceLine | LineFault>;

/**
 * Devices are found by their UUID. A key that is replaced stays in the history, superseded. Memory does not grow with
 * the file.
 *
 * @throws DEVICES_FILE_INVALID with the lines that are wrong or contradict the registry, and what the database throws
 */
export async function importDevices(
  { database, box }: Pick<OpenDatabase, 'database' | 'box'>,
  lines: LineSource,
  importing: ImportOptions,
): Promise<ImportReport> {
  const bulk = database.view({ isBulk: true });
  try {
    const mark = await bulk.transaction('import', lastDeviceId);
    return await bulk.transaction('import', (client) =>
      importOnce(client, box, mark, { lines, ...importing }),
    );
  } finally {
    await bulk.close();
  }
}

/** @param mark every device with a greater id came after the beginning */
async function importOnce(
  client: pg.ClientBase,
  box: SecretBox,
  mark: number,
  { lines, file, overwrite, dryRun }: ImportOptions & { readonly lines: LineSource },
): Promise<ImportReport> {
  // One import at a time: two that add the same devices would wait for each other's rows.
  await client.query(`select pg_advisory_xact_lock(hashtextextended('espmint devices import', 0))`);
  const faults = new FaultList(file);
  await stageLines(client, box, lines(), faults);
  await compareWithRegistry(client, box);
  await faultsOfLines(client, overwrite, faults);
  faults.throwIfAny();
  const report = await countChanges(client);
  if (dryRun) return report;
  const added = await merge(client);
  await recordEvent(client, { kind: 'devices imported', detail: { file, ...report } });
  await client.query('lock table devices in share row exclusive mode');
  const late = report.added - added + (await countMacsTakenSince(client, mark));
  if (late > 0) throw new Collision('other devices with the same names came in between');
  return report;
}
