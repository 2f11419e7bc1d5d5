// JSON that people and their programs give. What is wrong is said with its line, and a name that stands twice in an object
// is refused: JSON.parse would keep its last value and lose the others without a word.

/** `reason` says what the text does, "is not JSON", and repeats no value, which may be secret. */
export class SourceFault extends Error {
  /** From 1. */
  readonly line: number;
  readonly reason: string;

  constructor(text: string, at: number, reason: string) {
    super(reason);
    this.line = text.slice(0, at).split('\n').length;
    this.reason = reason;
  }
}

export interface JsonLimits {
  readonly mostDepth: number;
  /** Fields and list entries together. */
  readonly mostValues: number;
}

const NO_LIMITS: JsonLimits = { mostDepth: Infinity, mostValues: Infinity };

/** @throws SourceFault */
export function parseJson(text: string): unknown {
  checkJson(text);
  try {
    return JSON.parse(text);
  } catch (error) {
    // A string with what no string may hold.
    const [, position] = /at position (\d+)/.exec(error instanceof Error ? error.message : '') ?? [];
    throw notJson(text, Number(position ?? 0));
  }
}

const notJson = (text: string, at: number): SourceFault => new SourceFault(text, at, 'is not JSON');

/** RFC 8259, 3 and 6; what comes behind it must not be a part of it. */
const SCALAR = /(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?![^\s,\]}])/y;

/** All but what is inside of strings; takes time in proportion to the text, whatever it holds. @throws SourceFault */
export function checkJson(text: string, { mostDepth, mostValues }: JsonLimits = NO_LIMITS): void {
  /** Names so far in each object that is open; undefined for a list. */
  const open: (Set<string> | undefined)[] = [];
  const endOfString = stringEnds(text);
  let wants: 'value' | 'first value' | 'name' | 'first name' | 'colon' | 'more' = 'value';
  let values = 0;
  for (let at = 0; at < text.length; at++) {
    const char = text.charAt(at);
    if (' \n\r\t'.includes(char)) continue;
    const names = open.at(-1);
    const wantsValue = wants === 'value' || wants === 'first value';
    const mayEnd = open.length > 0 && (wants === 'more' || wants.startsWith('first'));
    if (wants === 'colon' && char === ':') wants = 'value';
    else if (char === '"' && wants.endsWith('name')) {
      const end = endOfString(at + 1);
      addName(names, text, at, end);
      wants = 'colon';
      at = end;
    } else if (char === '"' && wantsValue) {
      at = endOfString(at + 1);
      wants = 'more';
    } else if (wantsValue && (char === '{' || char === '[')) {
      open.push(char === '{' ? new Set() : undefined);
      wants = char === '{' ? 'first name' : 'first value';
      values += 1;
      if (open.length > mostDepth)
        throw new SourceFault(text, at, `is nested more than ${mostDepth} levels deep`);
    } else if (mayEnd && char === (names === undefined ? ']' : '}')) {
      open.pop();
      wants = 'more';
    } else if (open.length > 0 && wants === 'more' && char === ',') {
      wants = names === undefined ? 'value' : 'name';
      values += 1;
    } else {
      SCALAR.lastIndex = at;
      if (!wantsValue || !SCALAR.test(text)) throw notJson(text, at);
      at = SCALAR.lastIndex - 1;
      wants = 'more';
    }
    if (values > mostValues) throw new SourceFault(text, at, `has more than ${mostValues} values`);
  }
  if (open.length > 0 || wants !== 'more') throw notJson(text, text.length);
}

/** @param from, @param end the places of its quotes */
function addName(names: Set<string> | undefined, text: string, from: number, end: number): void {
  const written = text.slice(from + 1, end);
  // One letter can be written in several ways.
  const name = written.includes('\\') ? unescaped(written) : written;
  if (names?.has(name) === true)
    throw new SourceFault(text, from, `has "${written.slice(0, 40)}" twice; leave one of them out`);
  names?.add(name);
}

function unescaped(written: string): string {
  try {
    return String(JSON.parse(`"${written}"`));
  } catch {
    return written;
  }
}

/** Gives the place of the quote that ends the string which begins at a place; files in base64 are long strings. */
function stringEnds(text: string): (from: number) => number {
  const find = (what: string, from: number): number => {
    const at = text.indexOf(what, from);
    return at === -1 ? text.length : at;
  };
  // Each is looked for again only when it was passed: else a text of escapes would be read once for each of them.
  let [quote, escape] = [-1, -1];
  return (from) => {
    let at = from;
    for (;;) {
      if (quote < at) quote = find('"', at);
      if (escape < at) escape = find('\\', at);
      if (quote < escape) return quote;
      if (escape === text.length) return text.length;
      at = escape + 2;
    }
  };
}

/** Reads, and names a fault of the text in the error of whoever asks for it. */
export function orFault<T>(read: () => T, toError: (fault: SourceFault) => Error): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof SourceFault ? toError(error) : error;
  }
}
