// Pushes to a table in another database, and what the outbox itself must hold to.
import { createServer, type AddressInfo } from 'node:net';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ValueRow } from '../../src/core/values/rows.js';
import { backUp, openPushes, restore, Store, type NewPushTarget } from '../../src/registry/index.js';
import { Presence } from '../../src/registry/embedded/presence.js';
import { asForeignProgram, queryAt } from './foreign-program.js';
import {
  newBoard,
  openBench,
  HASTY_PACE,
  PACE,
  provision,
  type PushBench,
  SECRET,
  until,
  whileDelivering,
} from './push-bench.js';
import { isSignedWith, type Receiver, startReceiver } from './push-receivers.js';

let bench: PushBench;
let receiver: Receiver;
beforeAll(async () => {
  bench = await openBench('push-table');
});
afterAll(() => bench.close());
beforeEach(async () => {
  receiver = await startReceiver();
});
afterEach(async () => {
  await bench.removeAll();
  await receiver.close();
});

const addWebhook = (more: Partial<NewPushTarget> = {}) => bench.addWebhook({ url: receiver.url, ...more });

describe('a table in another database', () => {
  const at = (dataDir: string): string =>
    `postgresql://espmint@localhost/espmint?host=${join(dataDir, 'postgres/run')}`;
  const other = (): string => join(bench.folder, 'authority');
  const url = (): string => at(other());
  const STATEMENT = `insert into enrolled (uuid, mac, psk, firmware, at, event) -- whom to trust
    values (:uuid, :mac, :psk, :firmware_version, :provisioned_at, :event)
    on conflict (uuid) do update set psk = excluded.psk, event = excluded.event`;
  let server: Presence;
  beforeAll(async () => {
    mkdirSync(other());
    // Made by initdb itself: of two that were copied for tests, each is the other's standby.
    server = new Presence({ dataDir: other() });
    await server.ensure();
    await authority(`create table enrolled (uuid uuid primary key, mac text not null, psk text, firmware text,
      at timestamptz, event text)`);
  });

  afterAll(() => server.release());

  const authority = (sql: string): Promise<unknown[]> => queryAt(other(), sql);

  const addTable = (more: object = {}) =>
    bench.pushes.add({
      name: 'ca',
      kind: 'sql',
      url: url(),
      statement: STATEMENT,
      sendKeys: true,
      ...more,
    });

  it('gets a row for each device by bound values, and the new key after a rotation', async () => {
    await addTable();
    const board = { ...newBoard(), firmwareVersion: `1'); drop --` };
    const { mac, uuid, psk } = await provision(bench, board);
    expect(await bench.pushes.deliverDue()).toEqual({ delivered: 1, failed: 0 });
    expect(await authority('select * from enrolled')).toEqual([
      { uuid, mac, psk, firmware: board.firmwareVersion, at: expect.any(Date) as Date, event: 'provisioned' },
    ]);
    const rotated = await provision(bench, { ...board, policy: 'rotate' });
    expect(rotated.psk).not.toBe(psk);
    await bench.pushes.deliverDue();
    expect(await authority('select psk, event from enrolled')).toEqual([
      { psk: rotated.psk, event: 'rotated' },
    ]);
  });

  it('is left as it is by a test, which says what is wrong', async () => {
    await addTable();
    await bench.pushes.test('ca');
    expect(await authority(`select * from enrolled where event = 'test'`)).toEqual([]);
    const broken: [object, string, string][] = [
      [
        { name: 'a', statement: 'insert into nowhere values (:uuid)' },
        'PUSH_REFUSED',
        '"nowhere" does not exist [42P01]',
      ],
      [{ name: 'b', url: url().replace('/espmint?', '/none?') }, 'PUSH_UNREACHABLE', 'rejects connection'],
      [{ name: 'c', url: 'postgresql://me:canary@127.0.0.1:1/x' }, 'PUSH_UNREACHABLE', 'ECONNREFUSED'],
      [{ name: 'd', statement: 'select pg_sleep(9), md5(:uuid)' }, 'PUSH_TIMEOUT', 'did not answer'],
      [
        { name: 'e', statement: 'insert into enrolled (uuid, mac) values (:uuid, null)' },
        'PUSH_REFUSED',
        'null value',
      ],
    ];
    for (const [more, code, why] of broken) {
      const { name } = await addTable(more);
      const failure: unknown = await bench.pushes.test(name).catch((error: unknown) => error);
      expect([name, failure]).toMatchObject([
        name,
        { code, message: expect.stringContaining(why) as string },
      ]);
      expect(JSON.stringify(failure) + String(failure)).not.toContain('canary');
    }
  });

  it('gets the columns of a list of values, never secret ones, and NULL for a device without a row', async () => {
    const store = await Store.open(bench.options);
    const lists = store.values();
    await store.close();
    const column = { type: 'string', unique: false, label: false, file: false } as const;
    const columns = [
      { ...column, name: 'sku', secret: false },
      { ...column, name: 'pin', secret: true },
    ];
    async function* rows(): AsyncGenerator<ValueRow> {
      yield await Promise.resolve({ line: 2, values: { sku: "A'1", pin: 'c4nary' } });
    }
    await lists.add('skus', columns, rows, { file: 'skus.csv' });
    const statement =
      'insert into enrolled (uuid, mac, firmware, event) values (:uuid, :mac, {{sku}}, :event)';
    await expect(addTable({ statement })).rejects.toMatchObject({ code: 'PUSH_STATEMENT_INVALID' });
    await expect(addTable({ statement, values: 'none' })).rejects.toMatchObject({
      code: 'VALUE_LIST_UNKNOWN',
    });
    await expect(
      addTable({ statement: statement.replace('sku', 'pin'), values: 'skus' }),
    ).rejects.toMatchObject({
      code: 'PUSH_STATEMENT_INVALID',
      message: expect.stringContaining('{{pin}}') as string,
    });
    expect(await addTable({ statement, values: 'skus' })).toMatchObject({ values: 'skus' });
    await addWebhook({ values: 'skus' });
    await bench.pushes.test('ca');
    const first = await provision(bench);
    const second = await provision(bench);
    await lists.claim({ list: 'skus', match: 'next', mac: first.mac, uuid: first.uuid });
    await lists.close();
    await bench.pushes.deliverDue();
    const got = `select firmware from enrolled where mac in ('${first.mac}', '${second.mac}') order by firmware`;
    expect(await authority(got)).toEqual([{ firmware: "A'1" }, { firmware: null }]);
    const bodies = receiver.received.map(({ body }) => body);
    expect(bodies.filter((body) => body.includes('"values":{"sku":"A\'1"}'))).toHaveLength(1);
    expect(bodies.join()).not.toContain('c4nary');
  });

  it("on the registry's own server is refused before its statement is run, unless it was allowed", async () => {
    await asForeignProgram(bench.home, (client) => client.query('create table enrolled (uuid text)'));
    const target = { url: at(bench.home), statement: 'insert into enrolled values (:uuid)', sendKeys: false };
    await addTable(target);
    await expect(bench.pushes.test('ca')).rejects.toMatchObject({ code: 'PUSH_TO_REGISTRY' });
    await provision(bench);
    expect(await bench.pushes.deliverDue()).toEqual({ delivered: 0, failed: 1 });
    expect(await bench.status('ca')).toMatchObject({
      lastError: { message: expect.stringContaining('--allow-registry') as string },
    });
    expect(await queryAt(bench.home, 'select * from enrolled')).toEqual([]);
    await bench.pushes.remove('ca');
    await addTable({ ...target, allowRegistry: true });
    await expect(bench.pushes.test('ca')).resolves.toBeUndefined();
  });

  it.each([
    [
      'insert into enrolled values (:uuid || pg_read_file(:mac))',
      'permission denied for function pg_read_file',
    ],
    [`select lo_import('/etc/passwd'), md5(:uuid)`, 'permission denied for function lo_import'],
    [`select copies(:uuid, $$copy enrolled from '/etc/passwd'$$)`, 'permission denied to COPY from a file'],
    [`select copies(:uuid, $$copy enrolled to program 'id'$$)`, 'permission denied to COPY to or from'],
    ['select copies(:uuid, $$alter role espmint superuser$$)', 'permission denied to alter role'],
  ])('there has no right to the host: %s', async (statement, why) => {
    await asForeignProgram(bench.home, (client) =>
      client.query(`create table if not exists enrolled (uuid text);
        create or replace function copies(uuid text, statement text) returns void language plpgsql
          as 'begin execute statement; end'`),
    );
    await addTable({ url: at(bench.home), statement, sendKeys: false, allowRegistry: true });
    await expect(bench.pushes.test('ca')).rejects.toMatchObject({
      code: 'PUSH_REFUSED',
      message: expect.stringContaining(why) as string,
    });
  });

  it('that complains by quoting a key leaves no key in the dead letter', async () => {
    await addTable({
      statement: 'insert into enrolled (uuid, mac, at) select :uuid, :mac, now() where :psk::text::boolean',
    });
    const { psk } = await provision(bench);
    await whileDelivering(bench.pushes, () => until(async () => (await bench.status('ca'))?.dead === 1));
    const [dead] = await bench.pushes.dead();
    expect(dead?.message).toContain('invalid input syntax');
    const dump = await queryAt(bench.home, 'select row_to_json(d)::text as row from push_deliveries d');
    expect(JSON.stringify([dead, dump])).not.toContain(psk);
  });

  it('that does not answer at all costs a deadline, no more', async () => {
    const silent = createServer(() => undefined);
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const { port } = silent.address() as AddressInfo;
    await addTable({ url: `postgresql://me:canary@127.0.0.1:${port}/x` });
    await provision(bench);
    const hasty = await openPushes({ ...bench.options, pace: HASTY_PACE });
    expect(await hasty.deliverDue()).toEqual({ delivered: 0, failed: 1 });
    await hasty.close();
    expect((await bench.status('ca'))?.lastError?.message).toContain('did not answer');
    silent.close();
  });

  it.each([
    [{ statement: 'drop table enrolled' }, 'PUSH_STATEMENT_INVALID'],
    [{ sendKeys: false }, 'PUSH_STATEMENT_INVALID'],
    [{ url: 'postgresql://localhost/authority' }, 'PUSH_ADDRESS_INVALID'],
    [{ url: 'https://example.com' }, 'INPUT_INVALID'],
    [{ statement: undefined }, 'INPUT_INVALID'],
    [{ name: 'no spaces' }, 'INPUT_INVALID'],
  ])('is not taken with %o', async (more, code) => {
    await expect(addTable(more)).rejects.toMatchObject({ code });
  });
});

