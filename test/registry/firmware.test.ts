// Firmware bundles of the registry: one set of bytes for each version, wherever they are flashed.
import { mkdirSync, mkdtempSync, symlinkSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readFirmwareFile } from '../../src/cli/compose/firmware.js';
import { Store } from '../../src/registry/index.js';
import { createApp } from '../../src/service/app.js';
import type { Job } from '../../src/service/contract/index.js';
import { runInProcess, type InProcessRun } from '../support/cli-in-process.js';
import { flasherArgs, imageBytes, makeBuild, writeBuild } from '../support/firmware.js';
import { createBench } from '../support/service-bench.js';

const folder = mkdtempSync(join(tmpdir(), 'espmint-bundles-'));
const dataDir = join(folder, 'data');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const cli = (...args: string[]): Promise<InProcessRun> => runInProcess([...args, '--data-dir', dataDir]);

describe('a firmware bundle in the registry', () => {
  it('names no file outside the folder of its listing, by a path or a link', async () => {
    const home = join(folder, 'inner');
    mkdirSync(home);
    writeFileSync(join(folder, 'private'), 'x');
    symlinkSync('../private', join(home, 'link'));
    for (const name of ['../private', join(folder, 'private'), 'link']) {
      writeFileSync(join(home, 'flash_args'), `0x0 "${name}"`);
      await expect(readFirmwareFile(home)).rejects.toThrow(
        /which is outside its folder; copy that file into/,
      );
    }
  });

  it('is added once for each version, comes back byte for byte, and goes on without the registry', async () => {
    const file = writeBuild(join(folder, 'one'), makeBuild());
    const read = await readFirmwareFile(file);
    const added = await cli('firmware', 'add', file);
    expect(added.stdout, added.stderr).toBe(`sensor@2.1.0  esp32  ${read.digest}\n`);
    expect((await cli('firmware', 'add', file)).code).toBe(0);
    const other = await cli('firmware', 'add', writeBuild(join(folder, 'two'), makeBuild()));
    expect(other.stderr).toMatch(/has other bytes as firmware sensor@2\.1\.0; .* --bundle-version/);
    const again = await cli('firmware', 'add', join(folder, 'two'), '--bundle-version', '2.1.0-b');
    expect(again.stdout).toMatch(/^sensor@2\.1\.0-b /);
    expect((await cli('firmware', 'list')).stdout.split('\n').filter((line) => line !== '')).toHaveLength(2);
    expect((await cli('firmware', 'show', 'sensor@2.1.0')).stdout).toContain('bootloader/bootloader.bin');

    const store = await Store.open({ dataDir });
    const firmware = store.firmware();
    const bundle = await firmware.get('sensor@2.1.0');
    expect(bundle).toEqual(read);
    await firmware.close();
    await store.close();
    const away = await Store.open({ dataDir, databaseUrl: 'postgresql://127.0.0.1:9/none', timeoutMs: 500 });
    const offline = away.firmware();
    expect((await offline.get('sensor@2.1.0')).digest).toBe(read.digest);
    await expect(offline.get('sensor@2.1.0-b')).rejects.toMatchObject({ code: 'REGISTRY_UNREACHABLE' });
    const [copy = ''] = readdirSync(join(dataDir, 'firmware')).filter((name) => name.endsWith('.bin'));
    writeFileSync(join(dataDir, 'firmware', copy), 'damaged');
    await offline.close();
    const later = away.firmware();
    await expect(later.get('sensor@2.1.0')).rejects.toMatchObject({ code: 'REGISTRY_UNREACHABLE' });
    await later.close();
    await away.close();
  });

  it('is refused by a name that there is not, and leaves with a reason', async () => {
    expect((await cli('firmware', 'show', 'nothing@1')).stderr).toMatch(
      /has no firmware "nothing@1"; look at what it has with espmint firmware list/,
    );
    expect((await cli('firmware', 'remove', 'sensor@2.1.0-b', '--reason', 'a fault')).code).toBe(0);
    expect((await cli('firmware', 'list')).stdout).not.toContain('2.1.0-b');
  });
});

