// The packed program on Node for Windows, under Wine: `npm run test:windows`. What Wine cannot tell stands in
// docs/reference/platforms.md.
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { otherPostgresBin } from '../registry/other-postgres.js';
import { makeTcpPostgres, type TcpPostgres } from '../registry/tcp-postgres.js';
import { espmint, scratchDir, startVirtualProcess, type VirtualBench } from '../support/cli.js';
import { toolAvailable } from '../support/reference-tools.js';
import {
  espmintOnConsole,
  espmintOnWindows,
  FOLDER,
  leadPort,
  POSTGRES_BIN,
  startWine,
  stopWine,
  windowsPath,
} from './wine.js';

const MAC = 'a4:cf:12:34:56:78';
const MINUTES = 60_000;

describe.runIf(FOLDER !== '')('espmint on Windows', { timeout: 10 * MINUTES }, () => {
  const scratch = scratchDir('windows');
  const at = (name: string): string => join(scratch.path, name);
  let boards: VirtualBench;
  let network: VirtualBench;

  beforeAll(async () => {
    boards = await startVirtualProcess(['--pty', '--mac', MAC]);
    network = await startVirtualProcess(['--listen', 'tcp://127.0.0.1:0', '--mac', 'a4:cf:12:34:56:90']);
    leadPort('COM7', boards.urls[0] ?? '');
    startWine();
  });
  afterAll(async () => {
    stopWine();
    await boards.close();
    await network.close();
    scratch.remove();
  });

  it('tells the version that was packed', async () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    expect(await espmintOnWindows(['--version'])).toMatchObject({ code: 0, stdout: `${version}\n` });
  });

  it('gives a MAC the same UUID as elsewhere', async () => {
    const [there, here] = await Promise.all([
      espmintOnWindows(['identity', MAC]),
      espmint(['identity', MAC]),
    ]);
    expect(there.stdout).toBe(here.stdout);
  });

  it('makes the same NVS image, byte for byte', async () => {
    writeFileSync(
      at('values.csv'),
      'key,type,encoding,value\r\ndevice,namespace,,\r\nname,data,string,Lämpchen\r\ncount,data,u32,7\r\n',
    );
    const there = await espmintOnWindows([
      'nvs',
      'generate',
      windowsPath(at('values.csv')),
      windowsPath(at('there.bin')),
      '0x6000',
    ]);
    expect(there).toMatchObject({ code: 0 });
    await espmint(['nvs', 'generate', at('values.csv'), at('here.bin'), '0x6000']);
    expect(readFileSync(at('there.bin')).equals(readFileSync(at('here.bin')))).toBe(true);
  });

  it('looks at the machine', async () => {
    const { stdout } = await espmintOnWindows(['doctor', '--data-dir', windowsPath(at('doctor'))]);
    expect(stdout).toMatch(/✓ node +Node \d+\.\d+\.\d+ on win32 x64/);
  });

  it('lists ports', async () => {
    expect(await espmintOnWindows(['ports', '--json'])).toMatchObject({ code: 0, stderr: '' });
  });

  it.each(['COM7', 'com7', '\\\\.\\COM7'])('reads the board at %s', async (port) => {
    const { stdout } = await espmintOnWindows(['inspect', '--port', port, '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ type: 'board', chip: 'esp32', mac: MAC });
  });

  it('provisions the board at com7 without a registry, and keeps its key', async () => {
    const keys = at('keys.jsonl');
    const made = await espmintOnWindows([
      ...['provision', '--port', 'com7', '--ca-url', 'https://ca.example.com'],
      ...['--registry', 'none', '--keys-to', windowsPath(keys), '--json'],
    ]);
    expect(made).toMatchObject({ code: 0 });
    // Wine's icacls does nothing and says nothing: then nothing may be claimed.
    expect(made.stderr).toMatch(
      /The file \S+keys\.jsonl could not be made private \(icacls lists no rights of it\)/,
    );
    expect(made.stderr).not.toContain('readable by you only');
    const [kept = ''] = readFileSync(keys, 'utf8').split('\n', 1);
    // What is on the board is read by the program on this system.
    const read = await espmint(['inspect', '--port', boards.urls[0] ?? '', '--json']);
    expect(read.stdout).toContain((JSON.parse(kept) as { uuid: string }).uuid);
  });

  it('keeps devices in the embedded registry, over the loopback, from one command to the next', async () => {
    const embedded = ['--data-dir', windowsPath(at('embedded')), '--postgres-bin', windowsPath(POSTGRES_BIN)];
    const made = await espmintOnWindows([
      ...['provision', '--port', network.urls[0] ?? '', '--ca-url', 'https://ca.example.com', '--json'],
      ...embedded,
    ]);
    expect(made).toMatchObject({ code: 0 });
    // The server of the first command was stopped in good order: the second starts it anew.
    expect(existsSync(at('embedded/postgres/cluster/postmaster.pid'))).toBe(false);
    const { stdout } = await espmintOnWindows(['devices', 'list', '--json', ...embedded]);
    expect(stdout).toContain(network.macs[0]);
    expect(readFileSync(at('embedded/postgres/server.log'), 'utf8')).toMatch(
      /database system is shut down\s*$/,
    );
  });

  describe.runIf(toolAvailable('a PostgreSQL server', otherPostgresBin()))('with a PostgreSQL server', () => {
    let server: TcpPostgres | undefined;
    beforeAll(async () => {
      chmodSync(scratch.path, 0o755);
      server = await makeTcpPostgres(otherPostgresBin(), at('postgres'));
      await server.start();
      await server.sql('create database factory');
    });
    afterAll(() => server?.kill());

    const url = (): string => server?.url('factory') ?? '';
    const withRegistry = (...args: string[]): string[] => [
      ...args,
      ...['--database-url', url(), '--data-dir', windowsPath(at('data'))],
    ];

    it('provisions a board on the network into it', async () => {
      const args = [
        'provision',
        '--port',
        network.urls[0] ?? '',
        '--ca-url',
        'https://ca.example.com',
        '--json',
      ];
      expect(await espmintOnWindows(withRegistry(...args))).toMatchObject({ code: 0 });
      const client = new pg.Client({ connectionString: url() });
      await client.connect();
      const { rows } = await client.query('select mac_address, status from devices');
      await client.end();
      expect(rows).toEqual([{ mac_address: network.macs[0], status: 'provisioned' }]);
    });

    it('serves the dashboard until Ctrl-C, and again after it', async () => {
      for (let start = 0; start < 2; start++) {
        const service = espmintOnConsole(withRegistry('serve', '--port', '8597'));
        const health = async (): Promise<number> =>
          (await fetch('http://127.0.0.1:8597/api/v1/health/ready')).status;
        await expect.poll(() => health().catch(String), { timeout: 3 * MINUTES }).toBe(200);
        service.type('\x03');
        expect(await service.exitCode).toBe(0);
        await expect(health()).rejects.toThrow();
      }
    });
  });
});