describe('the outbox', () => {
  it('holds no secret in any table, and settings that nobody can forge', async () => {
    await addWebhook({ url: `${receiver.url}?token=canary-of-the-query`, sendKeys: true });
    const { psk } = await provision(bench);
    const rows = await queryAt(bench.home, `select row_to_json(t)::text as t from push_targets t`);
    const text = JSON.stringify([
      rows,
      await queryAt(bench.home, 'select row_to_json(d)::text as d from push_deliveries d'),
    ]);
    for (const secret of [psk, SECRET, 'canary-of-the-query']) expect(text).not.toContain(secret);
    const forged = JSON.stringify({ url: receiver.url, signingSecret: SECRET, sendsKeys: true });
    await queryAt(bench.home, 'update push_targets set settings = $1', [forged]);
    expect(await bench.pushes.deliverDue()).toEqual({ delivered: 0, failed: 1 });
    expect(receiver.received).toHaveLength(0);
    await queryAt(bench.home, `delete from push_targets`);
  });

  it('lets another program delete a device that waits in it', async () => {
    await addWebhook();
    const { uuid } = await provision(bench);
    await queryAt(bench.home, 'delete from devices where global_uuid = $1', [uuid]);
    expect(await bench.pushes.deliverDue()).toEqual({ delivered: 0, failed: 1 });
    const [dead] = await bench.pushes.dead();
    expect(dead).toMatchObject({ uuid, code: 'PUSH_DEVICE_GONE' });
    // As its sentence advises.
    expect(dead?.message).toContain('--discard');
    expect(await bench.pushes.discard([dead?.id ?? ''], { actor: 'test' })).toBe(1);
    expect(await bench.pushes.dead()).toEqual([]);
  });

  it('fails no device whose target is removed at that moment', async () => {
    await addWebhook();
    const removing = new pg.Client({
      host: join(bench.home, 'postgres/run'),
      user: 'espmint',
      database: 'espmint',
    });
    await removing.connect();
    await removing.query('begin; delete from push_targets');
    const provisioned = provision(bench);
    await new Promise((resolve) => setTimeout(resolve, 200));
    await removing.query('commit');
    await removing.end();
    const { mac } = await provisioned;
    expect(await bench.registry.find({ mac })).toMatchObject({ status: 'provisioned' });
    expect(await queryAt(bench.home, 'select id from push_deliveries where mac_key = $1', [mac])).toEqual([]);
  });

  it('forgets what was delivered long ago, and nothing else', async () => {
    await addWebhook();
    await provision(bench);
    await bench.pushes.deliverDue();
    await provision(bench);
    await queryAt(
      bench.home,
      `update push_deliveries set ended_at = now() - interval '31 days' where state = 'delivered'`,
    );
    const tidy = await openPushes({ ...bench.options, pace: { ...PACE, pollMs: 10_000 } });
    await bench.pushes.setPaused('hook', true);
    await whileDelivering(tidy, () =>
      until(async () => (await queryAt(bench.home, 'select state from push_deliveries')).length === 1),
    );
    await tidy.close();
    expect(await bench.status('hook')).toMatchObject({ pending: 1, lastDelivered: undefined });
  });

  it('goes into a backup with its targets, and a restored registry delivers it', async () => {
    await addWebhook();
    await provision(bench);
    const file = join(bench.folder, 'push.backup');
    await backUp({ dataDir: bench.home }, file);
    const copy = join(bench.folder, 'copy');
    const env = { ESPMINT_MASTER_KEY_FILE: join(bench.home, 'master.key') };
    await restore({ dataDir: copy, env }, file);
    const restored = await openPushes({ dataDir: copy, env, pace: PACE });
    expect(await restored.deliverDue()).toMatchObject({ delivered: 1 });
    await restored.close();
    expect(isSignedWith(SECRET, receiver.received[0]!)).toBe(true);
  });
});
