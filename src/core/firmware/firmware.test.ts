import { describe, expect, it } from 'vitest';
import {
  flasherArgs,
  FIRMWARE_ROWS,
  imageBytes,
  makeBuild,
  merged,
  type Build,
} from '../../../test/support/firmware.js';
import { row } from '../../../test/support/flash-layouts.js';
import type { FirmwareBundle } from './bundle.js';
import { checkImage, readAppDescription, readImageHeader, withFlashSettings } from './image.js';
import { readBundle } from './read-bundle.js';

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

function read(file: string, bytes: Uint8Array, build: Build): Promise<FirmwareBundle> {
  const byPath = new Map(Object.values(build.files).map(({ path, bytes }) => [path, bytes]));
  return readBundle({
    file,
    bytes,
    read: (path) => {
      const found = byPath.get(path);
      return found === undefined ? Promise.reject(new Error(`no ${path}`)) : Promise.resolve(found);
    },
  });
}

const asArgs = (build: Build, chip?: 'esp32s3'): Promise<FirmwareBundle> =>
  read('flasher_args.json', text(flasherArgs(build, chip)), build);

/** Places and roles of a bundle's only build. */
const placesOf = ({ builds }: FirmwareBundle): string[] =>
  (builds[0]?.parts ?? []).map(
    ({ offsetBytes, role, bytes }) => `${role} 0x${offsetBytes.toString(16)} +0x${bytes.length.toString(16)}`,
  );

