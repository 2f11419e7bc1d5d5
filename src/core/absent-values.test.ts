import { utf8ToBytes } from '@noble/hashes/utils.js';
import { describe, expect, it } from 'vitest';
import { forbiddenValues } from './absent-values.js';
import { decodeNvs, encodeNvs, type NvsRow } from './nvs/index.js';

const rows: NvsRow[] = [
  { namespace: 'zc', key: 'wifi_ssid', type: 'string', value: 'Factory-7' },
  { namespace: 'test', key: 'level', type: 'u8', value: 42n },
  {
    namespace: 'nvs.net80211',
    key: 'sta.ssid',
    type: 'blob',
    value: Uint8Array.from([9, 0, 0, 0, ...utf8ToBytes('Factory-7'), 0, 0]),
  },
];
const image = decodeNvs(encodeNvs(rows, 0x4000));
const namesOf = (...rules: Parameters<typeof forbiddenValues>[1]): string[] =>
  forbiddenValues(image, rules).map(({ name }) => name);

describe('what no board may leave with', () => {
  it('is found by namespace, by key, by both', () => {
    expect(namesOf({ namespace: 'test' })).toEqual(['test:level']);
    expect(namesOf({ key: 'wifi_ssid' })).toEqual(['zc:wifi_ssid']);
    expect(namesOf({ namespace: 'test', key: 'wifi_ssid' })).toEqual([]);
  });

  it('is found by what a text, a number or a blob says', () => {
    expect(namesOf({ value: '^Factory' })).toEqual(['zc:wifi_ssid', 'nvs.net80211:sta.ssid']);
    expect(namesOf({ value: '^42$' })).toEqual(['test:level']);
    expect(namesOf({ value: '^09000000466163746f7279' })).toEqual(['nvs.net80211:sta.ssid']);
    expect(namesOf({ key: 'wifi_ssid', value: '^Home' })).toEqual([]);
  });

  it('is told once, however many rules name it', () => {
    expect(namesOf({ key: 'level' }, { namespace: 'test' })).toEqual(['test:level']);
  });

  it('counts a copy that was overruled, and an entry that cannot be read', () => {
    const [stale] = image.values;
    const copies = { ...image, values: [], stale: stale === undefined ? [] : [stale] };
    expect(forbiddenValues(copies, [{ value: 'Factory' }])).toEqual([
      { name: 'zc:wifi_ssid', state: 'overruled' },
    ]);
    const damaged = encodeNvs(rows, 0x4000);
    // The text of the first string: its CRC no longer fits.
    const at = Buffer.from(damaged).indexOf('Factory-7');
    damaged[at] = 0x20;
    expect(forbiddenValues(decodeNvs(damaged), [{ key: 'wifi_ssid', value: '^Home' }])).toEqual([
      { name: 'zc:wifi_ssid', state: 'unreadable' },
    ]);
  });
});
