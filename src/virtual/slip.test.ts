// SLIP as the chip reads it: whole frames out of any pieces, and the two ways of losing sync.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeSlip, SlipDecoder } from './slip.js';

const C0 = 0xc0;
const ROM = { maxFrameBytes: 64, delimiters: 'shared' } as const;
const STUB = { maxFrameBytes: 64, delimiters: 'strict' } as const;
const text = (frames: Uint8Array[]): string[] => frames.map((frame) => new TextDecoder().decode(frame));
const bytes = (...parts: (number | string)[]): Uint8Array =>
  Uint8Array.from(
    parts.flatMap((part) => (typeof part === 'number' ? [part] : [...new TextEncoder().encode(part)])),
  );

describe('SLIP', () => {
  it('escapes C0 and DB', () => {
    expect([...encodeSlip(Uint8Array.of(1, 0xc0, 0xdb, 2))]).toEqual([
      0xc0, 1, 0xdb, 0xdc, 0xdb, 0xdd, 2, 0xc0,
    ]);
  });

  it('gives back what was encoded, cut anywhere', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 64 }), fc.nat(130), (payload, cut) => {
        const wire = encodeSlip(payload);
        for (const rules of [ROM, STUB]) {
          const decoder = new SlipDecoder(rules);
          const frames = [...decoder.push(wire.subarray(0, cut)), ...decoder.push(wire.subarray(cut))];
          expect(frames).toEqual([payload]);
        }
      }),
    );
  });

  it('never throws and never gives a frame that is too long', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (noise) => {
        for (const rules of [ROM, STUB]) {
          for (const frame of new SlipDecoder(rules).push(noise))
            expect(frame.length).toBeLessThanOrEqual(64);
        }
      }),
    );
  });

  it('ROM: two frames may share a delimiter, and text between frames is dropped', () => {
    expect(text(new SlipDecoder(ROM).push(bytes(C0, 'a', C0, 'b', C0)))).toEqual(['a', 'b']);
  });

  it.each([
    ['an empty frame', bytes(C0, C0)],
    ['a shared delimiter', bytes(C0, 'x', C0, 'y', C0)],
    ['a bad escape', bytes(C0, 0xdb, 0x00, C0)],
    ['an oversize frame', bytes(C0, 'z'.repeat(65), C0)],
  ])('stub: after %s', (what, trouble) => {
    const decoder = new SlipDecoder(STUB);
    decoder.push(trouble);
    const frame = bytes(C0, 'lost', C0);
    if (what === 'an empty frame') {
      // Two delimiters: outside a frame again, nothing is lost.
      expect(text(decoder.push(frame))).toEqual(['lost']);
      return;
    }
    expect(text([...decoder.push(frame), ...decoder.push(frame)])).toEqual([]);
    expect(text(decoder.push(bytes(C0, C0, 'found', C0)))).toEqual(['found']);
  });
});