describe('a firmware bundle', () => {
  it('is the same from flasher_args.json, flash_args, a web manifest and a merged image', async () => {
    const build = makeBuild();
    const bundle = await asArgs(build);
    expect(bundle).toMatchObject({ name: 'sensor', version: '2.1.0' });
    expect(bundle.builds[0]).toMatchObject({
      chip: 'esp32',
      app: { project: 'sensor', idfVersion: 'v5.4.1' },
    });
    expect(placesOf(bundle)).toEqual([
      'bootloader 0x1000 +0x5000',
      'table 0x8000 +0x1000',
      'data 0xf000 +0x2000',
      'app 0x20000 +0xf000',
    ]);
    const words = Object.entries(build.files).map(([place, { path }]) => `${place} ${path}`);
    const asText = `--flash_mode dio --flash_freq 40m --flash_size 4MB\n${words.join('\n')}\n`;
    const page = {
      name: 'Sensor',
      version: '9',
      builds: [
        { chipFamily: 'ESP8266', parts: [{ path: 'none.bin', offset: 0 }] },
        {
          chipFamily: 'ESP32',
          parts: Object.entries(build.files).map(([place, { path }]) => ({ path, offset: Number(place) })),
        },
      ],
    };
    const others = [
      await read('flash_args', text(asText), build),
      await read('manifest.json', text(JSON.stringify(page)), build),
      await read('merged.bin', merged(build), build),
    ];
    expect(others.map(({ digest }) => digest)).toEqual(others.map(() => bundle.digest));
    expect(others[1]).toMatchObject({ name: 'Sensor', version: '9' });
  });

  it('leaves what a merged image only pads to the board', async () => {
    const bundle = await read('merged.bin', merged(makeBuild(), 4 * 1024 * 1024), makeBuild());
    const parts = bundle.builds[0]?.parts ?? [];
    expect(parts.some(({ offsetBytes }) => offsetBytes === 0x9000)).toBe(false);
    expect(Math.max(...parts.map(({ offsetBytes, bytes }) => offsetBytes + bytes.length))).toBe(0x2f000);
  });

  it('carries the flash settings of its build into the boot loader, with the digest anew', () => {
    const image = imageBytes({ sizeAndSpeed: 0x10 });
    const changed = withFlashSettings(image, 'esp32', { mode: 'qio', size: '8MB', frequency: '80m' });
    if ('reason' in changed) throw new Error(changed.reason);
    expect([...changed.subarray(2, 4)]).toEqual([0, 0x3f]);
    expect(checkImage(changed)).toEqual(checkImage(image));
    expect(withFlashSettings(image, 'esp32', { size: 'keep' })).toBe(image);
    expect(withFlashSettings(image, 'esp32', { size: '3MB' })).toHaveProperty('reason');
  });

  it('comes from flash_args with quoted names and with switches of esptool', async () => {
    const build = makeBuild();
    const files = Object.fromEntries(
      Object.entries(build.files).map(([at, { path, bytes }]) => [at, { path: `my ${path}`, bytes }]),
    );
    const pairs = Object.entries(files).map(([at, { path }]) => `${at} "${path}"`);
    const args = ['--compress --flash-mode dio --flash_freq 40m --flash-size 4MB --verify', ...pairs].join(
      '\n',
    );
    const taken = await read('flash_args', text(args), { files });
    expect(taken.digest).toBe((await asArgs(build)).digest);
  });

  const damaged = (wanted: string): Build => {
    const { files } = makeBuild();
    for (const { path, bytes } of Object.values(files)) if (path === wanted) bytes[0] = 0x42;
    return { files };
  };
  const grown = FIRMWARE_ROWS.map((one) => (one.name === 'ota_0' ? { ...one, size: 0x4000 } : one));
  const cases: readonly [string, () => Promise<FirmwareBundle>, RegExp][] = [
    [
      'an image beyond its partition',
      () => asArgs(makeBuild({ rows: grown })),
      /sensor\.bin ends at .* behind the partition "ota_0"/,
    ],
    [
      'an image for another chip than the others',
      () => asArgs(makeBuild({ app: { chip: 'esp32s3' } })),
      /is for ESP32-S3, and .* for ESP32/,
    ],
    [
      'a build for another chip than its images',
      () => asArgs(makeBuild(), 'esp32s3'),
      /is for ESP32, and flasher_args\.json for ESP32-S3/,
    ],
    [
      'an application outside an application partition',
      () =>
        asArgs(
          makeBuild({ rows: [row('nvs', 'nvs', 0x9000, 0x6000), row('data', 'fat', 0x10000, 0x100000)] }),
        ),
      /where no application partition begins/,
    ],
    [
      'two files in one place',
      () => {
        const build = makeBuild();
        const files = { ...build.files, '0x28000': { path: 'b.bin', bytes: new Uint8Array(64) } };
        return asArgs({ files });
      },
      /b\.bin begins at 0x28000, inside sensor\.bin/,
    ],
    [
      'an image that was cut',
      () => {
        const build = makeBuild();
        const files = Object.fromEntries(
          Object.entries(build.files).map(([place, { path, bytes }]) => [
            place,
            { path, bytes: path === 'sensor.bin' ? bytes.subarray(0, 30_000) : bytes },
          ]),
        );
        return asArgs({ files });
      },
      /sensor\.bin is cut short/,
    ],
    [
      'an application alone',
      () => read('app.bin', imageBytes(), makeBuild()),
      /one image without a partition table/,
    ],
    [
      'a list that is none',
      () => read('x.json', text('{"a": 1}'), makeBuild()),
      /neither "flash_files" nor "builds"/,
    ],
    [
      'an application that is none',
      () => asArgs(damaged('sensor.bin')),
      /sensor\.bin goes to the application partition "ota_0" \(0x20000\), and is no image \(its first byte is 0x42, not 0xe9\)/,
    ],
    [
      'a boot loader that is none',
      () => asArgs(damaged('bootloader/bootloader.bin')),
      /bootloader\.bin goes to 0x1000, where the boot loader begins, and is no image/,
    ],
    [
      'a manifest with a place as text',
      () =>
        read('m.json', text('{"builds":[{"chipFamily":"ESP32","parts":[{"path":"a","offset":"0x1"}]}]}'), {
          files: {},
        }),
      /is not as it must be at builds\.0\.parts\.0\.offset/,
    ],
    [
      'a manifest for other chips only',
      () =>
        read('m.json', text('{"builds":[{"chipFamily":"ESP8266","parts":[{"path":"a","offset":0}]}]}'), {
          files: {},
        }),
      /no build for a chip that espmint knows \(only ESP8266\)/,
    ],
    [
      'a build that the chip is to encrypt',
      () => read('flash_args', text('--encrypt 0x1000 app.bin'), makeBuild()),
      /asks the chip to encrypt what is written \(--encrypt\)/,
    ],
    [
      'half a JSON file',
      () => read('x.json', text('{"flash_files": '), makeBuild()),
      /x\.json:1 is not JSON/,
    ],
    [
      'a JSON file with a name twice',
      () => read('x.json', text('{"flash_files": {},\n"flash_files": {}}'), makeBuild()),
      /x\.json:2 has "flash_files" twice/,
    ],
    [
      'a place that is none',
      () => read('flash_args', text('0x10q0 app.bin'), makeBuild()),
      /"0x10q0" where a place/,
    ],
  ];
  it.each(cases)('is refused for %s, with the file and what to do', async (_, make, message) => {
    const error = await make().then(
      () => new Error('was taken'),
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({ code: 'FIRMWARE_INVALID' });
    expect(String(error)).toMatch(message);
  });
});

describe('an image header', () => {
  it('tells chip, flash and revisions, also of images from before full revisions', () => {
    const image = imageBytes({ chip: 'esp32s3', minRevision: 1, maxRevision: 199 });
    expect(readImageHeader(image)).toEqual({
      chipId: 9,
      flashMode: 'dio',
      flashSizeBytes: 0x40_0000,
      minRevision: 1,
      maxRevision: 199,
    });
    const old = imageBytes({ maxRevision: 0 });
    old[14] = 3;
    expect(readImageHeader(old)).toMatchObject({ minRevision: 300, maxRevision: 0xffff });
    expect(readAppDescription(image)).toBeUndefined();
  });
});
