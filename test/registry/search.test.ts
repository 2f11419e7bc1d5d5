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
