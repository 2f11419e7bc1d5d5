// Devices leave a registry as a file and enter another one, at the command line.
import { execFileSync } from 'node:child_process';
import {
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openRegistry } from '../../src/registry/index.js';
import { type InProcessRun, runInProcess } from '../support/cli-in-process.js';
import { asForeignProgram } from './foreign-program.js';
import { PROOF } from '../support/proof.js';

const folder = mkdtempSync(join(tmpdir(), 'espmint-transfer-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const boards = [1, 2, 3].map((n) => ({
  mac: `a4:cf:12:34:57:0${n}`,
  uuid: `110e3dc9-fa05-568f-a05a-98d00892000${n}`,
  caUrl: 'https://ca.example.com',
  location: `=Hall ${n}, "north"`,
  policy: 'keep' as const,
}));
const keys = new Map<string, string>();
const source = join(folder, 'source');
const target = join(folder, 'target');

const devices = (home: string, ...args: string[]): Promise<InProcessRun> =>
  runInProcess(['--data-dir', home, 'devices', ...args]);

beforeAll(async () => {
  const registry = await openRegistry({ dataDir: source });
  for (const board of boards) {
    const { id, psk } = await registry.reserve(board);
    keys.set(board.mac, psk);
    if (board !== boards[2]) await registry.confirm(id, PROOF);
  }
  await registry.close();
});

it('writes devices without their keys, and only those that the filters let through', async () => {
  const { stdout, code } = await devices(source, 'export', '--status', 'provisioned');
  expect(code).toBe(0);
  expect(stdout.split('\r\n')).toHaveLength(4);
  expect(stdout).toContain(`"'=Hall 1, ""north"""`);
  for (const key of keys.values()) expect(stdout).not.toContain(key);
});

it('writes keys only with a reason, into a file that others cannot read, after the audit trail says so', async () => {
  expect((await devices(source, 'export', '--reveal')).code).toBe(2);
  const out = join(folder, 'all.csv');
  const { code, stderr } = await devices(source, 'export', '--out', out, '--reveal', '--reason', 'new plant');
  expect([code, stderr]).toEqual([0, '']);
  expect(statSync(out).mode & 0o077).toBe(0);
  for (const key of keys.values()) expect(readFileSync(out, 'utf8')).toContain(key);
  expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  const registry = await openRegistry({ dataDir: source });
  const events = await asForeignProgram(source, (client) =>
    client.query(`select detail from events where kind = 'key revealed'`),
  );
  await registry.close();
  expect(events.rows).toEqual(boards.map(() => ({ detail: { reason: 'new plant', by: 'export' } })));
});

it('takes the file into an empty registry, where the keys are revealed as before', async () => {
  const dry = await devices(target, 'import', join(folder, 'all.csv'), '--dry-run');
  expect(dry.stdout).toBe('3 added, 0 changed, 0 unchanged (dry run: nothing was changed)\n');
  expect((await devices(target, 'import', join(folder, 'all.csv'))).stdout).toBe(
    '3 added, 0 changed, 0 unchanged\n',
  );
  const registry = await openRegistry({ dataDir: target });
  for (const { mac } of boards) expect(await registry.reveal(mac, 'test')).toBe(keys.get(mac));
  const pending = await registry.show({ uuid: boards[2]?.uuid ?? '' });
  expect(pending).toMatchObject({
    status: 'pending',
    location: boards[2]?.location,
    keys: [{ state: 'pending' }],
  });
  await registry.close();
  expect((await devices(target, 'export', '--format', 'jsonl')).stdout).toBe(
    (await devices(source, 'export', '--format', 'jsonl')).stdout,
  );
});

it('takes nothing of a file of which one line contradicts the registry', async () => {
  const file = join(folder, 'more.jsonl');
  const line = (mac: string, uuid: string, more = {}): string => JSON.stringify({ mac, uuid, ...more });
  const [one, two] = [boards[0]!, boards[1]!];
  const psk = 'f'.repeat(32);
  writeFileSync(
    file,
    [
      line('a4:cf:12:34:57:09', '110e3dc9-fa05-568f-a05a-98d008920009', { psk }),
      line(one.mac, two.uuid),
      line('a4:cf:12:34:57:0a', '110e3dc9-fa05-568f-a05a-98d00892000a'),
      line(two.mac, '110e3dc9-fa05-568f-a05a-98d00892000b', { psk }),
    ].join('\n'),
  );
  const { code, stderr } = await devices(target, 'import', file);
  expect(code).toBe(2);
  for (const number of [2, 3, 4]) expect(stderr).toContain(`${file}:${number}: `);
  expect(stderr).not.toContain(psk);
  expect((await devices(target, 'show', 'a4:cf:12:34:57:09')).code).not.toBe(0);
});

