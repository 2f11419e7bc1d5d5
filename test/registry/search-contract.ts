// What a text finds in every registry: run by contract.test.ts over each kind.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Registry, ReserveRequest } from '../../src/registry/index.js';

let boards = 0;

function newBoard(overrides: Partial<ReserveRequest> = {}): ReserveRequest {
  boards += 1;
  const tail = boards.toString(16).padStart(4, '0');
  return {
    mac: `a4:cf:12:36:${tail.slice(0, 2)}:${tail.slice(2)}`,
    uuid: `110e3dc9-fa05-568f-a05a-98d00002${tail}`,
    caUrl: 'https://ca.example.com:8443',
    policy: 'keep',
    ...overrides,
  };
}

export function searchContract(kind: string, open: () => Promise<Registry>): void {
  describe(`a search in ${kind}`, () => {
    let registry: Registry;
    beforeAll(async () => {
      registry = await open();
    });
    afterAll(() => registry.close());

    it('finds a device by a part of its MAC in any spelling, of its UUID or its location', async () => {
      const board = newBoard({ location: 'Östliche Halle Zürich, Regal 7' });
      await registry.reserve(board);
      const { mac, uuid } = board;
      const found = async (text: string): Promise<boolean> =>
        (await registry.list({ text, limit: 1000 })).devices.some((device) => device.mac === mac);
      const digits = mac.replaceAll(':', '');
      for (const text of [
        mac,
        mac.toUpperCase().replaceAll(':', '-'),
        digits.slice(-4),
        ` ${mac.slice(9)} `,
        uuid.slice(0, 8),
        uuid.slice(7, 15).toUpperCase(),
        'HALLE ZÜ',
        ', regal',
        '',
      ]) {
        expect([text, await found(text)]).toEqual([text, true]);
      }
      for (const text of ['Halle 7', `${digits.slice(-4)}f`, '%', '_'.repeat(17)]) {
        expect([text, await found(text)]).toEqual([text, false]);
      }
    });

    it('takes digits for the end or start of a MAC or the start of a UUID, and looks elsewhere only without those', async () => {
      const location = 'Room c0ffee5';
      const [ends, starts, uuid, inside, place] = [
        newBoard({ mac: '02:00:00:c0:ff:ee' }),
        newBoard({ mac: 'c0:ff:ee:00:00:01' }),
        newBoard({ uuid: 'c0ffee00-fa05-568f-a05a-0000000c0001' }),
        newBoard({ mac: '02:0c:0f:fe:e0:01', uuid: '00c0ffee-fa05-568f-a05a-0000000c0002' }),
        newBoard({ location }),
      ] as const;
      for (const board of [ends, starts, uuid, inside, place]) await registry.reserve(board);
      const found = async (text: string): Promise<string[]> =>
        (await registry.list({ text })).devices.map(({ mac }) => mac).reverse();
      expect(await found('C0:FF:EE')).toEqual([ends.mac, starts.mac]);
      expect(await found('c0ffee')).toEqual([ends.mac, starts.mac, uuid.mac, place.mac]);
      expect(await found('c0ffee0')).toEqual([starts.mac, uuid.mac]);
      expect(await found('c0ffee00-FA')).toEqual([uuid.mac]);
      expect(await found('c0ffee00fa05568f')).toEqual([uuid.mac]);
      expect(await found('0c0ffee')).toEqual([ends.mac]);
      expect(await found('20c0ffe')).toEqual([inside.mac]);
      expect(await found('c0ffee-fa05')).toEqual([inside.mac]);
      expect(await found('c0ffee5')).toEqual([place.mac]);
      for (const whole of [ends.mac, ends.uuid, ends.uuid.replaceAll('-', '').toUpperCase()]) {
        expect([whole, await found(whole)]).toEqual([whole, [ends.mac]]);
      }
    });

    it('looks for one or two characters where UUID, MAC or a word of the location start', async () => {
      const board = newBoard({ location: 'Xy hall zq7' });
      await registry.reserve(board);
      const { mac } = board;
      const found = async (text: string): Promise<boolean> =>
        (await registry.list({ text, limit: 1000 })).devices.some((device) => device.mac === mac);
      for (const text of ['x', 'XY', 'zq', 'Z', mac.slice(0, 2), board.uuid.slice(0, 1)]) {
        expect([text, await found(text)]).toEqual([text, true]);
      }
      for (const text of ['q7', 'al', 'y']) {
        expect([text, await found(text)]).toEqual([text, false]);
      }
    });
  });
}
