// What a database makes of attempts beside the contract: counts of ports, contents of profiles, the audit trail, and
// the facts of attempts that it heard of late.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  openProduction,
  openRegistry,
  type AttemptFacts,
  type Registry,
  type RegistryOptions,
} from '../../src/registry/index.js';
import { runInProcess } from '../support/cli-in-process.js';
import { cuttable } from '../support/cuttable.js';
import { queryAt } from './foreign-program.js';
import { PROOF } from '../support/proof.js';

const folder = mkdtempSync(join(tmpdir(), 'espmint-attempts-'));
const FACTS: AttemptFacts = {
  station: 'line 1',
  slot: 3,
  port: '/dev/ttyUSB0',
  operator: 'anna',
  toolVersion: '1.2.3',
  batch: 'WO-7',
  profile: { name: 'sensor', version: 2, sha256: 'cd'.repeat(32) },
  chip: { kind: 'esp32', description: 'ESP32-D0WD-V3', revision: 'v3.1', flashSizeBytes: 4_194_304 },
};

let boards = 0;
function newBoard(facts: AttemptFacts = FACTS) {
  const tail = (boards += 1).toString(16).padStart(4, '0');
  return {
    mac: `a4:cf:12:36:${tail.slice(0, 2)}:${tail.slice(2)}`,
    uuid: `110e3dc9-fa05-568f-a05a-98d00002${tail}`,
    caUrl: 'https://ca.example.com',
    policy: 'keep' as const,
    facts,
  };
}

let registry: Registry;
let way: Awaited<ReturnType<typeof cuttable>>;
/** The same registry by an address that it was reached by before, and that leads nowhere now. */
let away: RegistryOptions;
beforeAll(async () => {
  registry = await openRegistry({ dataDir: folder });
  const [socket = ''] = readdirSync(join(folder, 'postgres/run')).filter((name) =>
    /^\.s\.PGSQL\.\d+$/.test(name),
  );
  way = await cuttable(join(folder, 'postgres/run', socket));
  away = {
    dataDir: folder,
    databaseUrl: `postgresql://espmint@127.0.0.1:${way.port}/espmint`,
    timeoutMs: 300,
  };
  await (await openRegistry({ ...away, timeoutMs: 10_000 })).close();
  way.cut();
});
afterAll(async () => {
  way.close();
  await registry.close();
  rmSync(folder, { recursive: true, force: true });
});

it('counts attempts and passes for each port, and keeps the rate that its link bore last', async () => {
  const at = (port: string): AttemptFacts => ({ station: 'bench', port });
  const good = await registry.reserve(newBoard(at('/dev/ttyUSB1')));
  await registry.confirm(good.id, { ...PROOF, baud: 921_600 });
  await registry.confirm(good.id, { ...PROOF, baud: 921_600 });
  const late = await registry.reserve(newBoard(at('/dev/ttyUSB1')));
  await registry.fail(late.id, { code: 'LINK_TIMEOUT', baud: 115_200 });
  await registry.fail(late.id, { code: 'LINK_TIMEOUT' });
  await registry.confirm(late.id, PROOF);
  const bad = await registry.reserve(newBoard(at('/dev/ttyUSB2')));
  await registry.fail(bad.id, { code: 'LINK_TIMEOUT' });
  await registry.reserve(newBoard(at('/dev/ttyUSB2')));
  const production = await openProduction({ dataDir: folder });
  const ports = await production.ports('bench');
  await production.close();
  expect(ports).toMatchObject([
    { port: '/dev/ttyUSB1', attempts: 2, passes: 2, baud: 115_200 },
    { port: '/dev/ttyUSB2', attempts: 1, passes: 0, baud: undefined },
  ]);
  const table = await runInProcess(['--data-dir', folder, 'station', 'ports', '--name', 'bench']);
  expect(table.stdout.replaceAll(/ +/g, ' ')).toContain('\nbench /dev/ttyUSB1 2 2 (100 %) 115200 ');
});

it('keeps each content of a profile once, also where many boards are the first to bring it', async () => {
  const profile = { name: 'valve', version: 1, sha256: 'ef'.repeat(32) };
  await Promise.all(Array.from({ length: 8 }, () => registry.reserve(newBoard({ profile }))));
  await registry.reserve(newBoard({ profile: { ...profile, sha256: '01'.repeat(32) } }));
  const rows = await queryAt(
    folder,
    `select sha256, version from profiles where name = 'valve' order by sha256`,
  );
  expect(rows).toEqual([
    { sha256: '01'.repeat(32), version: 1 },
    { sha256: profile.sha256, version: 1 },
  ]);
});

