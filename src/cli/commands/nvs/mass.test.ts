// Mass generation on disk: one image a device, and a run cut short goes on without a trace.
import { createHash } from 'node:crypto';
import { appendFileSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type InProcessRun, runInProcess } from '../../../../test/support/cli-in-process.js';
import { decodeNvs } from '../../../core/nvs/index.js';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'espmint-mass-'));
  writeFileSync(
    join(folder, 'config.csv'),
    'app,namespace,\nserial,data,string\npsk,data,hex2bin\nurl,data,string,REPEAT\n',
  );
  writeFileSync(join(folder, 'values.csv'), valuesCsv(ROWS));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const ROWS = 400;
const psk = (row: number): string => createHash('sha256').update(`${row}`).digest('hex').slice(0, 32);
const valuesCsv = (rows: number): string =>
  [
    'id,serial,psk,url',
    ...Array.from({ length: rows }, (_, i) => `D${i + 1},S${i + 1},${psk(i)},${i === 0 ? 'https://ca' : ''}`),
    '',
  ].join('\n');

const mass = (args: readonly string[] = [], signal?: AbortSignal): Promise<InProcessRun> => {
  const base = [
    'nvs',
    'mass',
    join(folder, 'config.csv'),
    join(folder, 'values.csv'),
    '--out-dir',
    join(folder, 'out'),
    '--size',
    '0x3000',
  ];
  return runInProcess([...base, ...args], signal === undefined ? {} : { signal });
};
const images = (): string[] => readdirSync(join(folder, 'out/bin'));
const manifest = (): string[] => readFileSync(join(folder, 'out/manifest.csv'), 'utf8').trim().split('\n');

/** Stops a run after so many looks at its signal. */
function stopAfter(looks: number): AbortSignal {
  let left = looks;
  const signal = new AbortController().signal;
  return new Proxy(signal, {
    get: (target, name) => (name === 'aborted' ? --left < 0 : Reflect.get(target, name)) as unknown,
  });
}

describe('nvs mass', () => {
  it('writes one image a device and a manifest without secrets', async () => {
    const run = await mass(['--file-id', 'id', '--json']);
    expect(JSON.parse(run.stdout)).toMatchObject({ type: 'mass', made: ROWS, kept: 0 });
    expect(images()).toHaveLength(ROWS);
    const image = readFileSync(join(folder, 'out/bin/nvs-D7.bin'));
    expect(
      decodeNvs(image).values.map(({ value }) =>
        typeof value === 'object' ? Buffer.from(value).toString('hex') : value,
      ),
    ).toEqual(['S7', psk(6), 'https://ca']);
    expect(manifest()[7]).toBe(`7,D7,bin/nvs-D7.bin,${createHash('sha256').update(image).digest('hex')}`);
    expect(manifest().join('\n')).not.toContain(psk(6));
  });

  it('goes on where it was stopped, and ends as if it never had been', async () => {
    const stopped = await mass([], stopAfter(3));
    expect(stopped).toMatchObject({ code: 130 });
    expect(images().length).toBe(4 * 64);
    appendFileSync(join(folder, 'out/manifest.csv'), '257,257,bin/nvs-2');
    writeFileSync(join(folder, 'out/bin/nvs-5.bin'), 'half');
    const run = await mass(['--json']);
    expect(JSON.parse(run.stdout)).toMatchObject({ made: ROWS - 4 * 64 + 1, kept: 4 * 64 - 1 });
    const resumed = manifest();
    rmSync(join(folder, 'out'), { recursive: true });
    await mass();
    expect(resumed).toEqual(manifest());
  });

  it('refuses to go on with other inputs', async () => {
    await mass();
    writeFileSync(join(folder, 'values.csv'), valuesCsv(ROWS).replace(psk(3), psk(9999)));
    expect((await mass()).stderr).toMatch(/Device 4 is not the one .*NVS_MASS_CHANGED/);
  });

  it('refuses two devices with one name instead of overwriting the first', async () => {
    writeFileSync(join(folder, 'values.csv'), valuesCsv(20).replace('D20,', 'D3,'));
    const run = await mass(['--file-id', 'id']);
    expect(run.stderr).toMatch(/values.csv:21: .*nvs-D3.bin exists already.*NVS_MASS_EXISTS/);
  });

  it('numbers images in a range and stops at its end', async () => {
    const run = await mass(['--prefix', 'fan', '--prefix-num', '100', '110']);
    expect(images().sort()).toEqual(Array.from({ length: 11 }, (_, i) => `fan-${100 + i}.bin`));
    expect(run.stderr).toMatch(/values.csv:13:1: there are more devices than numbers up to 110/);
  });

  it('gives each image a key of its own, and the same one when it goes on', async () => {
    writeFileSync(join(folder, 'values.csv'), valuesCsv(3));
    await mass(['--encrypt-new-keys']);
    const before = manifest();
    await mass(['--encrypt-new-keys']);
    expect(manifest()).toEqual(before);
    const key = join(folder, 'out/keys/keys-nvs-2.bin');
    const shown = await runInProcess(['nvs', 'inspect', join(folder, 'out/bin/nvs-2.bin'), '--key', key]);
    expect(shown.stdout).toMatch(/serial +string .* S2/);
  });

  it('names the line of a value that cannot be stored, and keeps what it made before', async () => {
    writeFileSync(join(folder, 'values.csv'), valuesCsv(10).replace(psk(6), 'no-hex-digits'));
    const run = await mass();
    expect(run.stderr).toMatch(/values.csv:8:7: the value of "psk" is not all hex digits/);
    expect(run.stderr).not.toContain('no-hex');
    expect(images()).toHaveLength(6);
  });
});
