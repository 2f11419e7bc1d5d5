// `--cross-check`: Espressif's own generator, as a process, has the last word.
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CrossCheckIo, crossCheckFiles, crossCheckImage } from '../../src/cli/compose/cross-check.js';
import { encodeNvs } from '../../src/core/nvs/index.js';
import { runInProcess } from '../support/cli-in-process.js';
import { PYTHON, toolAvailable } from '../support/reference-tools.js';
import { CORPUS, goldenImage } from '../support/nvs-corpus.js';

const csv = join(CORPUS, '01-seed.csv');
const seed = { image: goldenImage('01-seed.bin.gz'), sizeBytes: 0x10000, version: 2 as const };
const signal = new AbortController().signal;
let folder = '';
const dataDir = (): string => join(folder, 'data');
const io = (): CrossCheckIo => ({
  env: { ...process.env, ESPMINT_PYTHON: PYTHON },
  signal,
  dataDir: dataDir(),
});
const leftovers = (): string[] => readdirSync(join(dataDir(), 'work'));

beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'espmint-cross-'))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.runIf(toolAvailable('esp-idf-nvs-partition-gen', PYTHON))('with the real generator', () => {
  it('passes an image that the generator makes too, and leaves no file behind', async () => {
    await crossCheckFiles(io(), [csv], seed);
    expect(leftovers()).toEqual([]);
  });

  it('passes an image made of rows, as provisioning makes them', async () => {
    const image = encodeNvs([{ namespace: 'zc', key: 'psk', type: 'string', value: 'a,"b"\n c' }], 0x6000);
    await crossCheckImage(io(), { image, sizeBytes: 0x6000, version: 2 });
    expect(leftovers()).toEqual([]);
  });

  it('stops at the first byte that differs', async () => {
    const image = seed.image.slice();
    image[0x1234]! ^= 1;
    await expect(crossCheckFiles(io(), [csv], { ...seed, image })).rejects.toMatchObject({
      code: 'NVS_CROSS_CHECK_DIFFERS',
      message: expect.stringMatching(/offset 0x1234/) as unknown,
    });
  });

  it('stops when the generator refuses, without passing on what it prints', async () => {
    const bad = join(CORPUS, 'bad/u8-too-big.csv');
    await expect(crossCheckFiles(io(), [bad], seed)).rejects.toMatchObject({
      code: 'NVS_CROSS_CHECK_DIFFERS',
      message: expect.stringMatching(/refuses the same rows/) as unknown,
    });
  });

  it('writes nothing when generate is told to cross-check and the generator disagrees', async () => {
    const fake = join(folder, 'python');
    writeFileSync(fake, '#!/bin/sh\nprintf other > "$6"\n');
    chmodSync(fake, 0o755);
    process.env['ESPMINT_PYTHON'] = fake;
    try {
      const run = await runInProcess([
        'nvs',
        'generate',
        csv,
        join(folder, 'out.bin'),
        '0x10000',
        '--cross-check',
        '--data-dir',
        dataDir(),
      ]);
      expect(run).toMatchObject({ code: 6, stdout: '' });
      expect(existsSync(join(folder, 'out.bin'))).toBe(false);
    } finally {
      delete process.env['ESPMINT_PYTHON'];
    }
  });
});

describe('without a generator', () => {
  it('says how to get one', async () => {
    const poor = { env: { PATH: join(folder, 'nothing-here') }, signal, dataDir: dataDir() };
    await expect(crossCheckFiles(poor, [csv], seed)).rejects.toMatchObject({
      code: 'NVS_CROSS_CHECK_MISSING',
    });
    expect(leftovers()).toEqual([]);
  });
});
