// Frames of a log: what was written comes back, and damage costs no more than the record that it hits.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeFrames, encodeFrame } from './frame.js';

const RECORDS = [
  '{"type":"reserved","id":"1"}',
  '{"type":"built","id":"1"}',
  '{"type":"confirmed","id":"1"}',
];
const encode = (texts: readonly string[]): Uint8Array =>
  Buffer.concat(texts.map((text) => encodeFrame(new TextEncoder().encode(text))));
const textsOf = (bytes: Uint8Array): string[] =>
  decodeFrames(bytes).payloads.map((payload) => new TextDecoder().decode(payload));

describe('frames', () => {
  it('come back as they were written', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme', maxLength: 200 })), (texts) => {
        const { payloads, mended, damage } = decodeFrames(encode(texts));
        expect(payloads.map((payload) => new TextDecoder().decode(payload))).toEqual(texts);
        expect([mended, damage]).toEqual([0, []]);
      }),
    );
  });

  it('lose nothing to one flipped bit, wherever it is', () => {
    const bytes = encode(RECORDS);
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const flipped = Uint8Array.from(bytes);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(textsOf(flipped), `bit ${bit}`).toEqual(RECORDS);
      expect(decodeFrames(flipped)).toMatchObject({ mended: 1, damage: [] });
    }
  });

  it('lose only the record that was overwritten, and tell where', () => {
    const [first, second] = RECORDS.map((text) => encode([text]).length);
    const bytes = encode(RECORDS);
    bytes.fill(0x55, (first ?? 0) + 14, (first ?? 0) + 30);
    expect(textsOf(bytes)).toEqual([RECORDS[0], RECORDS[2]]);
    expect(decodeFrames(bytes).damage).toEqual([{ atBytes: first, sizeBytes: second, kind: 'damaged' }]);
  });

  it('of a log that was cut anywhere come back as far as they are whole', () => {
    const bytes = encode(RECORDS);
    for (let size = 0; size <= bytes.length; size++) {
      const { payloads, damage } = decodeFrames(bytes.subarray(0, size));
      const whole = textsOf(bytes).slice(0, payloads.length);
      expect(textsOf(bytes.subarray(0, size))).toEqual(whole);
      expect(damage.every(({ kind }) => kind === 'cut')).toBe(true);
      expect(payloads.length === 3 || damage.length === 1 || encode(whole).length === size).toBe(true);
    }
  });

  it('come back after zeros that a power cut has left, and zeros at the end are nothing', () => {
    const bytes = Buffer.concat([
      encode(RECORDS.slice(0, 1)),
      new Uint8Array(4096),
      encode(RECORDS.slice(1)),
    ]);
    expect(textsOf(bytes)).toEqual(RECORDS);
    expect(decodeFrames(Buffer.concat([bytes, new Uint8Array(100)])).damage).toEqual([]);
  });

  it('are found in any bytes without an end, and never where there are none', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), (noise) => {
        const clean = noise.map((byte) => (byte === 0xff ? 0 : byte));
        expect(decodeFrames(clean).payloads).toEqual([]);
        expect(textsOf(Buffer.concat([clean, encode(RECORDS)]))).toEqual(RECORDS);
        decodeFrames(noise);
      }),
    );
  });
});