describe('bundles and lists of values over HTTP', () => {
  it('come in as a build and as a list, are given to boards of the station, and leave with a reason', async () => {
    const bench = await createBench(2);
    const store = await Store.open({ dataDir });
    const [firmware, values] = [store.firmware(), store.values()];
    const [registry, administration] = [await store.registry(), store.administration()];
    const parts = { ...bench.parts, registry, administration, firmware, values };
    const app = await createApp(parts, { version: '1.2.3', dataDir: bench.dataDir, portIntervalMs: 20 });
    await app.ready();
    const call = async (method: 'GET' | 'POST', path: string, payload?: object) => {
      const answer = await app.inject({ method, url: `/api/v1${path}`, ...(payload && { payload }) });
      return { status: answer.statusCode, body: answer.json<Record<string, unknown>>() };
    };
    try {
      const build = makeBuild({ project: 'lamp', version: '3.0.0', appBytes: 700_000 });
      const listing = { path: 'build\\flasher_args.json', content: btoa(flasherArgs(build)) };
      const files = Object.values(build.files).map(({ path, bytes }) => ({
        path: `build/${path}`,
        content: Buffer.from(bytes).toString('base64'),
      }));
      const half = await call('POST', '/firmware', { files: [listing, ...files.slice(1)] });
      expect(half.body).toMatchObject({ code: 'FIRMWARE_INVALID' });
      expect(half.body['message']).toMatch(/names bootloader\/bootloader\.bin, which did not come with it/);
      const added = await call('POST', '/firmware', { files: [...files, listing] });
      expect(added, JSON.stringify(added)).toMatchObject({
        status: 200,
        body: { name: 'lamp', version: '3.0.0', chips: ['esp32'] },
      });
      const image = Buffer.from(imageBytes({ app: { project: 'solo', version: '1' } }));
      const merged = Buffer.concat([Buffer.alloc(0x1000, 0xff), image]).toString('base64');
      const broken = await call('POST', '/firmware', { files: [{ path: 'x.bin', content: `${merged}*` }] });
      expect(broken.body['message']).toMatch(/x\.bin is not base64/);
      const listed = await call('GET', '/firmware');
      expect(JSON.stringify(listed.body)).toContain('"lamp"');
      expect((await call('GET', '/firmware/lamp%403.0.0')).body['digest']).toBe(added.body['digest']);

      const settings = {
        name: 'lamp',
        caUrl: 'https://ca.example.com',
        firmware: 'lamp@3.0.0',
        values: {
          list: 'lamps',
          columns: [{ name: 'pin', type: 'u32', secret: true }, { name: 'sku' }],
        },
        nvs: { rows: [{ key: 'pin', type: 'u32', value: '{{pin}}' }] },
      };
      await call('POST', '/profiles', { profile: { settings } });
      const upload = async (payload: string) => {
        const url = '/api/v1/values?profile=lamp&file=lamps.csv';
        const answer = await app.inject({
          method: 'POST',
          url,
          headers: { 'content-type': 'text/csv' },
          payload,
        });
        return answer.json<Record<string, unknown>>();
      };
      const wrong = await upload('pin,sku\nx,A');
      expect(wrong['message']).toMatch(/lamps\.csv:2: pin is no whole number/);
      const rows = 'pin,sku\n471147,A-1\n471148,A-2\n471149,A-3';
      expect(await upload(rows)).toEqual({ list: 'lamps', rows: 3 });
      await expect.poll(async () => (await call('GET', '/ports')).body['ports']).toHaveLength(2);
      const ports = ['virtual://1', 'virtual://2'];
      expect((await call('POST', '/jobs', { ports })).status).toBe(200);
      const jobs = async (): Promise<Job[]> => (await call('GET', '/jobs')).body['jobs'] as Job[];
      await expect.poll(jobs, { timeout: 30_000 }).toMatchObject([{ state: 'passed' }, { state: 'passed' }]);
      expect((await jobs())[0]?.firmware).toMatchObject({ project: 'lamp', version: '3.0.0' });

      const page = await call('GET', '/values/lamps/rows?limit=2');
      expect(page.body).toMatchObject({ rows: [{ state: 'used' }, { state: 'used' }], next: 2 });
      expect(JSON.stringify(page.body)).not.toContain('47114');
      expect((await call('GET', '/values/lamps/rows?state=free')).body).toEqual({
        rows: [{ number: 3, state: 'free', values: { sku: 'A-3' } }],
      });
      const exported = await app.inject({ url: '/api/v1/devices/export?values=lamps' });
      expect(exported.body).toMatch(/^[^\n]*,values\.sku\r?\n/);
      expect(exported.body).toMatch(/,A-1\b/);
      expect(exported.body).not.toMatch(/pin\b|47114/);
      const returned = { state: 'returned', reason: 'board erased' };
      expect((await call('POST', '/values/lamps/rows/1', returned)).status).toBe(200);
      expect((await call('GET', '/values')).body['lists']).toMatchObject([
        { name: 'lamps', counts: { free: 1, used: 1, returned: 1, scrapped: 0 } },
      ]);
      expect((await call('POST', '/firmware/lamp%403.0.0/remove', { reason: 'a fault' })).body).toEqual({
        ok: true,
      });
      // A version that is gone is given to no board any more, also where this station has used it.
      const gone = await call('POST', '/jobs', { ports: ['virtual://1'] });
      expect(gone).toMatchObject({ status: 404, body: { code: 'FIRMWARE_UNKNOWN' } });
      await call('POST', '/profiles', {
        profile: { settings: { ...settings, firmware: 'build/flasher_args.json' } },
        basedOn: 1,
      });
      const file = await call('POST', '/jobs', { ports: ['virtual://1'] });
      expect(file.body['message']).toMatch(/is no bundle of the registry.*write NAME@VERSION/);
    } finally {
      await app.close();
      await firmware.close();
      await values.close();
      await administration.close();
      await registry.close();
      await store.close();
      await bench.dispose();
    }
  });
});
