// The firmware examples, compiled for this computer over a second NVS reader, understand every image that espmint makes.
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deviceRows, wifiPlanOf, type DeviceValues } from '../../src/core/device-config.js';
import { parseMac } from '../../src/core/mac.js';
import { encodeNvs } from '../../src/core/nvs/index.js';
import { profileSchema } from '../../src/core/profile/schema.js';
import { parsePsk } from '../../src/core/psk.js';
import { deviceProof, deviceVerifier, deviceWpsPin } from '../../src/core/wifi-device-secrets.js';
import { ROOT } from '../support/reference-tools.js';

const HOST = join(ROOT, 'test/firmware/host');
const COMPONENT = join(ROOT, 'examples/esp-idf/components/espmint_identity');
const STRICT = ['-Wall', '-Wextra', '-Werror', '-fsanitize=address,undefined', '-fno-sanitize-recover'];
const PSK = parsePsk('00112233445566778899aabbccddeeff');
const BASE: DeviceValues = {
  mac: parseMac('a4:cf:12:34:56:78'),
  uuid: '110e3dc9-fa05-568f-a05a-98d00891029d',
  psk: PSK,
  chip: 'esp32',
  caUrl: 'https://ca.example.com',
};
const { nvs: LAYOUT } = profileSchema.parse({ name: 'sensor' });

const hasCompiler = spawnSync('cc', ['--version']).status === 0;
if (!hasCompiler) {
  if (process.env['CI'] === 'true') throw new Error('there is no C compiler (cc) for the firmware examples');
  console.warn('SKIPPED: the firmware examples: no C compiler (cc)');
}

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'espmint-firmware-'));
  if (!hasCompiler) return;
  const include = ['-I', HOST, '-I', join(COMPONENT, 'include')];
  const object = (compiler: string, source: string, name: string): string => {
    const out = join(folder, `${name}.o`);
    execFileSync(compiler, [...STRICT, ...include, '-c', source, '-o', out]);
    return out;
  };
  const parts = [
    object('cc', join(COMPONENT, 'espmint_identity.c'), 'component'),
    object('cc', join(HOST, 'nvs_host.c'), 'nvs'),
  ];
  const program = (name: string, compiler: string, sources: readonly [string, string][]): void => {
    const objects = sources.map(([source, object_]) => object(compiler, source, object_));
    execFileSync('c++', [...STRICT, ...parts, ...objects, '-o', join(folder, name)]);
  };
  program('read-all', 'cc', [[join(HOST, 'read_all.c'), 'read-all']]);
  program('app', 'cc', [
    [join(ROOT, 'examples/esp-idf/main/main.c'), 'main'],
    [join(HOST, 'run_app.c'), 'run-app'],
  ]);
  copyFileSync(
    join(ROOT, 'examples/arduino/espmint_identity/espmint_identity.ino'),
    join(folder, 'espmint_identity.ino'),
  );
  copyFileSync(join(HOST, 'run_sketch.cpp'), join(folder, 'run_sketch.cpp'));
  program('sketch', 'c++', [[join(folder, 'run_sketch.cpp'), 'sketch']]);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function run(program: string, image: Uint8Array, ...args: string[]): string {
  const file = join(folder, 'image.bin');
  writeFileSync(file, image);
  return execFileSync(join(folder, program), args, {
    encoding: 'utf8',
    env: { ...process.env, NVS_IMAGE: file, ASAN_OPTIONS: 'detect_leaks=0' },
  });
}

const imageOf = (more: Partial<DeviceValues> = {}): Uint8Array =>
  encodeNvs(deviceRows({ ...BASE, ...more }, LAYOUT), 0x10000);
function fieldsOf(image: Uint8Array, ...args: string[]): Record<string, string> {
  const lines = run('read-all', image, ...args)
    .trimEnd()
    .split('\n');
  return Object.fromEntries(lines.map((line) => line.split(/=(.*)/s).slice(0, 2) as [string, string]));
}
const planOf = (wifi: object) => {
  const profile = profileSchema.parse({ name: 'sensor', wifi });
  return profile.wifi === undefined ? undefined : wifiPlanOf(profile.wifi, '0123456789abcdef');
};

