// What a read-back partition must hold, and how a difference is told.
import { expect, it } from 'vitest';
import { encodeNvs, type NvsRow } from '../../core/nvs/index.js';
import { checkReadback, differingKeys } from './readback.js';

const ROWS: readonly NvsRow[] = [
  { namespace: 'zc', key: 'psk_secret', type: 'string', value: '00112233445566778899aabbccddeeff' },
  { namespace: 'zc', key: 'serial', type: 'u64', value: 18446744073709551615n },
  {
    namespace: 'zc',
    key: 'cert',
    type: 'blob',
    value: Uint8Array.from({ length: 5_000 }, (_, n) => n % 251),
  },
  { namespace: 'app', key: 'interval', type: 'u16', value: 60 },
  { namespace: 'spare', type: 'namespace' },
];
const SIZE = 0x6000;

it('finds no difference in what the encoder made of the rows', () => {
  expect(differingKeys(ROWS, encodeNvs(ROWS, SIZE))).toEqual([]);
});

it('names each key that is missing, other, of another type, or not wanted', () => {
  const partition = encodeNvs(
    [
      { namespace: 'zc', key: 'psk_secret', type: 'string', value: 'ffeeddccbbaa99887766554433221100' },
      { namespace: 'zc', key: 'cert', type: 'blob', value: new Uint8Array(5_000) },
      { namespace: 'app', key: 'interval', type: 'u32', value: 60 },
      { namespace: 'app', key: 'left_over', type: 'u8', value: 1 },
    ],
    SIZE,
  );
  expect(differingKeys(ROWS, partition)).toEqual([
    'app:interval',
    'app:left_over',
    'zc:cert',
    'zc:psk_secret',
    'zc:serial',
  ]);
});

it('finds every key missing on blank flash, and says so without a value', () => {
  expect(() => checkReadback('COM3', ROWS, new Uint8Array(SIZE).fill(0xff))).toThrow(
    'COM3: the flash, read back, differs in app:interval, zc:cert, zc:psk_secret, zc:serial',
  );
});
