// What every registry must keep of an attempt, and find devices by: run by contract.test.ts over each kind.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AttemptFacts, DeviceFilter, Registry, ReserveRequest } from '../../src/registry/index.js';
import { PROOF } from '../support/proof.js';

const COURSE = {
  stagesMs: { connect: 812, write: 2400 },
  baud: 460_800,
  wifi: { mode: 'improv', result: 'joined', address: '192.168.1.7' },
} as const;
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

function newBoard(facts?: AttemptFacts, overrides: Partial<ReserveRequest> = {}): ReserveRequest {
  boards += 1;
  const tail = boards.toString(16).padStart(4, '0');
  return {
    mac: `a4:cf:12:35:${tail.slice(0, 2)}:${tail.slice(2)}`,
    uuid: `110e3dc9-fa05-568f-a05a-98d00001${tail}`,
    caUrl: 'https://ca.example.com:8443',
    policy: 'keep',
    facts,
    ...overrides,
  };
}

export function attemptsContract(kind: string, open: () => Promise<Registry>): void {
  describe(`attempts in ${kind}`, () => {
    let registry: Registry;
    beforeAll(async () => {
      registry = await open();
    });
    afterAll(() => registry.close());

    async function provision(board: ReserveRequest): Promise<string> {
      const { id } = await registry.reserve(board);
      const { provisionedAt } = await registry.confirm(id, PROOF);
      // The times of two boards differ in every registry, also in one that counts milliseconds.
      await sleep(5);
      return provisionedAt ?? '';
    }

    async function macsOf(filter: DeviceFilter): Promise<string[]> {
      const macs: string[] = [];
      let after: string | undefined;
      do {
        const page = await registry.list({ ...filter, limit: 2, after });
        macs.push(...page.devices.map(({ mac }) => mac));
        after = page.next;
      } while (after !== undefined);
      return macs;
    }

    it('tell who made them, where, with what and on which chip', async () => {
      const board = newBoard(FACTS);
      await registry.reserve(board);
      const { attempts } = await registry.show({ mac: board.mac });
      expect(attempts).toMatchObject([{ outcome: 'open', ...FACTS }]);
    });

    it('tell how long each stage took, whether they passed or failed', async () => {
      const board = newBoard(FACTS);
      const failed = await registry.reserve(board);
      await registry.fail(failed.id, { code: 'LINK_TIMEOUT', stage: 'write', ...COURSE });
      await sleep(5);
      const passed = await registry.reserve(board);
      await registry.confirm(passed.id, { ...PROOF, stagesMs: { connect: 700, verify: 90 }, baud: 115_200 });
      const { attempts } = await registry.show({ mac: board.mac });
      expect(attempts).toMatchObject([
        { outcome: 'passed', stagesMs: { connect: 700, verify: 90 }, baud: 115_200 },
        { outcome: 'failed', stage: 'write', code: 'LINK_TIMEOUT', ...COURSE },
      ]);
    });

    it('need tell nothing, and no name of theirs stops a board', async () => {
      const silent = newBoard();
      const odd = newBoard({ station: 'line\0 1', operator: '', port: 'x'.repeat(5000) });
      await provision(silent);
      await provision(odd);
      const [plain] = (await registry.show({ mac: silent.mac })).attempts;
      expect(plain?.station).toBeUndefined();
      expect(plain?.profile).toBeUndefined();
      expect(plain?.chip).toBeUndefined();
      const [cut] = (await registry.show({ mac: odd.mac })).attempts;
      expect(cut).toMatchObject({ station: 'line 1', port: 'x'.repeat(255) });
      expect(cut?.operator).toBeUndefined();
    });

    it('find their devices by station and by batch, each once, newest first, in pages', async () => {
      const at = (station: string, batch: string): AttemptFacts => ({ station, batch });
      const made = [
        newBoard(at('hall 2', 'WO-8')),
        newBoard(at('hall 2', 'WO-9')),
        newBoard(at('hall 3', 'WO-9')),
        newBoard(at('hall 2', 'WO-9')),
      ] as const;
      for (const board of made) await provision(board);
      await registry.reserve(made[1]);
      const [first, second, third, last] = made.map(({ mac }) => mac);
      expect(await macsOf({ station: 'hall 2' })).toEqual([last, second, first]);
      expect(await macsOf({ batch: 'WO-9' })).toEqual([last, third, second]);
      expect(await macsOf({ batch: 'WO-9', station: 'hall 2' })).toEqual([last, second]);
      expect(await macsOf({ station: 'hall 2', text: second })).toEqual([second]);
      expect(await macsOf({ station: 'hall 2', status: 'pending' })).toEqual([]);
      expect(await macsOf({ station: 'hall' })).toEqual([]);
    });

    it('find devices by the time of their provisioning, the newest first, also one that was made again', async () => {
      const made = Array.from({ length: 5 }, () => newBoard({ station: 'clock' }));
      const times: string[] = [];
      for (const board of made) times.push(await provision(board));
      await registry.reserve(newBoard({ station: 'clock' }));
      const macs = made.map(({ mac }) => mac);
      const [since, until] = [times[1], times[4]];
      expect(await macsOf({ since, until, station: 'clock' })).toEqual([macs[3], macs[2], macs[1]]);
      expect(await macsOf({ since, station: 'clock' })).toEqual([macs[4], macs[3], macs[2], macs[1]]);
      await provision(made[2]!);
      expect(await macsOf({ since, station: 'clock' })).toEqual([macs[2], macs[4], macs[3], macs[1]]);
      expect(await macsOf({ until: times[0], station: 'clock' })).toEqual([]);
    });

    it('refuses a page mark of a list in another order', async () => {
      for (let count = 0; count < 3; count++) await provision(newBoard({ station: 'marks' }));
      const byNumber = await registry.list({ station: 'marks', limit: 1 });
      const byTime = await registry.list({ station: 'marks', limit: 1, since: '2020-01-01T00:00:00Z' });
      const since = '2020-01-01T00:00:00Z';
      for (const filter of [
        { after: byTime.next },
        { after: byNumber.next, since },
        { after: `x${byNumber.next}` },
      ]) {
        await expect(registry.list(filter)).rejects.toMatchObject({ code: 'INPUT_INVALID' });
      }
    });
  });
}
