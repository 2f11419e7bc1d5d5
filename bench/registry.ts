// `npm run bench -- registry [--rows N] [--transfer-rows M]`: what the registry costs. Writes and the journal beside
// their floors, bulk import, backup and move of M devices, lists and searches among N devices, memory.
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import pg from 'pg';
import type * as RegistryModule from '../src/registry/index.js';
import type * as JournalModule from '../src/registry/spool/journal.js';
import type * as ListModule from '../src/registry/devices/list.js';
import type * as MatchModule from '../src/registry/devices/text-match.js';
import { ROOT } from '../test/support/reference-tools.js';
import { fill } from './registry/fill.js';
import { measureJournal } from './registry/journal.js';
import { measureLookups } from './registry/lookups.js';
import { serverMemoryMiB } from './registry/memory.js';
import { measureTransfer } from './registry/transfer.js';
import { measureWrites } from './registry/writes.js';
import { writeResults } from './support/measure.js';

// The built package: it reads its migrations beside its own files.
const built = (path: string): Promise<unknown> => import(`${ROOT}dist/registry/${path}`);
const { openRegistry } = (await built('index.js')) as typeof RegistryModule;
const { Journal } = (await built('spool/journal.js')) as typeof JournalModule;
const { listQuery } = (await built('devices/list.js')) as typeof ListModule;
const { matchText } = (await built('devices/text-match.js')) as typeof MatchModule;

const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '100000' },
    'transfer-rows': { type: 'string', default: '20000' },
  },
});
const [ROWS, TRANSFER_ROWS] = [Number(values.rows), Number(values['transfer-rows'])];

const folder = mkdtempSync(join(tmpdir(), 'espmint-bench-'));
// The server of root runs as another user, who must get through.
chmodSync(folder, 0o755);
const dataDir = join(folder, 'data');
const started = performance.now();
const registry = await openRegistry({ dataDir });
const firstStartMs = performance.now() - started;
const connect = async (): Promise<pg.Client> => {
  const client = new pg.Client({ host: join(dataDir, 'postgres/run'), user: 'espmint', database: 'espmint' });
  await client.connect();
  return client;
};
const client = await connect();

function print(title: string, rows: object): void {
  console.log(`\n${title}`);
  console.table(rows);
}

try {
  const idleServerMiB = serverMemoryMiB(dataDir);
  const idleProcessMiB = process.memoryUsage().rss / 2 ** 20;
  const fillSeconds = await fill(client, ROWS);
  const lookups = await measureLookups({ registry, client, rows: ROWS, listQuery, matchText });
  print(`lookups among ${ROWS} devices`, lookups);
  const writes = { 'first start, ms': firstStartMs, ...(await measureWrites(registry, connect)) };
  print(`writes beside ${ROWS} devices`, writes);
  const journal = await measureJournal(Journal);
  print('journal', journal);
  const transfer = await measureTransfer(folder, TRANSFER_ROWS, openRegistry);
  print(`${TRANSFER_ROWS} devices in and out`, transfer);
  const memory = {
    'this process with an open registry, MiB (RSS)': idleProcessMiB,
    'the same after all of this, MiB (RSS)': process.memoryUsage().rss / 2 ** 20,
    'embedded server, idle, MiB (PSS)': idleServerMiB,
    'embedded server after all of this, MiB (PSS)': serverMemoryMiB(dataDir),
  };
  print('memory', memory);
  writeResults('registry', {
    rows: ROWS,
    transferRows: TRANSFER_ROWS,
    writes,
    journal,
    transfer,
    fillSeconds,
    lookups,
    memory,
  });
} finally {
  await client.end();
  await registry.close();
  rmSync(folder, { recursive: true, force: true });
}
