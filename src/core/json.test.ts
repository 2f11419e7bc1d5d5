// JSON of people: refused with the line of what is wrong, and never read with one of two values.
import { describe, expect, it } from 'vitest';
import { parseJson, SourceFault } from './json.js';

const faultOf = (text: string): Pick<SourceFault, 'line' | 'reason'> | undefined => {
  try {
    parseJson(text);
    return undefined;
  } catch (error) {
    if (!(error instanceof SourceFault)) throw error;
    return { line: error.line, reason: error.reason };
  }
};

describe('JSON', () => {
  it.each([
    '{}',
    ' [] ',
    '-0.5e+3',
    'null',
    '"\\u0041\\\\\\""',
    '{"a":{"a":[{"a":1},{"a":2}]},"b":[1,true,null,"a","a"]}',
    '{"a":"{\\"a\\":1,\\"a\\":2}","A":"a"}',
    '{"__proto__":1,"constructor":2,"toString":3}',
  ])('that the language reads is read the same: %s', (text) => {
    expect(parseJson(text)).toEqual(JSON.parse(text));
  });

  it.each([
    ['', 1],
    ['hello', 1],
    ['{"a":1,\n"b":xyz}', 2],
    ['{"a":1,\n}', 2],
    ['[1,\n\n]', 3],
    ['{"a":\n01}', 2],
    ['{"a" "b"}', 1],
    ['{"a":1}\n{"a":1}', 2],
    ['[1,\n2', 2],
    ['{"a":"x', 1],
    ['["a\nb"]', 1],
    ['["\\x"]', 1],
    ['[1}', 1],
    ['{a:1}', 1],
    [',', 1],
    ['\u00a0{}', 1],
  ])('that the language refuses is refused with its line: %j', (text, line) => {
    expect(() => void JSON.parse(text)).toThrow();
    expect(faultOf(text)).toEqual({ line, reason: 'is not JSON' });
  });

  it.each([
    ['{"a":1,"a":2}', 1, 'a'],
    ['{"a":1,\n"b":{"c":[{"x":1,\n"x":1}]}}', 3, 'x'],
    ['{"a":1,"b":{"a":1},\n"a":3}', 2, 'a'],
    ['{"a":1,\n"\\u0061":2}', 2, '\\u0061'],
    ['{"":1,\n"":2}', 2, ''],
    ['{"__proto__":1,\n"__proto__":2}', 2, '__proto__'],
  ])('with a name twice in one object is refused with the line of the second: %j', (text, line, name) => {
    expect(faultOf(text)).toEqual({ line, reason: `has "${name}" twice; leave one of them out` });
  });
});
