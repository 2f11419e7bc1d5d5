// Searches that go beyond the newest devices: the pages are those of a registry that is read from end to end.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { openRegistry } from '../../src/registry/index.js';
import { asForeignProgram } from './foreign-program.js';

const dataDir = mkdtempSync(join(tmpdir(), 'espmint-search-'));
afterAll(() => rmSync(dataDir, { recursive: true, force: true }));

it('finds old devices behind a hundred thousand newer ones, and pages through old and new alike', async () => {
  const registry = await openRegistry({ dataDir });
  try {
    const made: string[] = [];
    for (let n = 1; n <= 6; n++) {
      // As if as many devices had come in between.
      if (n === 4) await asForeignProgram(dataDir, (c) => c.query(`select setval('devices_id_seq', 500000)`));
      const mac = `a4:cf:12:34:59:0${n}`;
      const uuid = `110e3dc9-fa05-568f-a05a-98d00894000${n}`;
      const location = n % 2 === 0 ? 'Old plant' : 'New plant';
      await registry.reserve({ mac, uuid, caUrl: 'https://ca.example.com', location, policy: 'keep' });
      made.unshift(mac);
    }
    const pagesOf = async (text: string): Promise<string[]> => {
      const found: string[] = [];
      let after: string | undefined;
      do {
        const page = await registry.list({ text, limit: 2, after });
        found.push(...page.devices.map(({ mac }) => mac));
        after = page.next;
      } while (after !== undefined);
      return found;
    };
    expect(await pagesOf('plant')).toEqual(made);
    expect(await pagesOf('old')).toEqual(made.filter((_, index) => index % 2 === 0));
    expect(await pagesOf('59:01')).toEqual([made[5]]);
    expect(await pagesOf('a4')).toEqual(made);
  } finally {
    await registry.close();
  }
});

/** More devices with the same digits than are found one by one, and some that only seem to have them. */
const MANY = `
  alter table devices disable trigger user;
  insert into devices (global_uuid, mac_address, psk_secret, location)
    select case when n % 2 = 0 then gen_random_uuid()::text else upper(gen_random_uuid()::text) end,
           'b4' || lpad(to_hex(n), 6, '0') || case when n % 4 = 3 then 'abc0' else '7abc' end, repeat('0', 32),
           case when n % 100 = 0 then 'Shelf ABC' end
    from generate_series(1, 3000) n;
  alter table devices enable trigger user`;

it('pages through more devices with the same digits than are found one by one', async () => {
  const registry = await openRegistry({ dataDir: join(dataDir, 'many') });
  try {
    const rows = await asForeignProgram(join(dataDir, 'many'), async (client) => {
      await client.query(MANY);
      await client.query('analyze devices');
      return (
        await client.query<{ mac: string; uuid: string; location: string | null }>(
          `select mac_key as mac, lower(global_uuid) as uuid, location from devices order by id desc`,
        )
      ).rows;
    });
    const pagesOf = async (text: string): Promise<string[]> => {
      const found: string[] = [];
      let after: string | undefined;
      do {
        const page = await registry.list({ text, limit: 700, after });
        found.push(...page.devices.map(({ mac }) => mac.replaceAll(':', '')));
        after = page.next;
      } while (after !== undefined);
      return found;
    };
    const expected = (text: string): string[] =>
      rows
        .filter(
          ({ mac, uuid, location }) =>
            mac.startsWith(text) ||
            mac.endsWith(text) ||
            uuid.startsWith(text) ||
            location?.toLowerCase().includes(text),
        )
        .map(({ mac }) => mac);
    for (const text of ['7abc', 'abc', 'b40', 'b4000']) {
      const wanted = expected(text);
      expect([text, wanted.length > 1000]).toEqual([text, true]);
      expect(await pagesOf(text)).toEqual(wanted);
    }
    const [, , capital, plain] = rows;
    for (const { uuid } of [capital!, plain!]) {
      for (const start of [uuid.slice(0, 8), uuid.slice(0, 9), uuid.slice(0, 20), uuid]) {
        expect(await pagesOf(start)).toEqual(expected(start));
      }
    }
  } finally {
    await registry.close();
  }
});
