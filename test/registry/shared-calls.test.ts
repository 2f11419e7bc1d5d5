// Calls that share a transaction: to each it is as if it were alone.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseListEntry } from '../../src/core/list-entry.js';
import { administer, openRegistry, type Registry, type ReserveRequest } from '../../src/registry/index.js';
import { asForeignProgram } from './foreign-program.js';
import { PROOF } from '../support/proof.js';

const dataDir = mkdtempSync(join(tmpdir(), 'espmint-shared-'));
let registry: Registry;
beforeAll(async () => {
  registry = await openRegistry({ dataDir });
}, 60_000);
afterAll(async () => {
  await registry.close();
  rmSync(dataDir, { recursive: true, force: true });
});

const BOARDS = 12;
let made = 0;

function newBoards(): ReserveRequest[] {
  return Array.from({ length: BOARDS }, () => {
    const tail = (made++).toString(16).padStart(4, '0');
    return {
      mac: `a4:cf:12:77:${tail.slice(0, 2)}:${tail.slice(2)}`,
      uuid: `110e3dc9-fa05-568f-a05a-98d00000${tail}`,
      caUrl: 'https://ca.example.com',
      policy: 'keep',
    };
  });
}

describe('boards that come at once', () => {
  it('get a key each, and each its own proof', async () => {
    const boards = newBoards();
    const reservations = await Promise.all(boards.map((board) => registry.reserve(board)));
    expect(reservations.map(({ mac, known }) => ({ mac, known }))).toEqual(
      boards.map(({ mac }) => ({ mac, known: 'new' })),
    );
    expect(new Set(reservations.map(({ psk }) => psk)).size).toBe(BOARDS);
    const proven = await Promise.all(reservations.map(({ id }) => registry.confirm(id, PROOF)));
    expect(proven.map(({ mac, status }) => ({ mac, status }))).toEqual(
      boards.map(({ mac }) => ({ mac, status: 'provisioned' })),
    );
    for (const { mac, psk } of reservations) expect(await registry.reveal(mac, 'test')).toBe(psk);
  });

  it('are not held up by one that is refused, and it alone hears why', async () => {
    const boards = newBoards();
    const denied = boards[7]?.mac ?? '';
    await administer({ dataDir }, (admin) =>
      admin.addToList('deny', [parseListEntry(denied)], { reason: 'stolen' }),
    );
    const ends = await Promise.allSettled(boards.map((board) => registry.reserve(board)));
    expect(ends.flatMap((end, index) => (end.status === 'rejected' ? [index] : []))).toEqual([7]);
    expect(ends[7]).toMatchObject({ reason: { code: 'DEVICE_DENIED' } });
  });

  it('are not held up by one whose row another program has locked', async () => {
    const boards = newBoards();
    const locked = boards[0] as ReserveRequest;
    await registry.reserve(locked);
    await asForeignProgram(dataDir, async (client) => {
      await client.query('begin');
      await client.query('select from devices where global_uuid = $1 for update', [locked.uuid]);
      let isFree = false;
      const waiting = registry.reserve(locked).then(() => isFree);
      await Promise.all(boards.slice(1).map((board) => registry.reserve(board)));
      isFree = true;
      await client.query('commit');
      expect(await waiting).toBe(true);
    });
  });

  it('wait for a moment only where one before them has to wait for long', async () => {
    const [locked, ...boards] = newBoards();
    const reservation = await registry.reserve(locked as ReserveRequest);
    const others = await Promise.all(boards.map((board) => registry.reserve(board)));
    await asForeignProgram(dataDir, async (client) => {
      await client.query('begin');
      await client.query('select from devices where global_uuid = $1 for update', [locked?.uuid]);
      let isFree = false;
      const waiting = registry.confirm(reservation.id, PROOF).then(() => isFree);
      await Promise.all(others.map(({ id }) => registry.confirm(id, PROOF)));
      isFree = true;
      await client.query('commit');
      expect(await waiting).toBe(true);
    });
  });

  it('are one device with one key where they are one and the same', async () => {
    const [board] = newBoards();
    const twice = [board, ...newBoards(), board, board] as ReserveRequest[];
    const reservations = await Promise.all(twice.map((request) => registry.reserve(request)));
    const own = reservations.filter(({ mac }) => mac === board?.mac);
    expect(new Set(own.map(({ psk }) => psk)).size).toBe(1);
    // Each is an attempt of its own; the last proof says which of them is the device.
    await Promise.all(own.map(({ id }) => registry.confirm(id, PROOF)));
    const { keys, attempts } = await registry.show({ mac: board?.mac ?? '' });
    expect(keys).toMatchObject([{ state: 'current' }]);
    expect(attempts.map(({ outcome }) => outcome)).toEqual(['passed', 'passed', 'passed']);
  });

  it('may fail and pass afterwards, and their port counts each attempt once', async () => {
    const facts = { station: 'shared', port: '/dev/ttyUSB0' };
    const boards = newBoards().map((board) => ({ ...board, facts }));
    const reservations = await Promise.all(boards.map((board) => registry.reserve(board)));
    await Promise.all(reservations.map(({ id }) => registry.fail(id, { code: 'LINK_TIMEOUT' })));
    await Promise.all(reservations.map(({ id }) => registry.confirm(id, PROOF)));
    await Promise.all(reservations.map(({ id }) => registry.fail(id, { code: 'LINK_TIMEOUT' })));
    const unknown = registry.fail('00000000-0000-4000-8000-000000000000', { code: 'LINK_TIMEOUT' });
    await expect(unknown).rejects.toMatchObject({ code: 'RESERVATION_UNKNOWN' });
    const rows = await asForeignProgram(dataDir, (client) =>
      client.query(`select attempts::int, passes::int from ports where station = 'shared'`),
    );
    expect(rows.rows).toEqual([{ attempts: BOARDS, passes: BOARDS }]);
  });
});
