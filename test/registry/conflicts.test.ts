// Boards that contradict the registry: written down once, decided by a person, and no key lost on the way.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Conflict } from '../../src/core/conflict.js';
import { isEspmintError } from '../../src/core/errors/index.js';
import { openRegistry, type Registry, type RegistryOptions } from '../../src/registry/index.js';
import { findContradiction } from '../../src/registry/conflicts/detect.js';
import { runInProcess } from '../support/cli-in-process.js';
import { toolAvailable } from '../support/reference-tools.js';
import { asForeignProgram } from './foreign-program.js';
import { otherPostgresBin } from './other-postgres.js';
import { PROOF } from '../support/proof.js';

const CHIP = '11'.repeat(16);
const OTHER_CHIP = '22'.repeat(16);

let boards = 0;
function newBoard() {
  boards += 1;
  const tail = boards.toString(16).padStart(2, '0');
  return {
    mac: `a4:cf:12:34:5a:${tail}`,
    uuid: `110e3dc9-fa05-568f-a05a-98d0089a00${tail}`,
    hardwareId: CHIP.slice(2) + tail,
    caUrl: 'https://ca.example.com',
    location: 'Hall 3',
    policy: 'keep',
  } as const;
}

const homes: [string, string | undefined][] = [['the embedded PostgreSQL', undefined]];
const binDir = otherPostgresBin();
if (toolAvailable('a PostgreSQL of another major version', binDir)) homes.push([`that of ${binDir}`, binDir]);

