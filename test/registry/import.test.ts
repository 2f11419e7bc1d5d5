// Imports while others write the same registry, and a long export whose reader goes away.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DeviceLine } from '../../src/core/device-table/index.js';
import { importDevices, openRegistry, type Registry } from '../../src/registry/index.js';
import { runInProcess } from '../support/cli-in-process.js';
import { ROOT } from '../support/reference-tools.js';
import { asForeignProgram, queryAt } from './foreign-program.js';

const folder = mkdtempSync(join(tmpdir(), 'espmint-import-'));
const dataDir = join(folder, 'data');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const PSK = 'f'.repeat(32);
const INSERT = `insert into devices (global_uuid, mac_address, psk_secret) values ($1, $2, $3)`;
const importing = { file: 'd.csv', overwrite: false, dryRun: false };

function line(number: number, device = number): DeviceLine {
  const tail = device.toString(16).padStart(4, '0');
  const mac = `a4:cf:12:36:${tail.slice(0, 2)}:${tail.slice(2)}`;
  return { line: number, mac, uuid: `110e3dc9-fa05-568f-a05a-98d00895${tail}`, psk: PSK };
}

describe('an import', () => {
  let registry: Registry;
  beforeEach(async () => {
    registry = await openRegistry({ dataDir });
  });
  afterEach(() => registry.close());

  /**
   * Imports two devices, of which another program writes the second meanwhile under `uuid` or `mac`: it begins when the
   * import has looked who is there, and commits when the import waits for it.
   */
  async function besides(lines: readonly DeviceLine[], uuid: string, mac: string): Promise<unknown> {
    return asForeignProgram(dataDir, async (other) => {
      let committed: Promise<unknown> | undefined;
      async function* source(): AsyncGenerator<DeviceLine> {
        yield* lines;
        if (committed !== undefined) return;
        await other.query('begin');
        await other.query(INSERT, [uuid, mac, '0'.repeat(32)]);
        committed = sleep(500).then(() => other.query('commit'));
      }
      try {
        return await importDevices({ dataDir }, source, importing);
      } catch (error) {
        return error;
      } finally {
        await committed;
      }
    });
  }

  it('meets a device that came in between under the same UUID as if it had been there before', async () => {
    const [one, two] = [line(2, 0x101), line(3, 0x102)];
    expect(await besides([one, two], two.uuid, two.mac)).toMatchObject({
      code: 'DEVICES_FILE_INVALID',
      message: expect.stringContaining('d.csv:3: the device is there already with another psk') as string,
    });
    expect(await registry.find({ mac: one.mac })).toBeUndefined();
  });

  it('meets a device that came in between with the MAC under another UUID', async () => {
    const [one, two] = [line(2, 0x201), line(3, 0x202)];
    const other = line(0, 0x203).uuid;
    expect(await besides([one, two], other, two.mac)).toMatchObject({
      code: 'DEVICES_FILE_INVALID',
      message: expect.stringContaining(`has the MAC ${two.mac} under the UUID ${other}`) as string,
    });
    expect(await registry.find({ mac: one.mac })).toBeUndefined();
  });

  it('lets others write while it runs', async () => {
    const board = { mac: 'a4:cf:12:37:00:01', uuid: line(0, 0x301).uuid, caUrl: 'https://ca.example.com' };
    let reserved: string | undefined;
    async function* source(): AsyncGenerator<DeviceLine> {
      yield line(2, 0x302);
      reserved ??= (await registry.reserve({ ...board, policy: 'keep' })).psk;
      yield line(3, 0x303);
    }
    expect(await importDevices({ dataDir }, source, importing)).toMatchObject({ added: 2 });
    expect(await registry.reveal(board.mac, 'test')).toBe(reserved);
  });

  it('run at once by four adds each device once', async () => {
    async function* source(): AsyncGenerator<DeviceLine> {
      await Promise.resolve();
      for (let device = 0x400; device < 0x500; device++) yield line(device, device);
    }
    const reports = await Promise.all([1, 2, 3, 4].map(() => importDevices({ dataDir }, source, importing)));
    expect(reports.map(({ added }) => added).sort((a, b) => a - b)).toEqual([0, 0, 0, 256]);
    expect(reports.reduce((sum, { unchanged }) => sum + unchanged, 0)).toBe(3 * 256);
    const [keys] = await queryAt(
      dataDir,
      `select count(*)::int as count, count(distinct device_id)::int as devices from device_keys
       where global_uuid like '110e3dc9-fa05-568f-a05a-98d0089504%'`,
    );
    expect(keys).toEqual({ count: 256, devices: 256 });
  });
});

it('an export whose reader goes away ends in quiet, and leaves the registry in order', async () => {
  const home = join(folder, 'exported');
  const file = join(folder, 'many.jsonl');
  const lines = Array.from({ length: 3000 }, (_, index) => {
    const { mac, uuid, psk } = line(0, index);
    return JSON.stringify({ mac, uuid, psk, location: `Hall ${index}` });
  });
  writeFileSync(file, lines.join('\n'));
  const at = (...args: string[]): string[] => ['--data-dir', home, 'devices', ...args];
  expect((await runInProcess(at('import', file))).stdout).toContain('3000 added');
  const child = spawn(process.execPath, [join(ROOT, 'bin/espmint.js'), ...at('export', '--format', 'jsonl')]);
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaint += text));
  const [first] = (await once(child.stdout.setEncoding('utf8'), 'data')) as [string];
  child.stdout.destroy();
  const [code] = (await once(child, 'close')) as [number | null];
  expect(first).toContain('a4:cf:12:36:');
  expect([complaint, code]).toEqual(['', 0]);
  expect((await runInProcess(at('list', '--limit', '1', '--json'))).code).toBe(0);
});