it('writes a rotation to the audit trail in the name of the operator, and only a rotation', async () => {
  const board = newBoard();
  const events = () =>
    queryAt(folder, `select kind, actor, detail from events where global_uuid = $1 order by id`, [
      board.uuid,
    ]);
  const first = await registry.reserve(board);
  await registry.confirm(first.id, PROOF);
  const kept = await registry.reserve(board);
  await registry.confirm(kept.id, PROOF);
  expect(await events()).toEqual([]);
  const rotated = await registry.reserve({ ...board, policy: 'rotate' });
  await registry.confirm(rotated.id, PROOF);
  await registry.confirm(rotated.id, PROOF);
  const [current, replaced] = (await registry.show({ mac: board.mac })).keys.map(({ id }) => id);
  expect(await events()).toEqual([
    { kind: 'key rotated', actor: 'anna', detail: { attempt: rotated.id, key: current, replaced } },
  ]);
});

it('writes who revealed a key apart from the reason', async () => {
  const board = newBoard();
  await registry.reserve(board);
  await registry.reveal(board.mac, 'came back from the field', { actor: 'lan' });
  const rows = await queryAt(folder, `select actor, detail from events where global_uuid = $1`, [board.uuid]);
  expect(rows).toEqual([{ actor: 'lan', detail: { reason: 'came back from the field' } }]);
});

it('tells all facts of attempts that were made while it was away, at the times when they were', async () => {
  const offline = await openRegistry(away);
  const [passed, failed] = [newBoard(), newBoard()];
  const good = await offline.reserve(passed);
  await offline.confirm(good.id, { ...PROOF, stagesMs: { write: 2400 }, baud: 460_800 });
  const bad = await offline.reserve(failed);
  await offline.fail(bad.id, { code: 'LINK_TIMEOUT', stage: 'write', stagesMs: { connect: 7 } });
  const ended = Date.now();
  await offline.close();
  await new Promise((resolve) => setTimeout(resolve, 300));
  const back = await openRegistry({ dataDir: folder });
  const history = await back.show({ mac: passed.mac });
  expect(history.attempts).toMatchObject([
    { ...FACTS, outcome: 'passed', stagesMs: { write: 2400 }, baud: 460_800 },
  ]);
  expect(Date.parse(history.attempts[0]?.endedAt ?? '')).toBeLessThanOrEqual(ended);
  expect(Date.parse(history.provisionedAt ?? '')).toBeLessThanOrEqual(ended);
  const other = await back.show({ mac: failed.mac });
  expect(other.attempts).toMatchObject([
    { ...FACTS, outcome: 'failed', stage: 'write', stagesMs: { connect: 7 } },
  ]);
  await back.close();
});

it('lists at the command line by batch, station and time, and shows the history of a device', async () => {
  const board = newBoard({ ...FACTS, batch: 'WO-11' });
  const { id } = await registry.reserve(board);
  await registry.confirm(id, { ...PROOF, stagesMs: { connect: 800, write: 2400 }, baud: 460_800 });
  const devices = (...args: string[]) => runInProcess(['--data-dir', folder, 'devices', ...args]);
  for (const filter of [
    ['--batch', 'WO-11'],
    ['--batch', 'WO-11', '--station', 'line 1', '--since', '2020-01-01', '--until', '2100-01-01'],
  ]) {
    expect((await devices('list', ...filter)).stdout.split('\n').slice(1, -1)).toEqual([
      expect.stringContaining(board.mac),
    ]);
    expect((await devices('export', ...filter)).stdout.split('\r\n')).toHaveLength(3);
  }
  expect((await devices('list', '--batch', 'WO-11', '--until', '2020-01-01')).stdout).toBe('');
  // A slip in a name is no empty answer.
  const unknown = { code: 2, stderr: expect.stringContaining('WO-12') as string };
  expect(await devices('list', '--batch', 'WO-12')).toMatchObject(unknown);
  expect(await devices('export', '--batch', 'WO-12')).toMatchObject({ ...unknown, stdout: '' });
  for (const command of [
    ['devices', 'list', '--station'],
    ['stats', '--station'],
    ['station', 'ports', '--name'],
  ]) {
    expect(await runInProcess(['--data-dir', folder, ...command, 'line 9'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('line 9') as string,
    });
  }
  const figures = await runInProcess(['--data-dir', folder, 'stats']);
  expect(figures).toMatchObject({
    code: 0,
    stderr: expect.stringContaining('espmint devices list') as string,
  });
  expect(await devices('list', '--since', 'someday')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('--since') as string,
  });
  const shown = (await devices('show', board.mac)).stdout;
  expect(shown).toContain(`
             line 1 slot 3 /dev/ttyUSB0, by anna, batch WO-11
             ESP32-D0WD-V3 v3.1 4 MB, 460800 baud, profile sensor version 2, espmint 1.2.3
             3.20 s: connect 800, write 2400 ms
`);
});
