// Looking into images: secrets stay hidden, and the CSV that comes out makes the same image again.
import { describe, expect, it } from 'vitest';
import { CASES, goldenImage } from '../../../test/support/nvs-corpus.js';
import { encodeNvs, exportNvsCsv, generateNvs, inspectNvs } from './index.js';
import { isSecretKey } from '../masking/nvs-values.js';

const seed = goldenImage('01-seed.bin.gz');
const plain = CASES.generate.filter(({ key }) => key === undefined);

describe('inspectNvs', () => {
  it('masks what looks secret, and only that', () => {
    const masked = inspectNvs(seed).values.filter((value) => value.masked);
    expect(masked.map(({ key, value }) => [key, value])).toEqual([
      ['psk_secret', '********'],
      ['wifi_password', '********'],
    ]);
    expect(JSON.stringify(inspectNvs(seed))).not.toMatch(/factory123|00112233/);
  });

  it('reveals on request and masks further keys by name', () => {
    expect(inspectNvs(seed, { reveal: true }).values.some((value) => value.masked)).toBe(false);
    const hidden = inspectNvs(seed, { secretKeys: ['zc:wifi_ssid'] }).values.find(
      ({ key }) => key === 'wifi_ssid',
    );
    expect(hidden?.masked).toBe(true);
  });

  it('counts used and free slots, the reserved page left out', () => {
    expect(inspectNvs(seed).slots).toEqual({ total: 15 * 126, used: 14, free: 15 * 126 - 14 });
  });

  it('gives numbers of 64 bits exactly', () => {
    const image = encodeNvs([{ namespace: 'n', key: 'k', type: 'u64', value: 2n ** 64n - 1n }], 0x3000);
    expect(inspectNvs(image).values[0]?.value).toBe('18446744073709551615');
  });

  it.each([
    'psk',
    'wifi_password',
    'sta.pswd',
    'api_token',
    'deviceKey',
    'key',
    'tls_key',
    'sta.pmk',
    'clientSecret',
  ])('takes %s for a secret', (key) => {
    expect(isSecretKey(key)).toBe(true);
  });

  it.each(['global_uuid', 'ca_service_url', 'wifi_ssid', 'retries', 'count'])(
    'does not take %s for one',
    (key) => {
      expect(isSecretKey(key)).toBe(false);
    },
  );
});

describe('exportNvsCsv', () => {
  it.each(plain)('$name makes the same image again', (one) => {
    const image = goldenImage(one.image);
    const { text, equal, left } = exportNvsCsv(image, { reveal: true });
    expect(left).toEqual([]);
    expect(equal).toBe(true);
    const again = generateNvs([{ file: 'again.csv', bytes: new TextEncoder().encode(text) }], image.length, {
      version: one.version,
    });
    expect(again.image).toEqual(image);
  });

  it('masks secrets in a way that no generator takes for a value', () => {
    const { text, equal, masked } = exportNvsCsv(seed);
    expect(text).not.toMatch(/factory123|00112233/);
    expect({ equal, masked }).toEqual({ equal: false, masked: 2 });
    expect(() =>
      generateNvs([{ file: 'masked.csv', bytes: new TextEncoder().encode(text) }], 0x10000),
    ).toThrow(/masked.csv:4:\d+: .* unknown encoding/);
  });

  it('names what CSV cannot carry', () => {
    const image = encodeNvs([{ namespace: 'n', key: 'cr', type: 'string', value: 'a\rb' }], 0x3000);
    expect(exportNvsCsv(image)).toMatchObject({ equal: false, left: ['n:cr'] });
  });
});
