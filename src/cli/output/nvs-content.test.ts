// What `inspect` says of a board's NVS: never "empty" of bytes that it could not read.
import { describe, expect, it } from 'vitest';
import { encodeNvs, encryptNvs, type NvsRow } from '../../core/nvs/index.js';
import { keysOf } from '../../core/masking/nvs-values.js';
import { nvsContent, nvsLines } from './nvs-content.js';

const KEY = Uint8Array.from({ length: 64 }, (_, index) => index);
const ROWS: readonly NvsRow[] = [
  { namespace: 'cfg', key: 'boots', type: 'u32', value: 7 },
  { namespace: 'cfg', key: 'motd', type: 'string', value: 'hello' },
];
const image = (): Uint8Array => encodeNvs(ROWS, 0x3000);
const linesOf = (bytes: Uint8Array | undefined): readonly string[] => nvsLines(nvsContent(bytes, keysOf([])));

describe('the NVS of a board', () => {
  it('is shown value by value', () => {
    expect(linesOf(image())).toEqual(['cfg:boots u32 = 7', 'cfg:motd string = ********']);
  });

  it('is called encrypted, not empty, without its key', () => {
    expect(linesOf(encryptNvs(image(), KEY))).toEqual([expect.stringMatching(/^encrypted:/)]);
  });

  it('is not known where it could not be read', () => {
    expect(linesOf(undefined)).toEqual([expect.stringMatching(/^not known/)]);
  });

  it('is empty when it is blank, or when all its values are erased', () => {
    expect(linesOf(new Uint8Array(0x3000).fill(0xff))).toEqual(['empty']);
    expect(linesOf(encodeNvs([], 0x3000))).toEqual(['empty']);
  });

  it('is no NVS where other bytes stand', () => {
    expect(linesOf(new Uint8Array(0x3000).fill(0x5a))).toEqual([expect.stringMatching(/^no NVS/)]);
  });

  it('names the values that cannot be read', () => {
    const damaged = image();
    // The last byte of "hello", in the data slot behind the namespace, the number and the head of the string.
    damaged[64 + 3 * 32 + 4] = 0x00;
    expect(linesOf(damaged)).toEqual([
      'cfg:boots u32 = 7',
      expect.stringMatching(/^cfg:motd cannot be read: /),
    ]);
  });
});
