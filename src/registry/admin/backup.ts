// Backup, restore and move: the whole registry, complete and verified, secrets as sealed as they are.
import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { EspmintError, isEspmintError } from '../../core/errors/index.js';
import type { RegistryOptions } from '../store/connect.js';
import { PRIVATE_FILE, readPieces, streamToFile, unwritable } from '../../files/index.js';
import { proveSecretsOpen, readSeal } from '../store/data-keys.js';
import { knownTables, migrate } from '../store/migrate.js';
import { masterKeySource } from '../store/secrets/master-key.js';
import { MasterKeys } from '../store/secrets/master-keys.js';
import { shortReason } from '../reason.js';
import { type Fingerprint, fingerprint, inSnapshot, readTables, type Rows, writeTables } from './tables.js';
import { withDatabase } from './with-database.js';

/** What was copied. */
export interface CopyReport {
  /** Ids of the master keys that open its secrets; none where nothing is sealed. */
  readonly masterIds: readonly string[];
  /** Rows of each table. */
  readonly rows: Readonly<Record<string, number>>;
}

/** First line of a backup; the last one is `{"end": Fingerprint}`. */
interface Header {
  readonly espmintBackup: number;
  /** Ids of the master keys that open its secrets. */
  readonly masterKeys?: readonly string[];
}

const FORMAT = 1;
const BATCH_ROWS = 1000;
const NO_ROWS = '0:0';

/**
 * Writes a gzipped file of JSON lines, mode 0600: `{"table": ..., "row": {...}}` each. It appears complete or not at
 * all. Keys in it are as sealed as in the database; the master key is not in it, its id is. Like a key, it takes no other
 * file's place: nothing can make an older backup again.
 *
 * @throws FILE_UNWRITABLE, and what the database throws
 */
export async function backUp(options: RegistryOptions, path: string): Promise<CopyReport> {
  const there = await stat(path).catch(() => undefined);
  if (there?.isFile() === true) throw unwritable(path, Object.assign(new Error(), { code: 'EEXIST' }));
  return withDatabase(
    options,
    'backup',
    async (client, { target }) => {
      await migrate(client, target);
      return inSnapshot(client, async () => {
        const print = await fingerprint(client);
        const { masterIds } = await readSeal(client);
        const header: Header = { espmintBackup: FORMAT, masterKeys: masterIds };
        const lines = Readable.from(linesOf(header, readTables(client), print));
        const packed = createGzip();
        const packing = pipeline(lines, packed);
        // Where the file fails, this only knows that it was ended early; where the database fails, the file tells it too.
        packing.catch(() => undefined);
        await streamToFile(path, packed, { mode: PRIVATE_FILE });
        await packing;
        return { rows: countRows(print), masterIds };
      });
    },
    { isBulk: true },
  );
}

/**
 * Takes a backup into an empty registry; all of it, or nothing. Its secrets can be opened here afterwards: that is tried.
 *
 * @throws BACKUP_INVALID, SECRET_UNREADABLE (its master key is not here), FILE_UNREADABLE, REGISTRY_NOT_EMPTY, and what
 *   the database throws
 */
export async function restore(options: RegistryOptions, path: string): Promise<CopyReport> {
  await readable(path);
  return withDatabase(
    options,
    'restore',
    async (client, { target, dataDir }) => {
      const masters = await mastersOf(options, dataDir);
      const name = `the backup ${path}`;
      await migrate(client, target);
      return inSnapshot(client, async () => {
        const end: BackupEnd = { columns: new Map() };
        const check = ({ masterKeys = [] }: Header): void => masters.require(name, masterKeys);
        await writeTables(client, target, readBackup(path, end, check));
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
        await proveSecretsOpen(client, masters, name);
        return { rows: countRows(print), masterIds: (await readSeal(client)).masterIds };
      });
    },
    { isBulk: true },
  );
}

/**
 * Copies everything into another, empty registry, compares the two, and opens secrets of the new one. The source stays as
 * it is.
 *
 * @throws REGISTRY_NOT_EMPTY, SECRET_UNREADABLE, REGISTRY_FAILED, and what either database throws
 */
export async function moveTo(from: RegistryOptions, to: RegistryOptions): Promise<CopyReport> {
  return withDatabase(
    from,
    'move',
    (source, { target: sourceName, dataDir }) =>
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
              await proveSecretsOpen(client, await mastersOf(from, dataDir), `the registry at ${sourceName}`);
              return { rows: countRows(got), masterIds: (await readSeal(client)).masterIds };
            }),
          );
        },
        { isBulk: true },
      ),
    { isBulk: true },
  );
}

async function mastersOf({ env = process.env }: RegistryOptions, dataDir: string): Promise<MasterKeys> {
  return MasterKeys.load(masterKeySource(dataDir, env), dataDir);
}

async function* linesOf(
  header: Header,
  batches: AsyncIterable<Rows>,
  print: Fingerprint,
): AsyncGenerator<string> {
  yield `${JSON.stringify(header)}\n`;
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
async function* readBackup(
  path: string,
  end: BackupEnd,
  check: (header: Header) => void,
): AsyncGenerator<Rows> {
  const invalid = (reason: string) => new EspmintError('BACKUP_INVALID', { path, reason });
  // Before the lines: readline drops what comes in while nobody is listening.
  const tables = await knownTables();
  const text = createGunzip();
  // What goes wrong with the file ends the text with the same error.
  pipeline(readPieces(path), text).catch(() => undefined);
  const lines = createInterface({ input: text, crlfDelay: Number.POSITIVE_INFINITY });
  let first = true;
  let batch: { table: string; rows: string[] } = { table: '', rows: [] };
  try {
    for await (const line of lines) {
      const record = JSON.parse(line) as Partial<Header> & {
        table?: string;
        row?: object;
        end?: Fingerprint;
      };
      if (first) {
        const { espmintBackup, masterKeys } = record;
        if (espmintBackup !== FORMAT) throw invalid('it is no backup of espmint');
        check({ espmintBackup, ...(masterKeys === undefined ? {} : { masterKeys }) });
      }
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
    throw isEspmintError(error) ? error : invalid(shortReason(error));
  }
}

async function readable(path: string): Promise<void> {
  try {
    await access(path, constants.R_OK);
  } catch (error) {
    throw new EspmintError('FILE_UNREADABLE', { path, reason: shortReason(error) });
  }
}

function countRows(print: Fingerprint): CopyReport['rows'] {
  return Object.fromEntries(Object.entries(print).map(([table, text]) => [table, Number.parseInt(text, 10)]));
}

/** Tables whose rows are not the same on both sides; a side that does not name a table has no rows of it. */
function differing(one: Fingerprint, other: Fingerprint): string[] {
  const tables = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...tables].filter((table) => (one[table] ?? NO_ROWS) !== (other[table] ?? NO_ROWS));
}
