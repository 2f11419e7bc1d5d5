// Texts that no database holds are found before they are stored.
import { describe, expect, it } from 'vitest';
import { findFaultyText, textFault } from './text.js';

describe('a text', () => {
  it.each(['', 'Halle 3', 'Zürich', '工厂', '👩‍🏭'])('%s can be held', (text) => {
    expect(textFault(text)).toBeUndefined();
  });
  it.each(['a\0b', '\ud800', 'x\udc00y', '\udc00\ud800'])('that is malformed is refused', (text) => {
    expect(textFault(text)).toMatchObject({ hint: expect.any(String) as string });
  });
  it('is found wherever it is in a value', () => {
    expect(findFaultyText({ a: [1, { b: 'x\0' }], c: 'fine' })).toMatchObject({ path: ['a', 1, 'b'] });
    expect(findFaultyText({ a: { 'k\ud800': 1 } })).toMatchObject({ path: ['a'] });
    expect(findFaultyText({ a: ['fine', null, 3] })).toBeUndefined();
  });
});
