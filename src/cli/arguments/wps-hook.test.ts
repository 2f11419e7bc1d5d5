// The command of an access point: a PIN goes to its standard input, and never among its arguments.
import { expect, it } from 'vitest';
import { parseWpsHook } from './wps-hook.js';

it('takes a text for standard input behind <<<, and no PIN elsewhere', () => {
  expect(() => parseWpsHook('hostapd_cli wps_pin any {{pin}}', undefined)).toThrow(/by standard input/);
  const advised = 'hostapd_cli -i wlan0 <<< "wps_pin any {{pin}} 120"';
  expect(parseWpsHook(advised, 'hostapd_cli "wps_cancel"')).toEqual({
    start: ['hostapd_cli', '-i', 'wlan0'],
    input: 'wps_pin any {{pin}} 120',
    cancel: ['hostapd_cli', 'wps_cancel'],
  });
  for (const wrong of ['', 'a <<< b c', 'a <<< b <<< c'])
    expect(() => parseWpsHook(wrong, undefined)).toThrow('--wps-hook');
});
