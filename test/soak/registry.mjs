// Kill campaign: virtual boards are provisioned over and over, espmint and its database are killed at random moments.
// In the end every key that any board's flash holds must be in the registry as current or pending, and on one board
// only. The flash is read here, not by espmint.
//   npm run soak -- registry [--boards 4] [--rounds 25]
import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { openRegistry } from '../../dist/registry/index.js';
import { openDataKeys } from '../../dist/registry/postgres/data-keys.js';
import { loadMasterKeys, masterKeySource } from '../../dist/registry/secrets/master-key.js';
import { sealedBox } from '../../dist/registry/secrets/secret-box.js';

const { values } = parseArgs({ options: { boards: { type: 'string' }, rounds: { type: 'string' } } });
const BOARDS = Number(values.boards ?? 4);
const ROUNDS = Number(values.rounds ?? 25);
const KILL_SHARE = 0.6;
const KILL_WITHIN_MS = 6000;
const DATABASE_KILL_EVERY_MS = 8000;
/** The default region of the image. */
const [NVS_OFFSET, NVS_BYTES] = [0x9000, 0x10000];

const CLI = fileURLToPath(new URL('../../bin/espmint.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'espmint-soak-'));
// The server of root runs as another user, who must get through.
chmodSync(folder, 0o755);
const dataDir = join(folder, 'data');
const counts = { passed: 0, failed: 0, killed: 0, databaseKills: 0 };
const failures = new Map();

async function startBoard(index) {
  const mac = `a4:cf:12:34:57:${index.toString(16).padStart(2, '0')}`;
  const flash = join(folder, `flash-${index}.bin`);
  const args = [CLI, 'virtual', '--chip', 'esp32', '--mac', mac, '--listen', 'rfc2217://127.0.0.1:0'];
  const process_ = spawn(process.execPath, [...args, '--json', '--flash', flash], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const line = await new Promise((resolve) => process_.stdout.once('data', resolve));
  return { mac, flash, url: JSON.parse(line.toString()).url, process: process_ };
}

async function provision(board) {
  const known = Math.random() < 0.5 ? 'keep' : 'rotate';
  const args = ['--port', board.url, '--ca-url', 'https://ca.example.com', '--known', known];
  const child = spawn(process.execPath, [CLI, 'provision', ...args, '--json', '--data-dir', dataDir]);
  let said = '';
  child.stdout.on('data', (chunk) => (said += chunk));
  const willKill = Math.random() < KILL_SHARE;
  const timer = willKill
    ? setTimeout(() => child.kill('SIGKILL'), Math.random() * KILL_WITHIN_MS)
    : undefined;
  await new Promise((resolve) => child.once('close', resolve));
  clearTimeout(timer);
  if (child.signalCode === 'SIGKILL') return void (counts.killed += 1);
  if (child.exitCode === 0) return void (counts.passed += 1);
  counts.failed += 1;
  const code = /"ok":false.*?"code":"(\w+)"/.exec(said)?.[1] ?? `exit ${child.exitCode}`;
  failures.set(code, (failures.get(code) ?? 0) + 1);
}

async function killDatabases(signal) {
  while (!signal.aborted) {
    await sleep(Math.random() * 2 * DATABASE_KILL_EVERY_MS);
    try {
      const pid = Number(
        readFileSync(join(dataDir, 'postgres/cluster/postmaster.pid'), 'utf8').split('\n')[0],
      );
      if (pid > 1) process.kill(pid, 'SIGKILL');
      counts.databaseKills += 1;
    } catch {
      continue; // It is down already.
    }
  }
}

/** Keys in the NVS region: strings of 32 hex digits with their final zero. */
function keysIn(flash) {
  const region = readFileSync(flash)
    .subarray(NVS_OFFSET, NVS_OFFSET + NVS_BYTES)
    .toString('latin1');
  return [...region.matchAll(/(?<![0-9a-f])([0-9a-f]{32})\0/g)].map(([, key]) => key);
}

async function keysInRegistry() {
  const registry = await openRegistry({ dataDir });
  const client = new pg.Client({ host: join(dataDir, 'postgres/run'), user: 'espmint', database: 'espmint' });
  await client.connect();
  try {
    const box = sealedBox(
      await openDataKeys(client, await loadMasterKeys(masterKeySource(dataDir, process.env))),
    );
    const { rows } = await client.query(
      `select global_uuid as uuid, mac_key as "macKey", psk_secret, state from device_keys`,
    );
    const status = await registry.status();
    return { status, keys: rows.map((row) => ({ ...row, psk: box.open(row.psk_secret, row) })) };
  } finally {
    await client.end();
    await registry.close();
  }
}

const boards = await Promise.all(Array.from({ length: BOARDS }, (_, index) => startBoard(index)));
const stop = new AbortController();
const killer = killDatabases(stop.signal);
await Promise.all(
  boards.map(async (board) => {
    for (let round = 0; round < ROUNDS; round++) await provision(board);
  }),
);
stop.abort();
await killer;
for (const board of boards) {
  board.process.stdin.end();
  await new Promise((resolve) => board.process.once('close', resolve));
}
const { keys, status } = await keysInRegistry();
const wrong = [];
const seen = new Map();
let found = 0;
for (const { mac, flash } of boards) {
  for (const psk of keysIn(flash)) {
    found += 1;
    const match = keys.find((key) => key.psk === psk && key.macKey === mac.replaceAll(':', ''));
    if (match === undefined) wrong.push(`${mac}: a key in its flash is not in the registry`);
    else if (match.state === 'superseded') wrong.push(`${mac}: the key in its flash is superseded`);
    if (seen.has(psk) && seen.get(psk) !== mac) wrong.push(`${mac} and ${seen.get(psk)} hold the same key`);
    seen.set(psk, mac);
  }
}
console.log({
  ...counts,
  failures: Object.fromEntries(failures),
  keysInFlash: found,
  keysInRegistry: keys.length,
  status,
});
if (found === 0) wrong.push('no flash holds a key: the campaign has shown nothing');
console.log(wrong.length === 0 ? 'soak: no key lost' : `soak: FAILED\n${wrong.join('\n')}`);
if (wrong.length === 0) rmSync(folder, { recursive: true, force: true });
process.exit(wrong.length === 0 ? 0 : 1);
