// Allow and deny lists, from the command line and over HTTP to the reservation; and the audit trail that both leave.
import { mkdtempSync, rmSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parseListEntry } from '../../src/core/list-entry.js';
import { checkLists } from '../../src/registry/admission/rules.js';
import type { ListName } from '../../src/core/states.js';
import { type Administration, type Registry, Store } from '../../src/registry/index.js';
import { createApp } from '../../src/service/app.js';
import { createBench } from '../support/service-bench.js';
import { runInProcess } from '../support/cli-in-process.js';

const folder = mkdtempSync(join(tmpdir(), 'espmint-lists-'));
let registry: Registry;
let administration: Administration;
beforeAll(async () => {
  const store = await Store.open({ dataDir: folder });
  registry = await store.registry();
  administration = store.administration();
  await store.close();
});
afterAll(async () => {
  await administration.close();
  await registry.close();
  rmSync(folder, { recursive: true, force: true });
});

const lists = (...args: string[]) => runInProcess(['--data-dir', folder, 'lists', ...args]);
const uuidOf = (n: number): string => `110e3dc9-fa05-568f-a05a-98d00894000${n}`;

/** The code of the refusal, or `welcome`. */
async function tryBoard(n: number): Promise<string> {
  const board = {
    mac: `a4:cf:12:34:59:0${n}`,
    uuid: uuidOf(n),
    caUrl: 'https://ca.example.com',
    policy: 'keep',
  } as const;
  return registry.reserve(board).then(
    () => 'welcome',
    (error: unknown) => (error as { code: string }).code,
  );
}

it('lets every board in while the lists are empty', async () => {
  expect(await tryBoard(1)).toBe('welcome');
});

it('keeps denied boards out, by MAC, UUID and range, and says why', async () => {
  const added = await lists(
    'add',
    'deny',
    'A4CF12345902',
    uuidOf(3),
    'a4:cf:12:34:59:05..a4:cf:12:34:59:06',
    '--reason',
    'stolen',
  );
  expect(added.stdout).toBe('3 added, 0 were there already\n');
  expect(await Promise.all([2, 3, 4, 5, 6, 7].map(tryBoard))).toEqual([
    'DEVICE_DENIED',
    'DEVICE_DENIED',
    'welcome',
    'DEVICE_DENIED',
    'DEVICE_DENIED',
    'welcome',
  ]);
  const board = { mac: 'a4:cf:12:34:59:05', uuid: uuidOf(5), caUrl: '', policy: 'keep' } as const;
  await expect(registry.reserve(board)).rejects.toThrow('a4:cf:12:34:59:05..a4:cf:12:34:59:06: stolen');
  expect(await registry.find({ mac: board.mac })).toBeUndefined();
});

it('lets in what is allowed only, once anything is, and still not what is denied', async () => {
  expect((await lists('add', 'allow', 'a4:cf:12:34:59:00..a4:cf:12:34:59:02')).code).toBe(0);
  expect((await lists('add', 'allow', 'a4:cf:12:34:59:00..a4:cf:12:34:59:02')).stdout).toContain(
    '1 were there',
  );
  expect(await Promise.all([1, 2, 8].map(tryBoard))).toEqual([
    'welcome',
    'DEVICE_DENIED',
    'DEVICE_NOT_ALLOWED',
  ]);
});

it('judges a new board in one statement as the rule for lists does, whatever stands in them', async () => {
  const entries = ['allow', 'deny'].flatMap((list) =>
    [[10], [11], [12, 14], [13, 17]].map((ends, n) => ({
      list: list as ListName,
      ends: ends.map((end) => end + n * Number(list === 'deny')),
    })),
  );
  const macOf = (n: number): string => `a4:cf:12:34:60:${n}`;
  const textOf = (ends: readonly number[]): string => ends.map(macOf).join('..');
  for (const { list, ends } of entries)
    await administration.addToList(list, [parseListEntry(textOf(ends))], { reason: 'x' });
  const codeOf = (error: unknown) => (error as { code: string }).code;
  for (let n = 10; n < 24; n++) {
    const board = { mac: macOf(n), uuid: `110e3dc9-fa05-568f-a05a-98d0089500${n}` };
    const own = entries.filter(({ ends }) => n >= (ends[0] ?? 0) && n <= (ends.at(-1) ?? 0));
    const matches = own.map(({ list, ends }) => ({ list, entry: textOf(ends), reason: 'x' }));
    const code = await Promise.resolve()
      .then(() => checkLists(board, matches, true))
      .then(() => 'welcome', codeOf);
    const answer = registry.reserve({ ...board, caUrl: 'https://ca.example.com', policy: 'keep' });
    expect([n, await answer.then(() => 'welcome', codeOf)]).toEqual([n, code]);
  }
  for (const { list, ends } of entries)
    await administration.removeFromList(list, parseListEntry(textOf(ends)), { reason: 'x\0\ud800' });
  const { entries: trail } = await administration.audit({ kind: 'list entry removed', limit: 1 });
  expect(trail).toMatchObject([{ detail: { reason: 'x' } }]);
});

