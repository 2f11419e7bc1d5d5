// Seeded random NVS CSV files: mostly sound rows, sprinkled with everything that the dialect allows or refuses.

/** A small generator of numbers (mulberry32): the same seed gives the same file on every machine. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}

export interface RandomCsv {
  readonly text: string;
  /** Files that rows of type `file` name. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly sizeBytes: number;
  readonly version: 1 | 2;
}

class Dice {
  constructor(
    readonly random: () => number,
    /** Begins the names of this seed's files. */
    readonly prefix: string,
  ) {}
  /** A whole number from 0 to `below` - 1. */
  number(below: number): number {
    return Math.floor(this.random() * below);
  }
  /** True once in `times`. */
  once(times: number): boolean {
    return this.number(times) === 0;
  }
  pick<T>(choices: readonly T[]): T {
    return choices[this.number(choices.length)] as T;
  }
  text(length: number, alphabet: string): string {
    const letters = [...alphabet];
    return Array.from({ length }, () => this.pick(letters)).join('');
  }
}

const LETTERS = 'abcdefghijklmnopqrstuvwxyz_0123456789';
const PRINTABLE = `${LETTERS}ABCDEF !#$%&'()*+,-./:;<=>?@[]^{|}~"`;
const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const WIDE = 'äöü€漢字😀\u2028\u0085';
const RANGES: Record<string, readonly [bigint, bigint]> = {
  u8: [0n, 255n],
  i8: [-128n, 127n],
  u16: [0n, 65_535n],
  i16: [-32_768n, 32_767n],
  u32: [0n, 4_294_967_295n],
  i32: [-2_147_483_648n, 2_147_483_647n],
  u64: [0n, 2n ** 64n - 1n],
  i64: [-(2n ** 63n), 2n ** 63n - 1n],
};
/** Integer texts at the border of what the generator reads. */
const ODD_INTEGERS = [
  '+5',
  '007',
  ' 9 ',
  '1_0',
  '-0',
  '0x10',
  '',
  '1.5',
  '1e3',
  '5_',
  '_5',
  '٣',
  '\u00a05',
  '--5',
  '256',
  '-129',
  '5\u3000',
  '\x1c5',
];
const ODD_HEX = ['0xab', 'abc', 'zz', ' ab ', 'AB cd', '\u00a0ab', ''];
const ODD_BASE64 = [
  'YW=Jj',
  'YWI=YWI=',
  'Y W*J-j',
  '==',
  'YW',
  'A',
  'YWJj==YWJj',
  'YWI',
  '=YWI=',
  'Y===W=Jj',
  'YWI==x',
];

/** What people write by hand: more cells than columns, quotes in the middle, blanks, zero bytes, `#` in quotes. */
const SLOPPY_LINES = [
  'tz,data,string,CET-1CEST,M3.5.0,M10.5.0/3',
  'q1,data,string,say "hi" to all',
  'q2,data,string,"ab"cd"ef"',
  'q3,data,string, "blank first"',
  'q4 ,data,string, text ',
  'nul,data,string,a\0b',
  'hash,data,string,"one\n#two\nthree"',
  'multi,data,string,"one\n two\n"',
  'space,namespace,string,ignored',
  'num,data,u16,1_0',
];

/** Lengths that end near a slot, a page or a limit, and others. */
function someLength(dice: Dice, limit: number): number {
  const far = dice.once(60) ? [3968, 3999, 4000, 8000] : [1983, 3936, 3966];
  const near = dice.pick(dice.once(10) ? far : [1, 31, 32, 33, 64]) + dice.number(3) - 1;
  return Math.max(0, Math.min(limit, dice.once(3) ? near : dice.number(200)));
}

/** The file of one seed. */
export function randomCsv(seed: number): RandomCsv {
  const dice = new Dice(seededRandom(seed), `seed${seed}`);
  const files = new Map<string, Uint8Array>();
  const columns = dice.once(5)
    ? ['value', 'key', 'note', 'encoding', 'type']
    : ['key', 'type', 'encoding', 'value'];
  const end = dice.pick(['\n', '\n', '\n', '\r\n', '\r']);
  const lines = [columns.join(',')];
  const add = (row: Record<string, string>): void => {
    lines.push(columns.map((column) => cell(dice, row[column] ?? '')).join(','));
  };
  if (!dice.once(25)) add({ key: name(dice), type: 'namespace' });
  const rows = dice.once(4) ? 40 + dice.number(160) : dice.number(25);
  for (let i = 0; i < rows; i++) {
    if (dice.once(15)) lines.push(dice.pick(['', '# comment, with "quote', '#']));
    if (dice.once(12)) add({ key: name(dice), type: 'namespace' });
    else add(valueRow(dice, files));
    if (dice.once(40)) lines.push(dice.pick(SLOPPY_LINES));
    if (dice.once(900)) lines.push(dice.pick([' ', 'short', 'key,data', 'k,data,u8']));
  }
  const sound = lines.join(end) + (dice.once(4) ? '' : end);
  const text = dice.once(6) ? damaged(dice, sound) : sound;
  const sizeBytes = 0x1000 * dice.pick(dice.once(6) ? [1, 2, 3, 4] : [8, 16, 32, 64]);
  return { text, files, sizeBytes, version: dice.once(5) ? 1 : 2 };
}