it('takes nothing of a file that names a device twice, and names all that is wrong with it at once', async () => {
  const file = join(folder, 'twins.csv');
  const psk = 'f'.repeat(32);
  const row = (n: number, uuid: number): string =>
    `a4:cf:12:34:58:0${n},110e3dc9-fa05-568f-a05a-98d00893000${uuid},${psk}`;
  const unreadable = 'nonsense,110e3dc9-fa05-568f-a05a-98d008930009,';
  writeFileSync(file, ['mac,uuid,psk', row(1, 1), unreadable, row(2, 1), row(1, 2), row(3, 3)].join('\n'));
  const { code, stderr } = await devices(target, 'import', file);
  expect(code).toBe(2);
  expect(stderr).toContain(`${file}:3: "nonsense" is not the MAC`);
  expect(stderr).toContain(`${file}:4: the uuid is the same as in line 2`);
  expect(stderr).toContain(`${file}:5: the mac is the same as in line 2`);
  expect((await devices(target, 'show', 'a4:cf:12:34:58:03')).code).not.toBe(0);
});

it('says which columns it leaves out, and takes the rest', async () => {
  const file = join(folder, 'columns.csv');
  const [{ mac, uuid }] = [boards[0]!];
  writeFileSync(file, `mac,uuid,serial,lot,Bemerkung\n${mac},${uuid},S-1,,x\n`);
  const { code, stdout, stderr } = await devices(target, 'import', file);
  expect([code, stdout]).toEqual([0, '0 added, 0 changed, 1 unchanged\n']);
  expect(stderr).toContain('serial is left out: it is of the unit in its batch');
  expect(stderr).toContain('nobody knows the column "Bemerkung"');
  expect(stderr).not.toContain('lot');
});

it('changes what is there only with --overwrite, and keeps the key that was replaced', async () => {
  const file = join(folder, 'changed.json');
  const [{ mac, uuid }] = [boards[0]!];
  const psk = 'e'.repeat(32);
  writeFileSync(file, JSON.stringify([{ mac, uuid, psk, location: 'Depot' }]));
  const refused = await devices(target, 'import', file);
  expect(refused.code).toBe(2);
  expect(refused.stderr).toContain('another location, psk (--overwrite changes it)');
  expect((await devices(target, 'import', file, '--overwrite')).stdout).toBe(
    '0 added, 1 changed, 0 unchanged\n',
  );
  expect((await devices(target, 'import', file)).stdout).toBe('0 added, 0 changed, 1 unchanged\n');
  const registry = await openRegistry({ dataDir: target });
  expect(await registry.reveal(mac, 'test')).toBe(psk);
  const { keys: history, location } = await registry.show({ mac });
  expect([location, history.map(({ state }) => state)]).toEqual(['Depot', ['current', 'superseded']]);
  await registry.close();
});

it('goes through a link and into a pipe, and leaves both what they are', async () => {
  const db = (...args: string[]): Promise<InProcessRun> =>
    runInProcess(['--data-dir', source, 'db', ...args]);
  const real = join(folder, 'real.gz');
  const link = join(folder, 'link.gz');
  symlinkSync(real, link);
  expect((await db('backup', link)).code).toBe(0);
  expect(lstatSync(link).isSymbolicLink()).toBe(true);
  expect(statSync(real).mode & 0o077).toBe(0);
  const pipe = join(folder, 'pipe');
  execFileSync('mkfifo', [pipe]);
  const [piped, run] = await Promise.all([readFile(pipe), db('backup', pipe)]);
  expect(run.code).toBe(0);
  expect(lstatSync(pipe).isFIFO()).toBe(true);
  const text = gunzipSync(piped).toString();
  for (const { mac } of boards) expect(text).toContain(mac);
  // A name that somebody else has laid out beforehand is not used.
  writeFileSync(join(folder, 'next.gz.part'), 'theirs');
  expect((await db('backup', join(folder, 'next.gz'))).code).toBe(0);
  expect(readFileSync(join(folder, 'next.gz.part'), 'utf8')).toBe('theirs');
});
