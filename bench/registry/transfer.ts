// A large file into a registry and out again, and the whole registry to a backup and to another server: at the command
// line, as a user would, with the peak memory of each command.
import { createWriteStream, mkdirSync } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import pg from 'pg';
import type { openRegistry as open } from '../../src/registry/index.js';
import { otherPostgresBin } from '../../test/registry/other-postgres.js';
import { makeTcpPostgres } from '../../test/registry/tcp-postgres.js';
import { toolAvailable, ROOT } from '../../test/support/reference-tools.js';
import { measureProcess } from '../support/measure.js';
import { rate } from './rate.js';

const INSERT = `insert into devices (global_uuid, mac_address, psk_secret, ca_service_url, location, status)
  values ($1, $2, $3, 'https://ca.example.com', $4, 'provisioned')`;
/** Rows between two looks at whether the file keeps up. */
const BLOCK_ROWS = 1000;

interface CommandFigures {
  readonly seconds: number;
  readonly rowsPerSecond: number;
  readonly peakMiB: number;
}

export type TransferFigures = Record<string, CommandFigures | { readonly rowsPerSecond: number }>;

/** @param folder reachable for everybody */
export async function measureTransfer(
  folder: string,
  rows: number,
  openRegistry: typeof open,
): Promise<TransferFigures> {
  const csv = join(folder, 'devices.csv');
  await writeDevicesFile(csv, rows);
  const [home, copy] = [join(folder, 'imported'), join(folder, 'restored')];
  const command = (dataDir: string, ...args: string[]): CommandFigures => {
    const line = [process.execPath, join(ROOT, 'bin/espmint.js'), '--data-dir', dataDir, ...args];
    const { wallMs, peakMiB } = measureProcess(line, folder);
    return { seconds: wallMs / 1000, rowsPerSecond: rows / (wallMs / 1000), peakMiB };
  };
  command(home, 'db', 'migrate');
  command(copy, 'db', 'migrate');
  const backup = join(folder, 'registry.backup');
  const restore = (): CommandFigures => {
    // A backup holds sealed keys: who restores it on another computer brings the master key.
    command(copy, 'keys', 'import', join(home, 'master.key'));
    return command(copy, 'db', 'restore', backup);
  };
  return {
    ...(await measureRowByRow(join(folder, 'row-by-row'), openRegistry)),
    'devices import (CSV, COPY)': command(home, 'devices', 'import', csv),
    'devices import of the same file again': command(home, 'devices', 'import', csv),
    'devices export (CSV)': command(home, 'devices', 'export'),
    'db backup': command(home, 'db', 'backup', backup),
    'db restore': restore(),
    ...(await move(folder, (url) => command(home, 'db', 'move', '--to', url))),
  };
}

async function move(folder: string, run: (url: string) => CommandFigures): Promise<TransferFigures> {
  const binDir = otherPostgresBin();
  if (!toolAvailable('a PostgreSQL server to move to', binDir)) return {};
  mkdirSync(join(folder, 'server'));
  const server = await makeTcpPostgres(binDir, join(folder, 'server'));
  try {
    return { 'db move to a server': run(server.url('postgres')) };
  } finally {
    await server.kill();
  }
}

async function measureRowByRow(dataDir: string, openRegistry: typeof open): Promise<TransferFigures> {
  const registry = await openRegistry({ dataDir });
  const host = join(dataDir, 'postgres/run');
  const client = new pg.Client({ host, user: 'espmint', database: 'espmint' });
  await client.connect();
  let n = 0;
  const insert = (): Promise<unknown> => {
    const { uuid, mac, psk, location } = row((n += 1));
    return client.query(INSERT, [uuid, mac, psk, location]);
  };
  try {
    const committed = await rate(1, insert);
    await client.query('begin');
    const inOne = await rate(1, insert);
    await client.query('commit');
    return {
      'row by row, bare client, each committed': { rowsPerSecond: committed },
      'row by row, bare client, one transaction': { rowsPerSecond: inOne },
    };
  } finally {
    await client.end();
    await registry.close();
  }
}

interface Row {
  readonly mac: string;
  readonly uuid: string;
  readonly psk: string;
  readonly location: string;
}

function row(n: number): Row {
  // Spread over all digits, as those of UUIDs are.
  const spread = (Math.imul(n, 0x9e37_79b1) >>> 0).toString(16).padStart(8, '0');
  const tail = n.toString(16).padStart(8, '0');
  return {
    mac: `c4:cf:${tail.match(/../g)?.join(':') ?? ''}`,
    uuid: `${spread}-fa05-568f-a05a-${spread.slice(4)}${tail}`,
    psk: `${spread}${tail}`.repeat(2),
    location: `Hall ${n % 1000}`,
  };
}

async function writeDevicesFile(path: string, rows: number): Promise<void> {
  const file = createWriteStream(path);
  file.write('mac,uuid,psk,caUrl,location\n');
  for (let from = 1; from <= rows; from += BLOCK_ROWS) {
    const block: string[] = [];
    for (let n = from; n < from + BLOCK_ROWS && n <= rows; n++) {
      const { mac, uuid, psk, location } = row(n);
      block.push(`${mac},${uuid},${psk},https://ca.example.com,${location}\n`);
    }
    if (!file.write(block.join(''))) await once(file, 'drain');
  }
  file.end();
  await finished(file);
}