describe.runIf(hasCompiler)('firmware', () => {
  it('reads the identity of a device without a network', () => {
    expect(fieldsOf(imageOf())).toMatchObject({
      result: 'ESP_OK',
      uuid: BASE.uuid,
      psk: PSK,
      ca_url: BASE.caUrl,
      wifi_mode: '0',
    });
  });

  it('has room for the longest legal values', () => {
    const caUrl = `https://ca.example.com/${'x'.repeat(232)}`;
    const wifi = { ssid: 'ä'.repeat(16), password: 'f'.repeat(64) };
    expect(fieldsOf(imageOf({ caUrl, wifi }))).toMatchObject({
      result: 'ESP_OK',
      ca_url: caUrl,
      wifi_mode: '1',
      ssid: wifi.ssid,
      password: wifi.password,
    });
  });

  it('knows an open network by its empty password', () => {
    expect(fieldsOf(imageOf({ wifi: { ssid: 'Lab' } }))).toMatchObject({
      wifi_mode: '1',
      ssid: 'Lab',
      password: '',
    });
  });

  it('reads the ways onto Wi-Fi that have no network in flash', () => {
    const mode = (wifi: object) => fieldsOf(imageOf({ wifiPlan: planOf(wifi) }));
    expect(mode({ mode: 'portal', portal: { security: 1 } })).toMatchObject({
      wifi_mode: '2',
      security: '1',
      pop: deviceProof(PSK),
    });
    const { salt, verifier } = deviceVerifier(PSK, 'wifiprov');
    expect(mode({ mode: 'portal', portal: { security: 2 } })).toMatchObject({
      security: '2',
      pop: '',
      salt: Buffer.from(salt).toString('hex'),
      verifier: Buffer.from(verifier).toString('hex'),
    });
    expect(mode({ mode: 'wps' })).toMatchObject({
      wifi_mode: '3',
      wps_type: '2',
      wps_pin: deviceWpsPin(PSK),
    });
    expect(mode({ mode: 'smartconfig' })).toMatchObject({ wifi_mode: '4', sc_key: '0123456789abcdef' });
  });

  it.each([
    ['a blank partition', () => new Uint8Array(0x10000).fill(0xff), 'ESP_ERR_NVS_NOT_FOUND'],
    [
      'a missing key',
      () => encodeNvs(deviceRows(BASE, LAYOUT).slice(0, 2), 0x10000),
      'ESP_ERR_NVS_NOT_FOUND',
    ],
    ['a text that is too long', () => imageOf({ caUrl: 'x'.repeat(256) }), 'ESP_ERR_NVS_INVALID_LENGTH'],
    ['a UUID that is cut off', () => imageOf({ uuid: '110e3dc9' }), 'ESP_ERR_INVALID_STATE'],
    ['a broken value', () => withBrokenText(imageOf()), 'ESP_ERR_NVS_NOT_FOUND'],
    [
      'a key of another type',
      () =>
        encodeNvs(
          deviceRows(BASE, LAYOUT).map((row) =>
            'key' in row && row.key === 'psk_secret' ? { ...row, type: 'u8' as const, value: 7 } : row,
          ),
          0x10000,
        ),
      'ESP_ERR_NVS_TYPE_MISMATCH',
    ],
  ])('tells %s, and starts nothing', (_, image, code) => {
    expect(fieldsOf(image())).toEqual({ result: code });
    for (const program of ['app', 'sketch']) {
      const said = run(program, image());
      expect(said).toContain(`identity: none: ${code}`);
      expect(said).not.toContain('started');
    }
  });

  it('of both examples says who it is, and never its key', () => {
    for (const program of ['app', 'sketch']) {
      const said = run(program, imageOf({ wifi: { ssid: 'Lab', password: 'correct horse' } }));
      expect(said).toContain(`identity: ${BASE.uuid}\n`);
      expect(said).toContain('app: started');
      expect(said).not.toContain(PSK);
      expect(said).not.toContain('correct horse');
    }
  });
});

/** One bit of the UUID's text is another one: its checksum no longer fits. */
function withBrokenText(image: Uint8Array): Uint8Array {
  const at = Buffer.from(image).indexOf(BASE.uuid);
  const broken = Uint8Array.from(image);
  broken[at] = (broken[at] ?? 0) ^ 1;
  return broken;
}
