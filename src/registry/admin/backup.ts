// Backup, restore and move: the whole registry, complete and verified, secrets as sealed as they are.
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { EspmintError, isEspmintError } from '../../core/errors/index.js';
import type { RegistryOptions } from '../store/connect.js';
import { PRIVATE_FILE, streamToFile } from '../../files/index.js';
import { knownTables, migrate } from '../store/migrate.js';
import { reasonOf } from '../reason.js';
import { type Fingerprint, fingerprint, inSnapshot, readTables, type Rows, writeTables } from './tables.js';
import { withDatabase } from './with-database.js';

/** What was copied. */
export interface CopyReport {
  /** Rows of each table. */
  readonly rows: Readonly<Record<string, number>>;
}

/** First line of a backup; the last one is `{"end": Fingerprint}`. */
const HEADER = { espmintBackup: 1 };
const BATCH_ROWS = 1000;
const NO_ROWS = '0:0';

/**
 * Writes a gzipped file of JSON lines, mode 0600: `{"table": ..., "row": {...}}` each. It appears complete or not at
 * all. Keys in it are as sealed as in the database; the master key is not in it.
 *
 * @throws FILE_UNWRITABLE, and what the database throws
 */
export async function backUp(options: RegistryOptions, path: string): Promise<CopyReport> {
  return withDatabase(
    options,
    'backup',
    async (client, { target }) => {
      await migrate(client, target);
      return inSnapshot(client, async () => {
        const print = await fingerprint(client);
        const lines = Readable.from(linesOf(readTables(client), print));
        await pipeline(lines, createGzip(), (packed: AsyncIterable<Uint8Array>) =>
          streamToFile(path, packed, { mode: PRIVATE_FILE }),
        );
        return countRows(print);
      });
    },
    'bulk',
  );
}

/**
 * Takes a backup into an empty registry; all of it, or nothing.
 *
 * @throws BACKUP_INVALID, FILE_UNREADABLE, REGISTRY_NOT_EMPTY, and what the database throws
 */
export async function restore(options: RegistryOptions, path: string): Promise<CopyReport> {
  await readable(path);
  return withDatabase(
    options,
    'restore',
    async (client, { target }) => {
      await migrate(client, target);
      return inSnapshot(client, async () => {
        const end: BackupEnd = { columns: new Map() };
        await writeTables(client, target, readBackup(path, end));
        const print = await fingerprint(client, end.columns);
        if (end.print === undefined)
          throw new EspmintError('BACKUP_INVALID', { path, reason: 'its end is missing' });
        // A backup of an older schema has fewer tables and columns: those that it does not name must have stayed empty.
        if (differing(end.print, print).length > 0) {
          throw new EspmintError('BACKUP_INVALID', {
            path,
            reason: 'its rows are not those that were backed up',
          });
        }
        return countRows(print);
      });
    },
    'bulk',
  );
}

/**
 * Copies everything into another, empty registry and compares the two. The source stays as it is.
 *
 * @throws REGISTRY_NOT_EMPTY, REGISTRY_FAILED, and what either database throws
 */
export async function moveTo(from: RegistryOptions, to: RegistryOptions): Promise<CopyReport> {
  return withDatabase(
    from,
    'move',
    (source, { target: sourceName }) =>
      withDatabase(
        to,
        'move',
        async (client, { target }) => {
          await migrate(source, sourceName);
          await migrate(client, target);
          return inSnapshot(source, () =>
            inSnapshot(client, async () => {
              await writeTables(client, target, readTables(source));
              const [wanted, got] = [await fingerprint(source), await fingerprint(client)];
              const wrong = differing(wanted, got);
              if (wrong.length > 0) {
                const reason = `${wrong.join(', ')} did not arrive as they were sent`;
                throw new EspmintError('REGISTRY_FAILED', { target, what: 'move', reason });
              }
              return countRows(got);
            }),
          );
        },
        'bulk',
      ),
    'bulk',
  );
}

async function* linesOf(batches: AsyncIterable<Rows>, print: Fingerprint): AsyncGenerator<string> {
  yield `${JSON.stringify(HEADER)}\n`;
  for await (const { table, rows } of batches) {
    for (const row of rows) yield `{"table":"${table}","row":${row}}\n`;
  }
  yield `${JSON.stringify({ end: print })}\n`;
}

/** What a backup tells besides its rows. */
interface BackupEnd {
  print?: Fingerprint;
  /** Of each table that has rows. */
  readonly columns: Map<string, readonly string[]>;
}

/** Yields the rows and leaves the fingerprint of the last line in `end`, and the columns. */
async function* readBackup(path: string, end: BackupEnd): AsyncGenerator<Rows> {
  const invalid = (reason: string) => new EspmintError('BACKUP_INVALID', { path, reason });
  // Before the lines: readline drops what comes in while nobody is listening.
  const tables = await knownTables();
  const text = createReadStream(path).pipe(createGunzip());
  const lines = createInterface({ input: text, crlfDelay: Number.POSITIVE_INFINITY });
  let first = true;
  let batch: { table: string; rows: string[] } = { table: '', rows: [] };
  try {
    for await (const line of lines) {
      const record = JSON.parse(line) as {
        espmintBackup?: number;
        table?: string;
        row?: object;
        end?: Fingerprint;
      };
      if (first && record.espmintBackup !== HEADER.espmintBackup) throw invalid('it is no backup of espmint');
      first = false;
      if (record.end !== undefined) end.print = record.end;
      if (record.table === undefined) continue;
      if (!tables.includes(record.table)) throw invalid('it names a table that this espmint does not know');
      if (batch.rows.length > 0 && (batch.table !== record.table || batch.rows.length >= BATCH_ROWS)) {
        yield batch;
        batch = { table: record.table, rows: [] };
      }
      batch.table = record.table;
      if (!end.columns.has(record.table)) end.columns.set(record.table, Object.keys(record.row ?? {}));
      // PostgreSQL's own writing is kept: numbers beyond what JavaScript holds stay exact.
      batch.rows.push(line.slice(line.indexOf('"row":') + 6, -1));
    }
    if (batch.rows.length > 0) yield batch;
  } catch (error) {
    throw isEspmintError(error) ? error : invalid(reasonOf(error));
  }
}

async function readable(path: string): Promise<void> {
  try {
    await (await open(path)).close();
  } catch (error) {
    throw new EspmintError('FILE_UNREADABLE', { path, reason: reasonOf(error) });
  }
}

function countRows(print: Fingerprint): CopyReport {
  return {
    rows: Object.fromEntries(
      Object.entries(print).map(([table, text]) => [table, Number.parseInt(text, 10)]),
    ),
  };
}

/** Tables whose rows are not the same on both sides; a side that does not name a table has no rows of it. */
function differing(one: Fingerprint, other: Fingerprint): string[] {
  const tables = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...tables].filter((table) => (one[table] ?? NO_ROWS) !== (other[table] ?? NO_ROWS));
}
