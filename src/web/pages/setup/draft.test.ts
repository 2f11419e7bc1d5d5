import { describe, expect, it } from 'vitest';
import { changesOf, numberOrText, setAt, textAt } from './draft.js';

describe('a draft', () => {
  const settings = {
    name: 'sensor',
    version: 3,
    wifi: { ssid: 'Lab' },
    nvs: { rows: [{ key: 'a', value: 1 }] },
  };

  it('changes one value and leaves all others the same', () => {
    const changed = setAt(settings, ['wifi', 'ssid'], 'Factory');
    expect(changed).toEqual({ ...settings, wifi: { ssid: 'Factory' } });
    expect(changed.nvs).toBe(settings.nvs);
    expect(settings.wifi.ssid).toBe('Lab');
  });

  it('loses a group with its last value, and makes one with its first', () => {
    expect(setAt(settings, ['wifi', 'ssid'], '')).not.toHaveProperty('wifi');
    expect(setAt(settings, ['target', 'offset'], 0x9000)).toHaveProperty('target.offset', 0x9000);
  });

  it('keeps the name even while it is empty, so that the check can ask for it', () => {
    expect(setAt(settings, ['name'], '')).toHaveProperty('name', '');
  });

  it('reaches into lists', () => {
    expect(textAt(setAt(settings, ['nvs', 'rows', 0, 'value'], 7), ['nvs', 'rows', 0, 'value'])).toBe('7');
  });

  it('takes hexadecimal for a number, and leaves what is none to the check', () => {
    expect([numberOrText('0x9000'), numberOrText(' 60 '), numberOrText('0x'), numberOrText('')]).toEqual([
      0x9000,
      60,
      '0x',
      '',
    ]);
  });

  it('names what differs, but not the version that the service counts', () => {
    const after = { ...settings, version: 4, wifi: { ssid: 'Factory' }, caUrl: 'https://ca' };
    expect(changesOf(settings, after)).toEqual([
      { path: 'wifi.ssid', before: 'Lab', after: 'Factory' },
      { path: 'caUrl', after: 'https://ca' },
    ]);
    expect(changesOf(after, settings)).toContainEqual({ path: 'caUrl', before: 'https://ca' });
  });
});
