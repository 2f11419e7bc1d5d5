// A device found by its unit: the serial number on its label, the lot, the batch; in lists, searches and by name.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseDeviceName } from '../../src/core/device-name.js';
import {
  type DeviceFilter,
  exportDevices,
  openProduction,
  openRegistry,
  type Production,
  type Registry,
} from '../../src/registry/index.js';
import { type DeviceFields, writeDevices } from '../../src/core/device-table/index.js';
import { allDevices } from '../../src/service/handlers/devices.js';
import { listQuery } from '../../src/registry/devices/list.js';
import { matchText } from '../../src/registry/devices/text-match.js';
import { asForeignProgram } from './foreign-program.js';

const dataDir = mkdtempSync(join(tmpdir(), 'espmint-units-'));
const profile = { name: 'sensor', version: 1 };
const image = { offsetBytes: 0x9000, sizeBytes: 0x6000, md5: 'a'.repeat(32), sha256: 'b'.repeat(64) };
const uuidOf = (mac: string): string => `110e3dc9-fa05-568f-a05a-${mac.replaceAll(':', '')}`;
const MACS = ['a4:cf:12:00:00:01', 'a4:cf:12:00:00:02', 'a4:cf:12:00:00:03', 'a4:cf:12:00:00:04'] as const;

let registry: Registry;
let production: Production;

/** The first two are of a batch with letters in its serials, the third of one whose serials look like MACs. */
beforeAll(async () => {
  registry = await openRegistry({ dataDir });
  production = await openProduction({ dataDir });
  const { batches } = production;
  const common = { profile, quantity: 5 };
  await batches.create({ ...common, name: 'WO-7', lot: 'L 5%', serialTemplate: 'ZC-{0000}' }, 'tester');
  await batches.create({ ...common, name: 'WO-8', serialTemplate: '20261124{0000}' }, 'tester');
  for (const mac of MACS) {
    const { id } = await registry.reserve({
      mac,
      uuid: uuidOf(mac),
      caUrl: 'https://ca.example.com',
      policy: 'keep',
    });
    await registry.confirm(id, { image });
  }
  for (const [board, batch] of [
    [MACS[0], 'WO-7'],
    [MACS[1], 'WO-7'],
    [MACS[2], 'WO-8'],
  ] as const) {
    const claim = await batches.claim({ batch, mac: board, station: 'line 1', profile });
    if (board !== MACS[1]) await batches.passed(claim.id, { uuid: uuidOf(board), chip: 'esp32', image });
  }
});
afterAll(async () => {
  await production.close();
  await registry.close();
  rmSync(dataDir, { recursive: true, force: true });
});

const found = async (filter: DeviceFilter): Promise<string[]> =>
  (await registry.list(filter)).devices.map(({ mac }) => mac);

describe('a device', () => {
  it('is shown by the serial number of its unit, with batch and lot', async () => {
    const history = await registry.show(parseDeviceName('ZC-0001'));
    expect(history).toMatchObject({
      mac: MACS[0],
      units: [{ batch: 'WO-7', lot: 'L 5%', serial: 'ZC-0001', chip: 'esp32', passed: true }],
    });
    expect(await registry.find(parseDeviceName('ZC-0002'))).toMatchObject({ mac: MACS[1] });
    expect((await registry.show({ mac: MACS[1] })).units).toMatchObject([
      { serial: 'ZC-0002', passed: false },
    ]);
    expect((await registry.show({ mac: MACS[3] })).units).toEqual([]);
  });

  it('is shown by a serial number of twelve digits, unless a device has that as its MAC', async () => {
    expect(await registry.show(parseDeviceName('202611240001'))).toMatchObject({ mac: MACS[2] });
    expect(await registry.show(parseDeviceName('A4CF12000001'))).toMatchObject({ mac: MACS[0] });
  });

  it('that nobody has is named as it was typed', async () => {
    await expect(registry.show(parseDeviceName('ZC-9999'))).rejects.toMatchObject({
      code: 'DEVICE_UNKNOWN',
      message: expect.stringContaining('ZC-9999') as string,
    });
  });

  it.each([
    ['zc-000', [MACS[1], MACS[0]]],
    ['0002', [MACS[1]]],
    ['wo-7', [MACS[1], MACS[0]]],
    ['L 5%', [MACS[1], MACS[0]]],
    ['WO-', []],
    ['%%%', []],
    ['202611240001', [MACS[2]]],
  ])('is found by the text %s', async (text, macs) => {
    expect(await found({ text })).toEqual(macs);
    expect(await found({ text, since: '2020-01-01T00:00:00Z' })).toEqual(macs);
    // The way of large registries comes to the same.
    await asForeignProgram(dataDir, async (client) => {
      const query = listQuery({ match: await matchText(client, text) }, 'matches first', 10);
      const { rows } = await client.query<{ mac_address: string }>(query.text, [...query.values]);
      expect(rows.map((row) => row.mac_address)).toEqual(macs);
    });
  });

  it('is listed by lot and by serial number, also together with a text', async () => {
    expect(await found({ lot: 'L 5%' })).toEqual([MACS[1], MACS[0]]);
    expect(await found({ lot: 'l 5' })).toEqual([]);
    expect(await found({ lot: 'L 5%', text: '000001' })).toEqual([MACS[0]]);
    expect(await found({ serial: 'ZC-0002' })).toEqual([MACS[1]]);
    expect(await found({ serial: 'ZC-0002', lot: 'other' })).toEqual([]);
  });

  it('has serial number, batch and lot in an export, and the same table comes from the command line and over HTTP', async () => {
    const table = async (devices: AsyncIterable<DeviceFields>): Promise<string[]> => {
      let text = '';
      for await (const line of writeDevices(devices, 'csv', false)) text += line;
      return text.split('\r\n');
    };
    const lines = await table(exportDevices({ dataDir }, {}));
    expect(lines[0]).toMatch(/,serial,batch,lot$/);
    expect(lines.slice(1)).toEqual([
      expect.stringMatching(/,,,$/),
      expect.stringMatching(/,202611240001,WO-8,$/),
      expect.stringMatching(/,ZC-0002,WO-7,L 5%$/),
      expect.stringMatching(/,ZC-0001,WO-7,L 5%$/),
      '',
    ]);
    expect(await table(allDevices(registry, {}))).toEqual(lines);
  });
});

it('finds units by the thousand on another way, with the same result', async () => {
  await asForeignProgram(dataDir, async (client) => {
    await client.query(
      `insert into batch_units (batch_id, mac_key, claim_id, station, serial)
       select 1, 'b0cf12' || lpad(to_hex(n), 6, '0'), gen_random_uuid(), 'line 1', 'ZC-1' || lpad(n::text, 4, '0')
       from generate_series(1, 1200) n`,
    );
    for (const text of ['zc-', 'WO-7']) {
      expect(await found({ text })).toEqual([MACS[1], MACS[0]]);
      const match = await matchText(client, text);
      expect(match).toMatchObject({ units: { serialPattern: `%${text}%` } });
      const query = listQuery({ match }, 'matches first', 10);
      expect((await client.query(query.text, [...query.values])).rows).toHaveLength(2);
    }
  });
});
