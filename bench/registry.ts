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
import { rate } from './registry/rate.js';
import { measureTransfer } from './registry/transfer.js';
import { writeResults } from './support/measure.js';
import { imageOf } from '../test/support/proof.js';

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

const UPSERT = `
  INSERT INTO devices (global_uuid, mac_address, psk_secret, ca_service_url, wifi_ssid, firmware_version, hardware_revision, location)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
  ON CONFLICT (global_uuid) DO UPDATE SET psk_secret = EXCLUDED.psk_secret, provisioned_at = CURRENT_TIMESTAMP
  RETURNING id`;

const folder = mkdtempSync(join(tmpdir(), 'espmint-bench-'));
// The server of root runs as another user, who must get through.
chmodSync(folder, 0o755);
const dataDir = join(folder, 'data');
const started = performance.now();
const registry = await openRegistry({ dataDir });
const firstStartMs = performance.now() - started;
const client = new pg.Client({ host: join(dataDir, 'postgres/run'), user: 'espmint', database: 'espmint' });
await client.connect();

let boards = 0;

function names(): { mac: string; uuid: string } {
  boards += 1;
  const tail = boards.toString(16).padStart(8, '0');
  return { mac: `a4:cf:${tail.match(/../g)?.join(':') ?? ''}`, uuid: `110e3dc9-fa05-568f-a05a-0000${tail}` };
}

async function provision(): Promise<void> {
  const { id } = await registry.reserve({ ...names(), caUrl: 'https://ca.example.com', policy: 'keep' });
  await registry.confirm(id, { image: imageOf('00') });
}

async function bareUpsert(): Promise<void> {
  const { mac, uuid } = names();
  await client.query(UPSERT, [uuid, mac, '0'.repeat(32), 'https://ca', 'Lab', '1.0', 'A', 'Hall']);
}

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
  const writes = {
    'first start, ms': firstStartMs,
    'bare client, upserts/s': await rate(1, bareUpsert),
    'reserve + confirm with journal, boards/s, one at a time': await rate(1, provision),
    'reserve + confirm with journal, boards/s, eight at once': await rate(8, provision),
  };
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