describe.each(homes)('a conflict in %s', (_home, bin) => {
  const folder = mkdtempSync(join(tmpdir(), 'espmint-conflicts-'));
  const options: RegistryOptions = { dataDir: folder, binDir: bin };
  let registry: Registry;
  beforeAll(async () => {
    registry = await openRegistry(options);
  });
  afterAll(async () => {
    await registry.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function provision(board: Parameters<Registry['reserve']>[0]): Promise<string> {
    const { id, psk } = await registry.reserve(board);
    await registry.confirm(id, PROOF);
    return psk;
  }

  /** The conflict that the board is stopped with. */
  async function refused(
    board: Parameters<Registry['reserve']>[0],
    by = registry,
  ): Promise<Conflict & { id: number }> {
    const error: unknown = await by.reserve(board).catch((thrown: unknown) => thrown);
    if (!isEspmintError(error) || !('conflict' in error.details)) throw error;
    const { conflict } = error.details;
    const { id = 0, ...rest } = conflict as Conflict;
    return { ...rest, id };
  }

  const keysOf = async (device: { mac: string }): Promise<string[]> =>
    (await registry.show(device)).keys.map(({ state }) => state);

  const eventsOf = (mac: string): Promise<{ kind: string; actor: string; detail: object }[]> =>
    asForeignProgram(folder, async (client) => {
      const { rows } = await client.query<{ kind: string; actor: string; detail: object }>(
        'select kind, actor, detail from events where mac_key = $1 order by id',
        [mac.replaceAll(':', '')],
      );
      return rows;
    });

  it('is one record however often the board comes, with who, where and what, and no secret', async () => {
    const board = newBoard();
    const psk = await provision(board);
    const facts = { station: 'line-1', slot: 2, operator: 'mai', batch: 'B7' };
    const clone = { ...board, hardwareId: OTHER_CHIP, facts };
    const first = await refused(clone);
    const second = await refused(clone);
    expect(second.id).toBe(first.id);
    const [listed] = await registry.conflicts();
    expect(listed).toMatchObject({
      id: first.id,
      times: 2,
      seenBy: 'mai',
      facts: { station: 'line-1', slot: '2', batch: 'B7' },
      refused: { mac: board.mac, uuid: board.uuid, hardwareId: OTHER_CHIP },
      registered: { status: 'provisioned', location: 'Hall 3', lastAttempt: { outcome: 'passed' } },
    });
    expect(JSON.stringify(listed)).not.toContain(psk);
    expect(await eventsOf(board.mac)).toMatchObject([{ kind: 'board refused', actor: 'mai' }]);
    await registry.resolve(first.id, { decision: 'keep', reason: 'done' });
  });

  it('keep leaves the device as it is, and the board refused without a new conflict', async () => {
    const board = newBoard();
    const psk = await provision(board);
    const clone = { ...board, hardwareId: OTHER_CHIP.slice(2) + '33' };
    const { id } = await refused(clone);
    const decision = { decision: 'keep', reason: 'a fake', actor: 'engineer Lan' } as const;
    expect(await registry.resolve(id, decision)).toMatchObject({
      state: 'kept',
      decided: { by: 'engineer Lan', reason: 'a fake' },
    });
    await registry.resolve(id, decision);
    expect(await refused(clone)).toMatchObject({ id, state: 'kept', times: 2 });
    expect(await registry.conflicts()).toEqual([]);
    expect(await registry.conflicts({ all: true })).toContainEqual(
      expect.objectContaining({ id, state: 'kept' }),
    );
    expect(await registry.reserve(board)).toMatchObject({ psk });
    const resolved = (await eventsOf(board.mac)).filter(({ kind }) => kind === 'conflict resolved');
    expect(resolved).toMatchObject([
      { actor: 'engineer Lan', detail: { decision: 'keep', reason: 'a fake' } },
    ]);
  });

  it('replace makes the board the device, with a key of its own; the old one is refused from then on', async () => {
    const board = newBoard();
    const psk = await provision(board);
    const open = await registry.reserve(board);
    const newer = { ...board, hardwareId: '44'.repeat(16) };
    const { id } = await refused(newer);
    await registry.resolve(id, { decision: 'replace', reason: 'module exchanged' });
    expect(await registry.find(board)).toMatchObject({ status: 'pending', hardwareId: newer.hardwareId });
    expect(await keysOf(board)).toEqual(['pending', 'superseded']);
    // What was still running on the old board must not make its key the device's again.
    await expect(registry.confirm(open.id, PROOF)).rejects.toMatchObject({ code: 'CLONE_SUSPECTED' });
    const mine = await registry.reserve(newer);
    expect(mine).toMatchObject({ known: 'pending' });
    expect(mine.psk).not.toBe(psk);
    await registry.confirm(mine.id, PROOF);
    expect(await registry.reveal(board.mac, 'test')).toBe(mine.psk);
    expect(await refused(board)).toMatchObject({ code: 'CLONE_SUSPECTED', state: 'open' });
    // Decided back and forth: the first conflict opens anew.
    const [{ id: back = 0 } = {}] = await registry.conflicts();
    await registry.resolve(back, { decision: 'replace', reason: 'the old module came back' });
    expect(await refused(newer)).toMatchObject({ id, state: 'open' });
    await registry.resolve(id, { decision: 'keep', reason: 'enough' });
  });

  it('set-aside makes the device a tombstone and lets neither in', async () => {
    const board = newBoard();
    await provision(board);
    const clone = { ...board, hardwareId: '55'.repeat(16) };
    const { id } = await refused(clone);
    await registry.resolve(id, { decision: 'set-aside', reason: 'both are suspect' });
    expect(await registry.find(board)).toMatchObject({ status: 'removed' });
    expect(await keysOf(board)).toEqual(['current']);
    await expect(registry.reserve(board)).rejects.toMatchObject({ code: 'DEVICE_REMOVED' });
    await expect(registry.reserve({ ...clone, policy: 'rotate' })).rejects.toMatchObject({
      code: 'CLONE_SUSPECTED',
    });
    await expect(registry.screen(board)).rejects.toMatchObject({ code: 'DEVICE_REMOVED' });
    expect(await registry.conflicts()).toEqual([]);
  });

  it.each(['UUID_TAKEN', 'MAC_TAKEN', 'HARDWARE_ID_TAKEN'] as const)(
    'replace hands the device over also where the conflict is %s',
    async (code) => {
      const holder = newBoard();
      await provision(holder);
      const stranger = newBoard();
      const board = {
        UUID_TAKEN: { ...stranger, uuid: holder.uuid },
        MAC_TAKEN: { ...stranger, mac: holder.mac, hardwareId: holder.hardwareId },
        HARDWARE_ID_TAKEN: { ...stranger, hardwareId: holder.hardwareId },
      }[code];
      const { id, ...conflict } = await refused(board);
      expect(conflict).toMatchObject({ code, registered: { mac: holder.mac, uuid: holder.uuid } });
      await registry.resolve(id, { decision: 'replace', reason: 'test' });
      const psk = await provision(board);
      expect(await registry.find({ mac: board.mac })).toMatchObject({
        uuid: board.uuid,
        hardwareId: board.hardwareId,
        status: 'provisioned',
      });
      expect(await registry.reveal(board.mac, 'test')).toBe(psk);
      expect(await keysOf(board)).toEqual(['current', 'superseded']);
    },
  );

  it('a proof is judged by the rule for boards, whichever names of its device are others by now', async () => {
    await asForeignProgram(folder, async (client) => {
      for (let n = 0; n < 12; n++) {
        const [board, other] = [newBoard(), newBoard()];
        const device = {
          mac: (n & 1 ? other : board).mac,
          uuid: (n & 2 ? other : board).uuid,
          hardwareId: [board.hardwareId, other.hardwareId, undefined][n >> 2],
        };
        const { id } = await registry.reserve(board);
        await client.query(
          'update devices set mac_address = $1, global_uuid = $2, hardware_id = $3 where global_uuid = $4',
          [device.mac, device.uuid, device.hardwareId, board.uuid],
        );
        const code = findContradiction(board, [device])?.code;
        const answer = await registry.confirm(id, PROOF).then(
          () => 'confirmed',
          (error: unknown) => (isEspmintError(error) ? error.code : error),
        );
        const isBoard = device.mac === board.mac;
        expect([device, answer]).toEqual([device, code ?? (isBoard ? 'confirmed' : 'RESERVATION_UNKNOWN')]);
      }
    });
    for (const { id = 0 } of await registry.conflicts())
      await registry.resolve(id, { decision: 'keep', reason: 'x' });
  });

  it('stays undecided where the board contradicts a third device too', async () => {
    const [one, two] = [newBoard(), newBoard()];
    await provision(one);
    await provision(two);
    const both = { ...one, uuid: two.uuid };
    const { id, code } = await refused(both);
    expect(code).toBe('UUID_TAKEN');
    await expect(registry.resolve(id, { decision: 'replace', reason: 'x' })).rejects.toMatchObject({
      code: 'MAC_TAKEN',
    });
    expect(await registry.find(two)).toMatchObject({ mac: two.mac, status: 'provisioned' });
    await registry.resolve(id, { decision: 'keep', reason: 'x' });
  });

  it('needs a reason, and a number that there is', async () => {
    const decision = { decision: 'keep', reason: ' ' } as const;
    await expect(registry.resolve(1, decision)).rejects.toMatchObject({ code: 'INPUT_INVALID' });
    await expect(registry.resolve(4711, { ...decision, reason: 'x' })).rejects.toMatchObject({
      code: 'CONFLICT_UNKNOWN',
    });
  });

  it('of ten stations that meet a board and its clones at once, one chip wins and the rest are one conflict each', async () => {
    const stations = await Promise.all(Array.from({ length: 10 }, () => openRegistry(options)));
    try {
      const board = newBoard();
      const met = await Promise.all(
        stations.map(async (station, n) => {
          const one = { ...board, hardwareId: `${n % 3}${n % 3}`.padStart(32, '6') };
          return station.reserve(one).then(
            () => one.hardwareId,
            (error: unknown) => (error as { code: string }).code,
          );
        }),
      );
      const winners = new Set(met.filter((result) => result !== 'CLONE_SUSPECTED'));
      expect([...winners]).toEqual([(await registry.find(board))?.hardwareId]);
      const conflicts = (await registry.conflicts()).filter(({ refused: { mac } }) => mac === board.mac);
      expect(conflicts).toHaveLength(2);
      const times = conflicts.reduce((sum, conflict) => sum + conflict.times, 0);
      expect(times).toBe(met.filter((result) => result === 'CLONE_SUSPECTED').length);
      expect(await keysOf(board)).toHaveLength(1);
      // And all ten decide at once: one after another, none in a circle.
      const [one, two] = conflicts.map(({ id = 0 }) => id);
      const decided = await Promise.allSettled(
        stations.map((station, n) =>
          station.resolve((n % 2 === 0 ? one : two) ?? 0, {
            decision: n < 5 ? 'keep' : 'replace',
            reason: 'race',
          }),
        ),
      );
      const failures = decided.flatMap((result) =>
        result.status === 'rejected' ? [result.reason as unknown] : [],
      );
      for (const failure of failures) expect(failure).toMatchObject({ code: 'CONFLICT_SETTLED' });
      expect((await keysOf(board)).filter((state) => state === 'pending')).toHaveLength(1);
    } finally {
      await Promise.all(stations.map((station) => station.close()));
    }
  });

  it('of ten stations that meet one UUID or one chip id on different boards at once, one wins', async () => {
    const stations = await Promise.all(Array.from({ length: 10 }, () => openRegistry(options)));
    try {
      const { uuid } = newBoard();
      const hardwareId = '77'.repeat(16);
      const results = await Promise.allSettled(
        stations.map((station, n) => {
          const own = newBoard();
          return station.reserve(n % 2 === 0 ? { ...own, uuid } : { ...own, hardwareId });
        }),
      );
      const codes = results.map((result) =>
        result.status === 'fulfilled' ? 'reserved' : (result.reason as { code: string }).code,
      );
      expect(codes.filter((code) => code === 'reserved')).toHaveLength(2);
      expect(codes.filter((code) => code === 'UUID_TAKEN')).toHaveLength(4);
      expect(codes.filter((code) => code === 'HARDWARE_ID_TAKEN')).toHaveLength(4);
    } finally {
      await Promise.all(stations.map((station) => station.close()));
    }
  });

  it('is shown and decided on the command line', async () => {
    const devices = (...args: string[]) => runInProcess(['--data-dir', folder, 'devices', ...args]);
    const board = newBoard();
    await provision(board);
    const clone = '88'.repeat(16);
    const { id } = await refused({ ...board, hardwareId: clone });
    const { stdout } = await devices('conflicts');
    expect(stdout).toMatch(new RegExp(`^${id} +CLONE_SUSPECTED +open +registered `, 'm'));
    expect(stdout).toMatch(/registered .*provisioned .*Hall 3; last attempt passed/);
    expect(stdout).toContain(clone);
    expect((await devices('resolve', String(id))).stderr).toContain('--decision');
    expect((await devices('resolve', String(id), '--decision', 'keep')).stderr).toContain('--reason');
    const done = await devices('resolve', String(id), '--decision', 'keep', '--reason', 'a fake', '--json');
    expect(JSON.parse(done.stdout)).toMatchObject({ type: 'conflict', id, state: 'kept' });
    expect((await devices('conflicts', '--all', '--json')).stdout).toContain('"state":"kept"');
    expect((await devices('resolve', '4711', '--decision', 'keep', '--reason', 'r')).stderr).toContain(
      'CONFLICT_UNKNOWN',
    );
    expect((await devices('resolve', 'x', '--decision', 'keep', '--reason', 'r')).code).toBe(2);
    expect((await devices('show', board.mac)).stdout).toContain(board.hardwareId);
    expect((await runInProcess(['--data-dir', folder, 'db', 'status'])).stdout).toMatch(
      /conflicts +\d|conflicts +none/,
    );
  });
});
