// The encoder against golden images of the real generator, and against its own decoder.
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { EspmintError } from '../errors/index.js';
import { type NvsRow, decodeNvs, encodeNvs } from './index.js';

const golden = (name: string): Uint8Array =>
  new Uint8Array(
    gunzipSync(readFileSync(new URL(`../../../test/fixtures/nvs/${name}.bin.gz`, import.meta.url))),
  );

const namespace = 'zc';
const seedRows: NvsRow[] = [
  { namespace, key: 'global_uuid', type: 'string', value: '550e8400-e29b-51d4-a716-446655440000' },
  { namespace, key: 'psk_secret', type: 'string', value: '00112233445566778899aabbccddeeff'.repeat(2) },
  { namespace, key: 'ca_service_url', type: 'string', value: 'http://ca-service.example:8080' },
  { namespace, key: 'wifi_ssid', type: 'string', value: 'FactoryWiFi' },
  { namespace, key: 'wifi_password', type: 'string', value: 'factory123' },
];

describe('encodeNvs', () => {
  it('makes the same bytes as the real generator from the seed rows', () => {
    expect(encodeNvs(seedRows, 0x10000)).toEqual(golden('01-seed'));
  });

  it('leaves one active page without entries when there are no rows', () => {
    expect(encodeNvs([], 0x3000)).toEqual(golden('02-header-only'));
  });

  it('is read back by the decoder, row by row', () => {
    const rows: NvsRow[] = [
      { namespace: 'a', key: 'u8', type: 'u8', value: 255 },
      { namespace: 'a', key: 'i8', type: 'i8', value: -128 },
      { namespace: 'b', key: 'u64', type: 'u64', value: 2n ** 64n - 1n },
      { namespace: 'b', key: 'i64', type: 'i64', value: -(2n ** 63n) },
      { namespace: 'b', key: 'cert', type: 'blob', value: new Uint8Array(9000).fill(7) },
      { namespace: 'b', key: 'text', type: 'string', value: 'grüße' },
    ];
    const read = decodeNvs(encodeNvs(rows, 0x8000)).values.map(({ namespace, key, type, value }) => ({
      namespace,
      key,
      type,
      value,
    }));
    expect(read).toEqual(rows);
  });

  it('writes the longest legal string alone on a page, although the generator cannot', () => {
    const rows: NvsRow[] = [
      { namespace: 'a', key: 'n', type: 'u8', value: 1 },
      { namespace: 'a', key: 's', type: 'string', value: 'x'.repeat(3999) },
    ];
    const image = decodeNvs(encodeNvs(rows, 0x4000));
    expect(image.values.map(({ key, address }) => [key, address.page, address.slot])).toEqual([
      ['n', 0, 1],
      ['s', 1, 0],
    ]);
  });

  it('ends a read-only image with its last used page, as the generator does', () => {
    expect(encodeNvs([], 0x2000)).toHaveLength(0x1000);
  });

  it.each<[string, NvsRow[], number, string]>([
    ['a size that is not whole pages', [], 0x3001, 'NVS_SIZE_INVALID'],
    ['a size of zero', [], 0, 'NVS_SIZE_INVALID'],
    [
      'an integer out of range',
      [{ namespace, key: 'k', type: 'u8', value: 256 }],
      0x3000,
      'NVS_VALUE_INVALID',
    ],
    [
      'a number that is not whole',
      [{ namespace, key: 'k', type: 'u8', value: 1.5 }],
      0x3000,
      'NVS_VALUE_INVALID',
    ],
    [
      'a key of 16 letters',
      [{ namespace, key: 'k'.repeat(16), type: 'u8', value: 1 }],
      0x3000,
      'NVS_VALUE_INVALID',
    ],
    ['a key outside ASCII', [{ namespace, key: 'clé', type: 'u8', value: 1 }], 0x3000, 'NVS_VALUE_INVALID'],
    [
      'a string of 4000 bytes',
      [{ namespace, key: 'k', type: 'string', value: 'x'.repeat(4000) }],
      0x5000,
      'NVS_VALUE_INVALID',
    ],
    [
      'more than fits',
      [{ namespace, key: 'k', type: 'blob', value: new Uint8Array(9000) }],
      0x3000,
      'NVS_FULL',
    ],
  ])('refuses %s', (_what, rows, size, code) => {
    const error = (() => {
      try {
        return encodeNvs(rows, size);
      } catch (thrown) {
        return thrown;
      }
    })();
    expect(error).toBeInstanceOf(EspmintError);
    expect((error as EspmintError).code).toBe(code);
  });
});
