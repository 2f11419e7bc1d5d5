// What a command answers: a table or a text for people, JSON Lines for programs.
import { jsonLine, type CliIo } from '../io.js';
import { Table, type Row } from './table.js';

/** The option that every command with an answer has. */
export interface Json {
  readonly json?: boolean | undefined;
}

/** How items of one kind are listed. */
export interface ListForm<T> {
  /** Of their JSON records. */
  readonly type: string;
  readonly heads: readonly string[];
  readonly cells: (item: T) => Row;
}

/** Shows items, page by page where there are many: one line each. */
export function lister<T extends object>(
  io: CliIo,
  { json }: Json,
  { type, heads, cells }: ListForm<T>,
): (items: readonly T[]) => void {
  const table = new Table(io, heads);
  return (items) => {
    if (json === true) for (const item of items) io.stdout(jsonLine({ type, ...item }));
    else table.add(items.map(cells));
  };
}

/** One record. @param text for people, with its line end */
export function show<T extends { readonly type: string }>(
  io: CliIo,
  { json }: Json,
  record: T,
  text: string,
): void {
  io.stdout(json === true ? jsonLine(record) : text);
}
