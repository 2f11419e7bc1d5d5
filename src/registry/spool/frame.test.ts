import fc from 'fast-check';
import { expect, it } from 'vitest';
import { decodeFrames, encodeFrame, journalHeader } from './frame.js';

const payloads = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 8 });

function journalOf(parts: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat([journalHeader(), ...parts.map(encodeFrame)]);
}

it('reads back what was written', () => {
  fc.assert(
    fc.property(payloads, (parts) => {
      const bytes = journalOf(parts);
      const read = decodeFrames(bytes);
      expect(read.payloads.map((part) => [...part])).toEqual(parts.map((part) => [...part]));
      expect(read.wholeBytes).toBe(bytes.length);
    }),
  );
});

it('keeps every whole frame before a tail that was torn anywhere', () => {
  fc.assert(
    fc.property(payloads, fc.nat(), (parts, cut) => {
      const bytes = journalOf(parts);
      const torn = bytes.subarray(0, cut % (bytes.length + 1));
      const { payloads: read, wholeBytes } = decodeFrames(torn);
      expect(wholeBytes).toBeLessThanOrEqual(torn.length);
      expect(read.map((part) => [...part])).toEqual(parts.slice(0, read.length).map((part) => [...part]));
      if (read.length < parts.length) {
        expect(journalOf(parts.slice(0, read.length + 1)).length).toBeGreaterThan(torn.length);
      }
    }),
  );
});

it('stops at a flipped bit', () => {
  const bytes = journalOf([new Uint8Array([1, 2, 3]), new Uint8Array([4, 5, 6]), new Uint8Array([7])]);
  const second = journalOf([new Uint8Array([1, 2, 3])]).length;
  bytes[second + 9] = 0xff;
  const { payloads: read, wholeBytes } = decodeFrames(bytes);
  expect(read.map((part) => [...part])).toEqual([[1, 2, 3]]);
  expect(wholeBytes).toBe(second);
});

it('takes anything else for no journal', () => {
  expect(decodeFrames(new TextEncoder().encode('something else altogether'))).toEqual({
    payloads: [],
    wholeBytes: 0,
  });
  expect(decodeFrames(new Uint8Array())).toEqual({ payloads: [], wholeBytes: 0 });
});

it('reads long records back, and writes none that it could not read', () => {
  const long = new Uint8Array(1_000_000).fill(7);
  expect(decodeFrames(journalOf([long, new Uint8Array([1])])).payloads.map(({ length }) => length)).toEqual([
    1_000_000, 1,
  ]);
  expect(() => encodeFrame(new Uint8Array(17 * 1024 * 1024))).toThrow(/too long/);
});
