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
export type Row = readonly (string | undefined)[];

type Output = Pick<CliIo, 'stdout' | 'outputColumns'>;

export class Table {
  readonly #io: Output;
  readonly #heads: readonly string[];
  #layout: Layout | undefined;

  constructor(io: Output, heads: readonly string[]) {
    this.#io = io;
    this.#heads = heads;
  }

  /** Rows in order; more may follow, in the widths that these have. The head stands above the first ones, if there are any. */
  add(rows: readonly Row[]): void {
    const cells = rows.map((row) => this.#heads.map((_, column) => printable(row[column] ?? NOTHING)));
    if (this.#layout === undefined) {
      if (cells.length === 0) return;
      this.#layout = layOut([this.#heads, ...cells], this.#io.outputColumns);
      this.#io.stdout(`${colours.dim(this.#line(this.#heads))}\n`);
    }
    for (const row of cells) this.#io.stdout(`${[this.#line(row), ...this.#below(row)].join('\n')}\n`);
  }

  #line(row: readonly string[]): string {
    const { shown = [], widths = [] } = this.#layout ?? {};
    return shown
      .map((column) => padded(row[column] ?? '', widths[column] ?? 0))
      .join(GAP)
      .trimEnd();
  }

  #below(row: readonly string[]): readonly string[] {
    const { moved = [] } = this.#layout ?? {};
    const texts = moved
      .filter((column) => row[column] !== NOTHING)
      .map((column) => `${(this.#heads[column] ?? '').toLowerCase()} ${row[column] ?? ''}`);
    return wrapped(texts, this.#io.outputColumns - INDENT.length).map((line) => INDENT + line);
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
function layOut(table: readonly (readonly string[])[], columns: number): Layout {
  const count = table[0]?.length ?? 0;
  const widths = Array.from({ length: count }, (_, column) =>
    Math.max(...table.map((row) => shownWidth(row[column] ?? ''))),
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

const padded = (text: string, width: number): string =>
  text + ' '.repeat(Math.max(0, width - shownWidth(text)));
