// What every registry must do, whatever keeps it: run by contract.test.ts over each kind.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isEspmintError, type ErrorCode } from '../../src/core/errors/index.js';
import type { Registry, ReserveRequest } from '../../src/registry/index.js';
import { PROOF } from '../support/proof.js';

let boards = 0;

/** A board that no test has seen before. */
function newBoard(overrides: Partial<ReserveRequest> = {}): ReserveRequest {
  boards += 1;
  const tail = boards.toString(16).padStart(4, '0');
  return {
    mac: `a4:cf:12:34:${tail.slice(0, 2)}:${tail.slice(2)}`,
    uuid: `110e3dc9-fa05-568f-a05a-98d00000${tail}`,
    caUrl: 'https://ca.example.com:8443',
    policy: 'keep',
    ...overrides,
  };
}

const CHIP = '0123456789abcdef0123456789abcdef';
const OTHER_CHIP = '1123456789abcdef0123456789abcdef';
const OTHER_PSK = '00112233445566778899aabbccddeeff';

async function codeOfFailure(call: Promise<unknown>): Promise<ErrorCode | 'nothing failed'> {
  try {
    await call;
    return 'nothing failed';
  } catch (error) {
    if (isEspmintError(error)) return error.code;
    throw error;
  }
}

export function registryContract(kind: string, open: () => Promise<Registry>): void {
  describe(`the registry in ${kind}`, () => {
    let registry: Registry;
    beforeAll(async () => {
      registry = await open();
    });
    afterAll(() => registry.close());

    /** Reserves and proves. */
    async function provision(board: ReserveRequest): Promise<string> {
      const reservation = await registry.reserve(board);
      await registry.confirm(reservation.id, PROOF);
      return reservation.psk;
    }

    it('gives a new board a fresh key of 32 lower-case hex digits', async () => {
      const [one, two] = [await registry.reserve(newBoard()), await registry.reserve(newBoard())];
      expect(one.known).toBe('new');
      expect(one.psk).toMatch(/^[0-9a-f]{32}$/);
      expect(two.psk).not.toBe(one.psk);
    });

    it('leaves the key out of a reservation that is printed or serialized', async () => {
      const reservation = await registry.reserve(newBoard());
      expect(JSON.stringify(reservation)).not.toContain(reservation.psk);
      expect(Object.values({ ...reservation })).not.toContain(reservation.psk);
    });

    it('holds a reserved board as pending until it is proven', async () => {
      const board = newBoard({ wifiSsid: 'Lab', location: 'Hall 3' });
      const reservation = await registry.reserve(board);
      const pending = await registry.find({ mac: board.mac });
      expect(pending).toMatchObject({ uuid: board.uuid, status: 'pending', wifiSsid: 'Lab' });
      expect(pending?.provisionedAt).toBeUndefined();
      const proven = await registry.confirm(reservation.id, PROOF);
      expect(proven).toMatchObject({ status: 'provisioned', caUrl: board.caUrl, location: 'Hall 3' });
      expect(Math.abs(Date.now() - Date.parse(proven.provisionedAt ?? ''))).toBeLessThan(60_000);
    });

    it('gives a pending board its earlier key again, for a crash may have left it on the chip', async () => {
      const board = newBoard();
      const first = await registry.reserve(board);
      const second = await registry.reserve({ ...board, policy: 'refuse' });
      expect(second.known).toBe('pending');
      expect(second.psk).toBe(first.psk);
    });

    it('takes a key that the caller gives, and keeps the pending one recoverable beside it', async () => {
      const board = newBoard();
      const made = await registry.reserve(board);
      const given = await registry.reserve({ ...board, psk: OTHER_PSK });
      expect(given.psk).toBe(OTHER_PSK);
      expect((await registry.show({ mac: board.mac })).keys.map(({ state }) => state)).toEqual([
        'pending',
        'pending',
      ]);
      await registry.confirm(made.id, PROOF);
      expect(await registry.reveal(board.mac, 'contract test')).toBe(made.psk);
    });

    it('keep flashes the key of a provisioned board again', async () => {
      const board = newBoard();
      const psk = await provision(board);
      const again = await registry.reserve(board);
      expect(again).toMatchObject({ known: 'provisioned', psk });
    });

    it('keep refuses another key than the stored one', async () => {
      const board = newBoard();
      await provision(board);
      expect(await codeOfFailure(registry.reserve({ ...board, psk: OTHER_PSK }))).toBe('KEY_DIFFERS');
    });

    it('rotate makes a new key and supersedes the old one only with the proof', async () => {
      const board = newBoard({ policy: 'rotate' });
      const old = await provision(board);
      const rotation = await registry.reserve(board);
      expect(rotation.psk).not.toBe(old);
      expect(await registry.reveal(board.mac, 'contract test')).toBe(old);
      expect((await registry.reserve(board)).psk).toBe(rotation.psk);
      await registry.confirm(rotation.id, PROOF);
      expect(await registry.reveal(board.mac, 'contract test')).toBe(rotation.psk);
      const { keys } = await registry.show({ mac: board.mac });
      expect(keys.map(({ state }) => state)).toEqual(['current', 'superseded']);
    });

    it('a kept key that is proven ends the rotation that was begun', async () => {
      const board = newBoard();
      const old = await provision(board);
      const begun = await registry.reserve({ ...board, policy: 'rotate' });
      const kept = await registry.reserve({ ...board, policy: 'keep' });
      expect(kept.psk).toBe(old);
      await registry.confirm(kept.id, PROOF);
      expect((await registry.reserve({ ...board, policy: 'rotate' })).psk).not.toBe(begun.psk);
    });

    it('refuse stops at a provisioned board and names it', async () => {
      const board = newBoard({ policy: 'refuse' });
      await provision(board);
      const failure = registry.reserve(board);
      await expect(failure).rejects.toThrow(board.mac);
      expect(await codeOfFailure(failure)).toBe('DEVICE_KNOWN');
    });

    it('a failed attempt leaves the board pending with its key', async () => {
      const board = newBoard();
      const first = await registry.reserve(board);
      await registry.fail(first.id, { code: 'LINK_TIMEOUT', stage: 'write' });
      expect(await registry.reserve(board)).toMatchObject({ known: 'pending', psk: first.psk });
      const { attempts } = await registry.show({ mac: board.mac });
      expect(attempts.at(-1)).toMatchObject({ outcome: 'failed', code: 'LINK_TIMEOUT', stage: 'write' });
    });

    it('an attempt can pass after it was given up, and then stays passed', async () => {
      const board = newBoard();
      const { id } = await registry.reserve(board);
      await registry.fail(id, { code: 'LINK_CLOSED' });
      await registry.confirm(id, PROOF);
      await registry.fail(id, { code: 'LINK_CLOSED' });
      await registry.confirm(id, PROOF);
      const { status, attempts } = await registry.show({ mac: board.mac });
      expect(status).toBe('provisioned');
      expect(attempts).toMatchObject([{ id, outcome: 'passed', image: PROOF.image }]);
    });

    it('writes what the board is to become only with the proof', async () => {
      const board = newBoard({ location: 'Hall 3' });
      await provision(board);
      const { id } = await registry.reserve({ ...board, location: 'Hall 4' });
      expect(await registry.find({ mac: board.mac })).toMatchObject({ location: 'Hall 3' });
      await registry.confirm(id, PROOF);
      expect(await registry.find({ mac: board.mac })).toMatchObject({ location: 'Hall 4' });
    });

    it('stops a UUID of another board and names both', async () => {
      const holder = newBoard();
      await provision(holder);
      const other = newBoard({ uuid: holder.uuid });
      const failure = registry.reserve(other);
      await expect(failure).rejects.toThrow(holder.mac);
      await expect(failure).rejects.toThrow(other.mac);
      expect(await codeOfFailure(failure)).toBe('UUID_TAKEN');
    });

    it('stops a known board under another UUID and names both', async () => {
      const board = newBoard();
      await provision(board);
      const { uuid } = newBoard();
      const failure = registry.reserve({ ...board, uuid });
      await expect(failure).rejects.toThrow(board.uuid);
      await expect(failure).rejects.toThrow(uuid);
      expect(await codeOfFailure(failure)).toBe('MAC_TAKEN');
    });

    it('stops a board with a known MAC and another chip id as a clone, names both, and keeps both histories', async () => {
      const board = newBoard({ hardwareId: CHIP });
      await provision(board);
      const failure = registry.reserve({ ...board, hardwareId: OTHER_CHIP, policy: 'rotate' });
      await expect(failure).rejects.toThrow(CHIP);
      await expect(failure).rejects.toThrow(OTHER_CHIP);
      await expect(failure).rejects.toMatchObject({
        code: 'CLONE_SUSPECTED',
        details: {
          conflict: {
            refused: { mac: board.mac, hardwareId: OTHER_CHIP },
            registered: {
              mac: board.mac,
              hardwareId: CHIP,
              status: 'provisioned',
              lastAttempt: { outcome: 'passed' },
            },
          },
        },
      });
      expect(await codeOfFailure(registry.screen({ ...board, hardwareId: OTHER_CHIP }))).toBe(
        'CLONE_SUSPECTED',
      );
      const { keys, attempts } = await registry.show({ mac: board.mac });
      expect([keys.length, attempts.length]).toEqual([1, 1]);
      const listed = (await registry.conflicts()).filter(({ refused }) => refused.mac === board.mac);
      expect(listed.at(0)).toMatchObject({ code: 'CLONE_SUSPECTED', state: 'open' });
    });

    it('stops a known chip id under another MAC', async () => {
      const id = 'ab'.repeat(16);
      const board = newBoard({ hardwareId: id });
      await provision(board);
      const other = newBoard({ hardwareId: id });
      expect(await codeOfFailure(registry.reserve(other))).toBe('HARDWARE_ID_TAKEN');
      expect(await registry.find({ mac: other.mac })).toBeUndefined();
    });

    it('takes a chip id of all 0 or all f as none, and learns one that it did not know', async () => {
      const board = newBoard();
      await provision(board);
      for (const hardwareId of ['0'.repeat(32), 'f'.repeat(32)]) await provision({ ...board, hardwareId });
      expect((await registry.find({ mac: board.mac }))?.hardwareId).toBeUndefined();
      const hardwareId = 'cd'.repeat(16);
      await provision({ ...board, hardwareId });
      expect((await registry.find({ mac: board.mac }))?.hardwareId).toBe(hardwareId);
      await registry.screen({ ...board, hardwareId });
    });

    it('stops a board that has no chip id under the MAC of a device that has one', async () => {
      const board = newBoard({ hardwareId: 'ce'.repeat(16) });
      await provision(board);
      expect(await codeOfFailure(registry.reserve({ ...board, hardwareId: undefined }))).toBe(
        'CLONE_SUSPECTED',
      );
      expect((await registry.find({ mac: board.mac }))?.hardwareId).toBe(board.hardwareId);
    });

    it('stops a text that is wider than its column before anything is stored', async () => {
      const board = newBoard({ location: 'x'.repeat(101) });
      expect(await codeOfFailure(registry.reserve(board))).toBe('INPUT_INVALID');
      expect(await registry.find({ mac: board.mac })).toBeUndefined();
      expect((await registry.reserve({ ...board, location: '\u{1f4a1}'.repeat(100) })).known).toBe('new');
    });

    it('gives eight simultaneous reservations of one board the same key', async () => {
      const board = newBoard();
      const all = await Promise.all(Array.from({ length: 8 }, () => registry.reserve(board)));
      expect(new Set(all.map(({ psk }) => psk)).size).toBe(1);
      expect((await registry.show({ mac: board.mac })).keys).toHaveLength(1);
    });

    it('lists newest first, in pages that neither repeat nor leave out a device', async () => {
      const made: string[] = [];
      for (let count = 0; count < 5; count++) {
        const board = newBoard({ location: 'the paged shelf' });
        await registry.reserve(board);
        made.unshift(board.mac);
      }
      const listed: string[] = [];
      let after: string | undefined;
      do {
        const page = await registry.list({ text: 'PAGED shelf', limit: 2, after });
        listed.push(...page.devices.map(({ mac }) => mac));
        after = page.next;
      } while (after !== undefined);
      expect(listed).toEqual(made);
    });

    it('lists by status, and takes wildcards in a text as plain characters', async () => {
      const board = newBoard({ location: '100%_sure\\' });
      await provision(board);
      const found = await registry.list({ status: 'provisioned', text: '0%_sure\\' });
      expect(found.devices.map(({ mac }) => mac)).toEqual([board.mac]);
      expect((await registry.list({ status: 'pending', text: '0%_sure\\' })).devices).toEqual([]);
    });

    it('reveals a key only for a reason, and only of a device that it knows', async () => {
      const board = newBoard();
      await provision(board);
      expect(await codeOfFailure(registry.reveal(board.mac, '  '))).toBe('INPUT_INVALID');
      expect(await codeOfFailure(registry.reveal(newBoard().mac, 'contract test'))).toBe('DEVICE_UNKNOWN');
    });

    it('tells of a key that was read from a board whether it is the right one', async () => {
      const board = newBoard();
      const old = await provision(board);
      expect(await registry.compareKey(board.mac, old)).toBe('current');
      const { id, psk } = await registry.reserve({ ...board, policy: 'rotate' });
      expect(await registry.compareKey(board.mac, psk)).toBe('pending');
      await registry.confirm(id, PROOF);
      expect(await registry.compareKey(board.mac, psk)).toBe('current');
      expect(await registry.compareKey(board.mac, old)).toBe('superseded');
      expect(await registry.compareKey(board.mac, OTHER_PSK)).toBeUndefined();
      expect(await codeOfFailure(registry.compareKey(newBoard().mac, psk))).toBe('DEVICE_UNKNOWN');
    });

    it('records the check of a board, also of one that it does not know', async () => {
      const board = newBoard();
      await registry.checked(board.mac, { differences: ['no identity'] }, { actor: 'maria' });
      await provision(board);
      await registry.checked(board.mac, { profile: { name: 'lamp', version: 2 }, differences: [] });
      expect((await registry.show({ mac: board.mac })).status).toBe('provisioned');
    });

    it('knows no reservation that it never gave', async () => {
      const unknown = '11111111-2222-4333-8444-555555555555';
      expect(await codeOfFailure(registry.confirm(unknown, PROOF))).toBe('RESERVATION_UNKNOWN');
      expect(await codeOfFailure(registry.fail('nonsense', { code: 'LINK_TIMEOUT' }))).toBe(
        'RESERVATION_UNKNOWN',
      );
    });
  });
}