it('shows its entries, and forgets those that are removed', async () => {
  // A head, an entry a line, and the end of the last line.
  expect((await lists('show')).stdout.split('\n')).toHaveLength(6);
  expect((await lists('remove', 'allow', 'a4:cf:12:34:59:00..a4:cf:12:34:59:02')).code).toBe(0);
  expect((await lists('remove', 'allow', 'a4:cf:12:34:59:00')).code).toBe(2);
  expect(await tryBoard(8)).toBe('welcome');
  expect((await lists('show', '--json')).stdout).not.toContain('"allow"');
});

it('are changed over HTTP, with who asked, from where and why, and so is a device that is removed', async () => {
  const bench = await createBench();
  const parts = { ...bench.parts, registry, administration };
  const app = await createApp(parts, { version: '1.2.3', dataDir: bench.dataDir });
  const call = async (url: string, payload?: object) => {
    const request = {
      method: payload === undefined ? ('GET' as const) : ('POST' as const),
      url: `/api/v1${url}`,
    };
    const answer = await app.inject({ ...request, ...(payload === undefined ? {} : { payload }) });
    const json = String(answer.headers['content-type']).includes('json');
    return { status: answer.statusCode, body: json ? answer.json<Record<string, unknown>>() : answer.body };
  };
  try {
    const entries = `${uuidOf(7)}\na4cf12345908,a note\n${uuidOf(7)}`;
    const put = await call('/lists/deny', { entries, reason: 'stolen' });
    expect(put).toEqual({ status: 200, body: { added: 2, known: 1 } });
    expect(await tryBoard(7)).toBe('DEVICE_DENIED');
    const wrong = await call('/lists/deny', {
      entries: 'a4cf12345909\nxyz',
      reason: 'stolen',
      file: 'a.csv',
    });
    expect(wrong).toMatchObject({ status: 400, body: { code: 'IDENTIFIERS_INVALID' } });
    expect(await tryBoard(9)).toBe('welcome');
    const gone = await call('/lists/deny/remove', { entry: uuidOf(7), reason: 'found again' });
    expect(gone.status).toBe(200);
    expect(await tryBoard(7)).toBe('welcome');
    expect((await call('/devices/a4:cf:12:34:59:09/remove', { reason: 'scrapped' })).body).toMatchObject({
      status: 'removed',
    });
    const listed = await call('/devices');
    expect(JSON.stringify(listed.body)).not.toContain('a4:cf:12:34:59:09');
    expect((await call('/devices/a4:cf:12:34:59:99/remove', { reason: 'scrapped' })).status).toBe(404);
    const trail = await call('/audit?limit=3');
    const by = { actor: 'local', origin: `127.0.0.1 by way of ${hostname()}` };
    expect(trail.body).toMatchObject({
      entries: [
        { kind: 'device removed', mac: 'a4:cf:12:34:59:09', detail: { reason: 'scrapped' }, ...by },
        { kind: 'list entry removed', detail: { entry: uuidOf(7), reason: 'found again' }, ...by },
        { kind: 'list entry added', ...by },
      ],
    });
    const { next } = trail.body as { next: string };
    const added = await call(
      `/audit?kind=list%20entry%20added&actor=local&since=today&limit=1&after=${next}`,
    );
    expect(added.body).toMatchObject({ entries: [{ kind: 'list entry added', detail: { list: 'deny' } }] });
    expect((await call('/audit?until=2001-01-01')).body).toEqual({ entries: [] });
    expect((await call('/audit?device=a4:cf:12:34:59:99')).status).toBe(404);
    const csv = await call('/audit/export?device=a4:cf:12:34:59:09');
    expect((csv.body as string).split('\r\n')[1]).toMatch(/,device removed,local,.*scrapped/);
  } finally {
    await app.close();
    await bench.dispose();
  }
});