/** A few characters put in, taken out or replaced anywhere: most of it breaks the file, some of it changes its meaning. */
function damaged(dice: Dice, text: string): string {
  const characters = [...text];
  for (let i = 1 + dice.number(3); i > 0; i--) {
    const inserted = dice.pick([...'",\n\r#\0 ;=_+-0xA\u00a0\u0663é\ufeff\u2028', '', '""', '\n#']);
    characters.splice(dice.number(characters.length + 1), dice.number(2), inserted);
  }
  return characters.join('');
}

/** Names come from a small stock, so that keys and namespaces repeat. */
function name(dice: Dice): string {
  if (dice.once(80)) return dice.pick(['sta.ssid', 'sta.pswd', 'ap.ssid', 'ap.passwd', 'ap.authmode']);
  if (dice.once(500)) return dice.pick(['', 'sixteen_letters_', 'clé', 'a b', 'q"q']);
  return dice.once(3) ? `k${dice.number(8)}` : dice.text(1 + dice.number(15), LETTERS);
}

function valueRow(dice: Dice, files: Map<string, Uint8Array>): Record<string, string> {
  const encoding = pickEncoding(dice);
  const content = contentFor(dice, encoding);
  const type = dice.once(100) ? dice.pick(['Data', 'File', 'anything']) : 'data';
  if (!dice.once(10) || encoding.startsWith('blob_'))
    return { key: name(dice), type, encoding, value: content };
  const path = `${dice.prefix}-${files.size}.dat`;
  const raw =
    encoding === 'binary'
      ? Uint8Array.from({ length: someLength(dice, 9000) }, () => dice.number(256))
      : undefined;
  files.set(path, raw ?? new TextEncoder().encode(content + dice.pick(['', '\n'])));
  return { key: name(dice), type: 'file', encoding, value: dice.once(400) ? 'absent.dat' : path };
}

function pickEncoding(dice: Dice): string {
  const encoding = dice.pick([
    ...Object.keys(RANGES),
    'string',
    'string',
    'string',
    'hex2bin',
    'hex2bin',
    'base64',
    'binary',
    'blob',
  ]);
  if (encoding === 'blob') {
    const length = dice.once(4) ? someLength(dice, 5000) : dice.number(80);
    const pad = dice.text(2, '0123456789abcdefABCDEF');
    const form = dice.once(200)
      ? dice.pick(['blob_fill', 'blob_fill(8;170)', 'blob_fill(8;0xAA) x'])
      : undefined;
    return form ?? `${dice.pick(['blob_fill', 'blob_sz_fill'])}(${length + 12};0x${pad})`;
  }
  if (dice.once(500)) return dice.pick([encoding.toUpperCase(), ` ${encoding}`, 'float', 'Binary']);
  return encoding;
}

function contentFor(dice: Dice, encoding: string): string {
  const range = RANGES[encoding.toLowerCase()];
  if (range !== undefined) {
    if (dice.once(250)) return dice.pick(ODD_INTEGERS);
    const [low, high] = range;
    return String(
      dice.once(3)
        ? dice.pick(range)
        : low + (BigInt(Math.floor(dice.random() * 2 ** 53)) % (high - low + 1n)),
    );
  }
  if (encoding === 'hex2bin')
    return dice.once(60)
      ? dice.pick(ODD_HEX)
      : dice.text(2 * someLength(dice, 9000), '0123456789abcdefABCDEF');
  if (encoding === 'base64') {
    if (dice.once(150)) return dice.pick(ODD_BASE64);
    const groups = Math.floor(someLength(dice, 9000) / 3);
    return (
      dice.text(4 * groups, BASE64) + dice.pick(['', `${dice.text(2, BASE64)}==`, `${dice.text(3, BASE64)}=`])
    );
  }
  if (encoding.startsWith('blob_'))
    return dice.text(dice.number(12), PRINTABLE + (dice.once(10) ? WIDE : ''));
  return dice.text(someLength(dice, 4001), PRINTABLE + (encoding === 'string' && dice.once(20) ? WIDE : ''));
}

/** Writes a cell as a spreadsheet would; now and then as careless people do. */
function cell(dice: Dice, text: string): string {
  if (dice.once(500)) return dice.pick([`"${text}`, `"ab"${text}`, ` ${text}`]);
  const mustQuote = /[",\n\r]/.test(text);
  return mustQuote || dice.once(12) ? `"${text.replaceAll('"', '""')}"` : text;
}
