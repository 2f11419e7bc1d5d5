// Firmware bundles of the registry: one set of bytes for each version, wherever they are flashed.
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readFirmwareFile } from '../../src/cli/compose/firmware.js';
import { Store } from '../../src/registry/index.js';
import { runInProcess, type InProcessRun } from '../support/cli-in-process.js';
import { makeBuild, writeBuild } from '../support/firmware.js';

const folder = mkdtempSync(join(tmpdir(), 'espmint-bundles-'));
const dataDir = join(folder, 'data');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const cli = (...args: string[]): Promise<InProcessRun> => runInProcess([...args, '--data-dir', dataDir]);

describe('a firmware bundle in the registry', () => {
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
