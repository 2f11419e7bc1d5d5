// What a ROM is given to put a span into flash soonest.
import { describe, expect, it } from 'vitest';
import { scrambled } from '../../../test/support/plug-in.js';
import { packSpan } from './flash-write.js';
import { cheapestForm, type SpanForm } from './span-form.js';

const fast = { baud: 921_600, latencyMs: 1 };

/** A blank sector with data at these places. */
function sectorWith(...at: readonly (readonly [number, Uint8Array])[]): Uint8Array {
  const bytes = new Uint8Array(0x1000).fill(0xff);
  for (const [offset, data] of at) bytes.set(data, offset);
  return bytes;
}
const formOf = (bytes: Uint8Array, isErased: boolean, link = fast): SpanForm =>
  cheapestForm(bytes, packSpan(bytes), isErased, link);

describe('the form of a span', () => {
  it('on blank flash is what lies between the first page with data and the last byte of it, and nothing is erased', () => {
    const data = scrambled(300, 1);
    const form = formOf(sectorWith([0x520, data]), true);
    expect(form).toMatchObject({ isPacked: false, eraseBytes: 0, skipBytes: 0x500, sizeBytes: 0x160 });
    expect(form.blockBytes).toBe(0x160);
    expect(form.stream.subarray(0x20, 0x20 + data.length)).toEqual(data);
  });

  it('begins with the span where that must be erased, because a ROM writes from where it erased', () => {
    const form = formOf(sectorWith([0x100, scrambled(200, 1)]), false);
    expect(form).toMatchObject({ skipBytes: 0, sizeBytes: 0x1e0, eraseBytes: 0x1000, isPacked: false });
  });

  it('is compressed where that saves more than it costs to program blank pages', () => {
    const slow = { baud: 9_600, latencyMs: 1 };
    const text = new Uint8Array(0xf00).fill(0x61);
    expect(formOf(sectorWith([0, text]), false, slow)).toMatchObject({ isPacked: true, eraseBytes: 0x1000 });
  });

  it('keeps blocks at what a ROM takes', () => {
    const form = formOf(sectorWith([0, scrambled(0xa00, 2)]), true);
    expect(form).toMatchObject({ blockBytes: 0x400, sizeBytes: 0xa00 });
  });
});
