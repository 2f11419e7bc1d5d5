// Tables for people: as wide as the terminal. Where that is too narrow, the widest columns move to a line below their row;
// into a file or a pipe goes every column in one line.
import type { CliIo } from '../io.js';
import { colours } from './colours.js';
import { printable, shownWidth } from './printable.js';

const GAP = '  ';
const INDENT = '  ';
/** A cell that says nothing. */
const NOTHING = '-';

/** Column by column; texts that other programs may have written are made harmless here. */
export type Row = readonly (string | Painted | undefined)[];

/** A text in a colour, which takes no cell of the terminal. */
export interface Painted {
  readonly text: string;
  readonly paint: (text: string) => string;
}

interface ShownCell {
  readonly text: string;
  readonly paint?: (text: string) => string;
}

type Output = Pick<CliIo, 'stdout' | 'outputColumns'>;

export class Table {
  readonly #io: Output;
  readonly #heads: readonly string[];
  #layout: Layout | undefined;

  constructor(io: Output, heads: readonly string[]) {
    this.#io = io;
    this.#heads = heads;
  }

  /**
   * Rows in order; more may follow, in the widths that these have. The head stands above the first ones, if there are any.
   * `notes` gives lines that stand below a row of these.
   */
  add(rows: readonly Row[], notes: (index: number) => readonly string[] = () => []): void {
    const cells = rows.map((row) => this.#heads.map((_, column) => shownCell(row[column])));
    const heads = this.#heads.map(shownCell);
    if (this.#layout === undefined) {
      if (cells.length === 0) return;
      this.#layout = layOut([heads, ...cells], this.#io.outputColumns);
      this.#io.stdout(`${colours.dim(this.#line(heads))}\n`);
    }
    for (const [index, row] of cells.entries()) {
      const below = [...this.#below(row), ...notes(index)].map((line) => INDENT + line);
      this.#io.stdout(`${[this.#line(row), ...below].join('\n')}\n`);
    }
  }

  #line(row: readonly ShownCell[]): string {
    const { shown = [], widths = [] } = this.#layout ?? {};
    return shown
      .map((column) => padded(row[column], widths[column]))
      .join(GAP)
      .trimEnd();
  }

  #below(row: readonly ShownCell[]): readonly string[] {
    const { moved = [] } = this.#layout ?? {};
    const texts = moved
      .filter((column) => row[column]?.text !== NOTHING)
      .map((column) => `${(this.#heads[column] ?? '').toLowerCase()} ${row[column]?.text ?? ''}`);
    return wrapped(texts, this.#io.outputColumns - INDENT.length);
  }
}

/** A table amid other lines. */
export function tableLines(
  heads: readonly string[],
  rows: readonly Row[],
  columns: number,
): readonly string[] {
  const lines: string[] = [];
  const stdout = (text: string): void => void lines.push(text.slice(0, -1));
  new Table({ outputColumns: columns, stdout }, heads).add(rows);
  return lines;
}

interface Layout {
  readonly widths: readonly number[];
  readonly shown: readonly number[];
  readonly moved: readonly number[];
}

/** The first column stays: it says what the row is about. */
function layOut(table: readonly (readonly ShownCell[])[], columns: number): Layout {
  const count = table[0]?.length ?? 0;
  const widths = Array.from({ length: count }, (_, column) =>
    Math.max(...table.map((row) => shownWidth(row[column]?.text ?? ''))),
  );
  let shown = widths.map((_, column) => column);
  const moved: number[] = [];
  const isTooWide = (): boolean =>
    shown.reduce((sum, column) => sum + (widths[column] ?? 0) + GAP.length, -GAP.length) > columns;
  while (shown.length > 1 && isTooWide()) {
    const widest = shown
      .slice(1)
      .reduce((one, other) => ((widths[other] ?? 0) > (widths[one] ?? 0) ? other : one));
    shown = shown.filter((column) => column !== widest);
    moved.push(widest);
  }
  return { widths, shown, moved: moved.sort((one, other) => one - other) };
}

/** As many on a line as fit, a comma between them; one that is longer than a line stays whole. */
function wrapped(texts: readonly string[], columns: number): readonly string[] {
  const lines: string[] = [];
  for (const text of texts) {
    const last = lines.at(-1);
    if (last === undefined || shownWidth(last) + 2 + shownWidth(text) > columns) lines.push(text);
    else lines[lines.length - 1] = `${last}, ${text}`;
  }
  return lines;
}

function shownCell(cell: string | Painted | undefined): ShownCell {
  if (typeof cell === 'object') return { ...cell, text: printable(cell.text) };
  return { text: printable(cell ?? NOTHING) };
}

function padded({ text, paint = (same) => same }: ShownCell = { text: '' }, width = 0): string {
  return paint(text) + ' '.repeat(Math.max(0, width - shownWidth(text)));
}
