// What espmint makes of a build, compared with the real esptool: the images, the flash afterwards, and its own way of writing.
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { ChipName } from '../../src/core/chips/index.js';
import { decodeNvs } from '../../src/core/nvs/index.js';
import { createVirtualBoard, servePty } from '../../src/virtual/index.js';
import { runInProcess } from '../support/cli-in-process.js';
import { runEsptool } from '../support/esptool.js';
import { FIRMWARE_ROWS, makeBuild, merged, writeBuild } from '../support/firmware.js';
import { row } from '../support/flash-layouts.js';
import { toolAvailable, PYTHON } from '../support/reference-tools.js';

const folder = mkdtempSync(join(tmpdir(), 'espmint-firmware-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function onBoard<T>(
  chip: ChipName,
  use: (url: string, flash: () => Uint8Array) => Promise<T>,
): Promise<T> {
  const board = createVirtualBoard({ chip, partitionTable: 'none', mac: 'a4:cf:12:34:56:78' });
  const server = await servePty(board, 'board');
  try {
    return await use(server.url, () => board.flash.read(0, board.flash.sizeBytes));
  } finally {
    await server.close();
    board.dispose();
  }
}

/** Keys of an encrypted NVS, as Espressif's tool opens it with the key beside it. */
function decryptedByEspressif(dump: Uint8Array, key: Uint8Array): string[] {
  writeFileSync(join(folder, 'dump.bin'), dump);
  writeFileSync(join(folder, 'key.bin'), key);
  const call = [
    '-W',
    'ignore',
    '-m',
    'esp_idf_nvs_partition_gen',
    'decrypt',
    'dump.bin',
    'key.bin',
    'plain.bin',
  ];
  const run = spawnSync(PYTHON, call, { cwd: folder, encoding: 'utf8' });
  expect(run.status, run.stderr).toBe(0);
  return decodeNvs(new Uint8Array(readFileSync(join(folder, 'plain.bin')))).values.map((one) => one.key);
}

async function esptool(...args: string[]): Promise<string> {
  const { exitCode, output } = await runEsptool(args);
  expect(exitCode, output).toBe(0);
  return output;
}

const provision = (url: string, firmware: string, ...more: string[]): ReturnType<typeof runInProcess> =>
  runInProcess([
    'provision',
    ...['--port', url, '--firmware', firmware, '--ca-url', 'https://ca.example.com:8443'],
    ...['--registry', 'none', '--keys-to', join(folder, 'keys.jsonl'), '--data-dir', join(folder, 'data')],
    ...more,
  ]);

/** Beside the firmware: images of two file systems, and rows in an encrypted NVS. */
const REGIONS = `name: sensor
nvs: { encryption: { scheme: flash } }
regions:
  - { partition: storage, file: storage.bin }
  - { partition: assets, file: assets.bin }
  - partition: factory_data
    nvs: { encrypted: true, rows: [{ key: serial, type: string, value: 'SN-{{macHex}}' }] }
`;
const ROWS = [
  ...FIRMWARE_ROWS,
  row('keys', 'nvs_keys', 0x16000, 0x1000),
  row('assets', 'spiffs', 0x1e0000, 0x10000),
];

describe.runIf(toolAvailable('esptool', PYTHON)).each(['esp32', 'esp32s3', 'esp32c3', 'esp32c6'] as const)(
  'firmware that espmint flashed onto an %s',
  (chip) => {
    it('is what esptool verifies, and what it would have written with the same files', async () => {
      const build = makeBuild({ chip, rows: ROWS, bootloader: { sizeAndSpeed: 0x10, mode: 0 } });
      const args = writeBuild(join(folder, chip), build, chip);
      const settings = ['--flash-mode', 'dio', '--flash-size', '4MB', '--flash-freq', '40m'];
      const files = Object.entries(build.files).flatMap(([at, { path }]) => [at, join(dirname(args), path)]);
      const info = await esptool('--chip', chip, 'image-info', files.at(-1) ?? '');
      expect(info).toMatch(/Validation hash: \w+ \(valid\)/);
      expect(info).toMatch(/Project name: sensor/);
      const profile = join(folder, chip, 'sensor.yaml');
      writeFileSync(profile, REGIONS);
      for (const [name, bytes] of [
        ['storage', 0x40000],
        ['assets', 0x9800],
      ] as const)
        writeFileSync(join(folder, chip, `${name}.bin`), randomBytes(bytes));
      files.push('0x1a0000', join(folder, chip, 'storage.bin'), '0x1e0000', join(folder, chip, 'assets.bin'));
      const byUs = await onBoard(chip, async (url, flash) => {
        const run = await provision(url, args, '--profile', profile);
        expect(run.code, run.stderr + run.stdout).toBe(0);
        const port = ['--port', url];
        expect(await esptool(...port, 'verify-flash', ...settings, ...files)).toMatch(
          /Verification successful/,
        );
        return flash();
      });
      const byEsptool = await onBoard(chip, async (url, flash) => {
        await esptool('--port', url, 'write-flash', ...settings, ...files);
        return flash();
      });
      expect(decryptedByEspressif(byUs.subarray(0x9000, 0xf000), byUs.subarray(0x16000, 0x17000))).toEqual(
        expect.arrayContaining(['global_uuid', 'psk_secret', 'ca_service_url']),
      );
      expect(decryptedByEspressif(byUs.subarray(0x12000, 0x16000), byUs.subarray(0x16000, 0x17000))).toEqual([
        'serial',
      ]);
      const withoutIdentity = (bytes: Uint8Array): Buffer =>
        Buffer.from(bytes).fill(0xff, 0x9000, 0xf000).fill(0xff, 0x12000, 0x17000);
      expect(withoutIdentity(byUs).equals(withoutIdentity(byEsptool))).toBe(true);
    });

    it.runIf(chip === 'esp32')('comes from an image that esptool merged too', async () => {
      const build = makeBuild({ chip });
      const args = writeBuild(join(folder, `${chip}-m`), build, chip);
      const files = Object.entries(build.files).flatMap(([at, { path }]) => [at, join(dirname(args), path)]);
      const image = join(folder, `${chip}.bin`);
      await esptool('--chip', chip, 'merge-bin', '-o', image, '--pad-to-size', '4MB', ...files);
      expect(Buffer.from(readFileSync(image)).subarray(0, 0x20000)).toEqual(
        Buffer.from(merged(build, 4 * 1024 * 1024)).subarray(0, 0x20000),
      );
      await onBoard(chip, async (url) => {
        const run = await provision(url, image);
        expect(run.code, run.stderr + run.stdout).toBe(0);
        await esptool('--port', url, 'verify-flash', ...files);
      });
    });
  },
);

describe('firmware that is not there', () => {
  it('is refused with the file and what to do, before a port is opened', async () => {
    const args = writeBuild(join(folder, 'gone'), makeBuild());
    rmSync(join(folder, 'gone', 'sensor.bin'));
    const run = await provision('/dev/espmint-none', args);
    expect(run.code).toBe(2);
    expect(run.stderr).toMatch(/sensor\.bin cannot be read \(it does not exist\)/);
    writeFileSync(join(folder, 'other.json'), '{}');
    expect((await provision('/dev/espmint-none', join(folder, 'other.json'))).stderr).toMatch(
      /neither "flash_files" nor "builds"; give flasher_args\.json/,
    );
    expect((await provision('/dev/espmint-none', folder)).stderr).toMatch(
      /is a folder without flasher_args\.json/,
    );
  });
});
