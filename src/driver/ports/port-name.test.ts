import { describe, expect, it } from 'vitest';
import { portFilter } from './port-filter.js';
import { isSamePort } from './port-name.js';

describe('isSamePort', () => {
  it.each([
    ['com7', 'COM7'],
    ['\\\\.\\COM12', 'COM12'],
    ['\\\\?\\com3', 'COM3'],
    ['COM4:', 'com4'],
    ['/dev/tty.usbserial-0001', '/dev/cu.usbserial-0001'],
    ['/dev/ttyUSB0', '/dev/ttyUSB0'],
  ])('%s is %s', (one, other) => expect(isSamePort(one, other)).toBe(true));

  it.each([
    ['COM1', 'COM11'],
    ['/dev/ttyUSB0', '/dev/ttyUSB1'],
    ['/dev/ttys001', '/dev/cus001'],
    ['/dev/cu.A', '/dev/cu.a'],
    ['tcp://com7:1', 'COM7'],
  ])('%s is not %s', (one, other) => expect(isSamePort(one, other)).toBe(false));

  it('is how ports that a person named are found among those that the system lists', () => {
    const accepts = portFilter({ paths: ['com7', '/dev/tty.usbmodem1'] });
    const port = (path: string): boolean => accepts({ path, isNativeUsb: false });
    expect(['COM7', '/dev/cu.usbmodem1', 'COM8'].map(port)).toEqual([true, true, false]);
  });
});
