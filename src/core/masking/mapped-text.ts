// A text that was rewritten to be searched, and knows for each character where it came from.

export interface MappedText {
  readonly text: string;
  /** For each character: first index in the source, and the one behind its last. */
  readonly from: ArrayLike<number>;
  readonly to: ArrayLike<number>;
}

export function mapped(text: string): MappedText {
  const from = Int32Array.from({ length: text.length }, (_, at) => at);
  return { text, from, to: from.map((at) => at + 1) };
}

/** What a part of a text becomes: characters that stand for the whole part. */
interface Edit {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

/** @param edits in order, none over another */
function edited(source: MappedText, edits: Iterable<Edit>): MappedText {
  const out = { text: [] as string[], from: [] as number[], to: [] as number[] };
  let done = 0;
  const keepUntil = (end: number): void => {
    out.text.push(source.text.slice(done, end));
    for (let at = done; at < end; at++) {
      out.from.push(source.from[at] ?? 0);
      out.to.push(source.to[at] ?? 0);
    }
  };
  for (const { from, to, text } of edits) {
    keepUntil(from);
    done = to;
    out.text.push(text);
    for (let at = 0; at < text.length; at++) {
      out.from.push(source.from[from] ?? 0);
      out.to.push(source.to[to - 1] ?? 0);
    }
  }
  keepUntil(source.text.length);
  return { text: out.text.join(''), from: out.from, to: out.to };
}

/** @param pattern with the flag `g`, and linear in the length of the text */
function rewrite(
  source: MappedText,
  pattern: RegExp,
  replacement: (match: RegExpExecArray) => string,
): MappedText {
  const edits = [...source.text.matchAll(pattern)].map((match) => {
    return { from: match.index, to: match.index + match[0].length, text: replacement(match) };
  });
  return edited(source, edits);
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
const ESCAPE =
  /%([0-9a-f]{2})|\\u([0-9a-f]{4})|\\u\{([0-9a-f]{1,6})\}|\\x([0-9a-f]{2})|\\([0-3][0-7]{2})|&#x([0-9a-f]{1,6});|&#(\d{1,7});|&(amp|lt|gt|quot|apos);|=([0-9A-F]{2})|\\(["'\\/])/gi;

/** One level of URL, JSON, C, HTML and quoted-printable escapes taken back, each to one character. */
export function withoutEscapes(source: MappedText): MappedText {
  return rewrite(source, ESCAPE, (match) => {
    const [, url, json, wide, c, octal, htmlHex, html, name, printable, quoted] = match;
    const hex = url ?? json ?? wide ?? c ?? htmlHex ?? printable;
    if (quoted !== undefined) return quoted;
    if (name !== undefined) return ENTITIES[name.toLowerCase()] ?? '';
    const [digits = '', radix] =
      hex !== undefined ? [hex, 16] : octal !== undefined ? [octal, 8] : [html, 10];
    const point = parseInt(digits, radix);
    return point <= 0x10ffff ? String.fromCodePoint(point) : '';
  });
}

/** What stands before each value when bytes are printed. */
export const withoutHexPrefixes = (source: MappedText): MappedText =>
  rewrite(source, /(?:0x|\\x|\\u00|\\u\{|%|&#x|=)(?=[0-9a-f])/gi, () => '');

/**
 * What loggers and dump tools put round each line: time stamps, tags, addresses, and the column of characters behind a
 * dump. Without them the halves of a value that was printed over several lines stand side by side.
 */
export const withoutLineFrames = (source: MappedText): MappedText => {
  const unframed = rewrite(source, LINE_START, () => '\n');
  return withoutSharedStarts(rewrite(unframed, LINE_END, () => ''));
};

/** Each line without the words with which the line before it began too, and the number that counts them. */
function withoutSharedStarts(source: MappedText): MappedText {
  let before = '';
  const edits = [...source.text.matchAll(/[^\r\n]+/g)].map(({ 0: line, index }) => {
    let shared = 0;
    while (shared < line.length && line[shared] === before[shared]) shared++;
    before = line;
    while (shared > 0 && /[\p{L}\p{N}]/u.test(line[shared - 1] ?? '')) shared--;
    const [count = ''] = /^\d{1,3}\s{0,3}[\])}:.=-]{1,3}\s{0,3}/.exec(line.slice(shared)) ?? [];
    return { from: index, to: index + shared + count.length, text: '' };
  });
  return edited(source, edits);
}

const LINE_START =
  /(?:^|[\r\n]+)(?:[EWIDV] \([\d:.]{1,16}\) [^\s:]{1,40}: ?|\[[^\]\n]{1,40}\]:? ?|\d\d:\d\d:\d\d[.,\d-]{0,12} ?|<\w{1,5}> |[\w-]{1,24}: |[ \t])*(?:(?:0x)?[0-9a-f]{4,16}(?:: {0,3}| {2,3}))?/gi;
const LINE_END = /[ \t]{1,4}\|[^\n]{0,80}/g;

/** Letters and digits only, in lower case: no separator and no line cut is left. */
export const lettersAndDigits = (source: MappedText): MappedText => lowered(source, isLetterOrDigit);

/** Without blanks and control characters, in lower case. */
export const withoutBlanks = (source: MappedText): MappedText => lowered(source, isVisible);

function isLetterOrDigit(code: number): boolean {
  if (code < 0x80) return (code >= 0x30 && code <= 0x39) || ((code | 0x20) >= 0x61 && (code | 0x20) <= 0x7a);
  return !/[\s\p{P}\p{Cc}\p{Z}]/u.test(String.fromCharCode(code));
}

function isVisible(code: number): boolean {
  return code > 0x20 && (code < 0x7f || !/[\s\p{Cc}]/u.test(String.fromCharCode(code)));
}

/** Character by character: a few change their length in lower case, and would shift the map. */
function lowered(source: MappedText, isKept: (code: number) => boolean): MappedText {
  const from = new Int32Array(source.text.length);
  const to = new Int32Array(source.text.length);
  let text = '';
  for (let at = 0; at < source.text.length; at++) {
    const code = source.text.charCodeAt(at);
    if (!isKept(code)) continue;
    from[text.length] = source.from[at] ?? 0;
    to[text.length] = source.to[at] ?? 0;
    const character = source.text.charAt(at);
    const lower = character.toLowerCase();
    text += lower.length === 1 ? lower : character;
  }
  return { text, from, to };
}
