// Reads the letters of labels from the file of their font.
import { create } from 'fontkit';
import { GLYPH_ROWS, type Glyph, type LabelFont } from './letters.js';

/** Letters of these scripts stand side by side as they are. Others are joined, stacked or turned round first. */
const SIMPLE_SCRIPTS =
  /^[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\p{Script=Armenian}\p{Script=Georgian}\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Bopomofo}\p{Script=Hangul}\p{Script=Common}]$/u;
const UNDRAWN = /^[\p{C}\p{M}\u2028\u2029\u3164\uffa0]$/u;

/** Unpacks a zlib stream (RFC 1950) of `length` bytes: megabytes here, so that who has other work does it elsewhere. */
export type Unpack = (packed: Uint8Array, length: number) => Promise<Uint8Array>;

/** @param woff a WOFF 1 file (W3C) of Unifont */
export async function openLabelFont(woff: Uint8Array, unpack: Unpack): Promise<LabelFont> {
  const bytes = await unpackWoff(woff, unpack);
  const opened = create(bytes as Buffer);
  // A collection has no letters of its own.
  if (!('glyphForCodePoint' in opened)) throw new Error('the font file is a collection of fonts');
  const font = opened;
  const rowUnits = font.unitsPerEm / GLYPH_ROWS;
  const known = new Map<string, Glyph>();
  const codeOf = (letter: string): number => letter.codePointAt(0) ?? 0;
  const columnsOf = (letter: string): number =>
    Math.round(font.glyphForCodePoint(codeOf(letter)).advanceWidth / rowUnits);
  return {
    bytes,
    columnsOf,
    draws: (letter) =>
      SIMPLE_SCRIPTS.test(letter) && !UNDRAWN.test(letter) && font.hasGlyphForCodePoint(codeOf(letter)),
    glyph: (letter) => {
      let glyph = known.get(letter);
      if (glyph === undefined) {
        const { path } = font.glyphForCodePoint(codeOf(letter));
        glyph = dotsOf(path.commands, columnsOf(letter), { rowUnits, topUnits: font.ascent });
        known.set(letter, glyph);
      }
      return glyph;
    },
  };
}

interface PathCommand {
  readonly command: string;
  readonly args: readonly number[];
}

/** The outlines run along the dots: a dot is dark when a line from its middle to the left crosses them an odd number of times. */
function dotsOf(
  commands: readonly PathCommand[],
  columns: number,
  { rowUnits, topUnits }: { readonly rowUnits: number; readonly topUnits: number },
): Glyph {
  const edges = edgesOf(commands);
  const rows = Array.from({ length: GLYPH_ROWS }, (_, row) => {
    const y = topUnits - (row + 0.5) * rowUnits;
    let bits = 0;
    for (let column = 0; column < columns; column++) {
      const x = (column + 0.5) * rowUnits;
      const turns = edges.filter(({ x: at, low, high }) => at < x && low < y && y < high);
      bits = (bits << 1) | (turns.length % 2);
    }
    return bits;
  });
  return { columns, rows };
}

/** The upright edges. */
function edgesOf(commands: readonly PathCommand[]): { x: number; low: number; high: number }[] {
  const edges: { x: number; low: number; high: number }[] = [];
  let [x, y, startX, startY] = [0, 0, 0, 0];
  const lineTo = (toX: number, toY: number): void => {
    if (toY !== y) edges.push({ x: (x + toX) / 2, low: Math.min(y, toY), high: Math.max(y, toY) });
    [x, y] = [toX, toY];
  };
  for (const { command, args } of commands) {
    const [toX = startX, toY = startY] = args.slice(-2);
    if (command === 'closePath') lineTo(startX, startY);
    else if (command !== 'moveTo') lineTo(toX, toY);
    else [x, y, startX, startY] = [toX, toY, toX, toY];
  }
  return edges;
}

const WOFF_HEADER = 44;
const WOFF_ENTRY = 20;
const SFNT_HEADER = 12;
const SFNT_ENTRY = 16;

/** WOFF 1 (W3C, 2012) to the sfnt that it packs: once for all letters, not at each look at a table. */
async function unpackWoff(woff: Uint8Array, unpack: Unpack): Promise<Uint8Array> {
  const view = new DataView(woff.buffer, woff.byteOffset, woff.byteLength);
  const count = view.getUint16(12);
  const tables = Array.from({ length: count }, (_, index) => {
    const at = WOFF_HEADER + index * WOFF_ENTRY;
    const [tag, offset, packed, length, sum] = [0, 4, 8, 12, 16].map((field) => view.getUint32(at + field));
    return { tag: tag ?? 0, offset: offset ?? 0, packed: packed ?? 0, length: length ?? 0, sum: sum ?? 0 };
  });
  const dataAt = SFNT_HEADER + count * SFNT_ENTRY;
  const padded = (length: number): number => Math.ceil(length / 4) * 4;
  const sfnt = new Uint8Array(dataAt + tables.reduce((sum, { length }) => sum + padded(length), 0));
  const out = new DataView(sfnt.buffer);
  const searched = 2 ** Math.floor(Math.log2(count));
  out.setUint32(0, view.getUint32(4));
  [count, searched * SFNT_ENTRY, Math.log2(searched), (count - searched) * SFNT_ENTRY].forEach(
    (value, index) => out.setUint16(4 + 2 * index, value),
  );
  let at = dataAt;
  for (const [index, { tag, offset, packed, length, sum }] of tables.entries()) {
    const entry = SFNT_HEADER + index * SFNT_ENTRY;
    [tag, sum, at, length].forEach((value, field) => out.setUint32(entry + 4 * field, value));
    const data = woff.subarray(offset, offset + packed);
    sfnt.set(packed < length ? await unpack(data, length) : data, at);
    at += padded(length);
  }
  return sfnt;
}
