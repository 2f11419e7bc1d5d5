import { describe, expect, it } from 'vitest';
import { LineEditor } from './line-editor.js';

/** The lines that come of these keys, and what is left of one that has not ended. */
function typed(...chunks: readonly string[]): readonly string[] {
  const editor = new LineEditor();
  const keys = chunks.flatMap((chunk) => editor.feed(chunk));
  return [...keys.map((key) => (key.type === 'line' ? key.text : key.type)), editor.text];
}

describe('a line that is typed', () => {
  it('ends with Enter, whatever ends it', () => {
    expect(typed('12\r')).toEqual(['12', '']);
    expect(typed('a\nb\r\nc')).toEqual(['a', 'b', 'c']);
    expect(typed('\r\r')).toEqual(['', '', '']);
    expect(typed('a\r', '\n')).toEqual(['a', '']);
  });

  it('takes a scan in one piece or in many', () => {
    expect(typed('A4CF1200\rA4CF1201\r')).toEqual(['A4CF1200', 'A4CF1201', '']);
    expect(typed(...'SN-0042\r')).toEqual(['SN-0042', '']);
  });

  it('is corrected with backspace, Ctrl-U and Ctrl-W', () => {
    expect(typed('13\u007f2\r')).toEqual(['12', '']);
    expect(typed('\b\b1😀\b\r')).toEqual(['1', '']);
    expect(typed('wrong\u0015p\r')).toEqual(['p', '']);
    expect(typed('one two \u0017three')).toEqual(['one three']);
  });

  it('is left alone by arrows, function keys and other control characters', () => {
    expect(typed('1\u001b[A\u001b[1;5C\u001bOP\u001b[3~2\t\u0000\r')).toEqual(['12', '']);
    expect(typed('1\u001b', '[', '2', '~', '3')).toEqual(['13']);
    expect(typed('\u001bp\r')).toEqual(['p', '']);
  });

  it('holds no half of a character, and no more than a scanner sends', () => {
    expect(typed('a\ud800b\u0085c😀\r')).toEqual(['abc😀', '']);
    expect(typed('x'.repeat(100_000))[0]).toHaveLength(4_096);
  });

  it('is interrupted by Ctrl-C, and Ctrl-D ends the input where the line is empty', () => {
    expect(typed('ab\u0003')).toEqual(['interrupt', 'ab']);
    expect(typed('\u0004')).toEqual(['end', '']);
    expect(typed('ab\u0004')).toEqual(['ab']);
  });
});
