// SLIP: golden frames, round trips over any split of the stream, and noise that takes no good frame with it.
import { concatBytes, hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameReader, encodeFrame } from './slip.js';

const framesOf = (...chunks: readonly Uint8Array[]): Uint8Array[] => {
  const reader = new FrameReader();
  const frames: Uint8Array[] = [];
  for (const chunk of chunks) {
    reader.push(chunk);
    for (let frame = reader.next(); frame !== undefined; frame = reader.next()) frames.push(frame);
  }
  return frames;
};

const payload = fc.uint8Array({ minLength: 1, maxLength: 80 });
const full = (text: string): Uint8Array => hexToBytes(text.replaceAll(' ', ''));

describe('SLIP', () => {
  it('escapes END and ESC and nothing else', () => {
    expect(encodeFrame(full('01 c0 db dc dd'))).toEqual(full('c0 01 dbdc dbdd dc dd c0'));
    expect(encodeFrame(new Uint8Array(0))).toEqual(full('c0 c0'));
  });

  it('gives back what was encoded, however the stream is split', () => {
    fc.assert(
      fc.property(fc.array(payload, { maxLength: 5 }), fc.nat(), (payloads, seed) => {
        const stream = concatBytes(...payloads.map(encodeFrame));
        const cut = stream.length === 0 ? 0 : seed % stream.length;
        expect(framesOf(stream.subarray(0, cut), stream.subarray(cut))).toEqual(payloads);
        expect(framesOf(...Array.from(stream, (byte) => Uint8Array.of(byte)))).toEqual(payloads);
      }),
    );
  });

  it('finds frames that share a delimiter', () => {
    expect(framesOf(full('c0 01 c0 02 c0'))).toEqual([full('01'), full('02')]);
  });

  it('hands boot text out as a frame of its own and keeps the frame behind it', () => {
    const text = utf8ToBytes('waiting for download\r\n');
    expect(framesOf(text, encodeFrame(full('0108')), text, encodeFrame(full('0109')))).toEqual([
      text,
      full('0108'),
      text,
      full('0109'),
    ]);
  });

  it.each([
    ['a bad escape', full('c0 01 db 00 02 c0')],
    ['an escape cut by the end', full('c0 01 db c0')],
    ['a frame longer than any loader sends', concatBytes(full('c0'), new Uint8Array(70_000), full('c0'))],
  ])('drops %s and reads the next frame', (_, broken) => {
    expect(framesOf(broken, encodeFrame(full('55')))).toEqual([full('55')]);
  });

  it('shows the text of a chip that never ends a frame', () => {
    const reader = new FrameReader();
    reader.push(utf8ToBytes('rst:0x1'));
    expect(reader.next()).toBeUndefined();
    expect(reader.unfinished).toEqual(utf8ToBytes('rst:0x1'));
  });

  it('forgets on reset', () => {
    const reader = new FrameReader();
    reader.push(full('c0 01 c0 02'));
    reader.reset();
    reader.push(full('c0 03 c0'));
    expect(reader.next()).toEqual(full('03'));
    expect(reader.next()).toBeUndefined();
  });
});
