// A table of facts: a few columns, close together, with a name for those who do not see it.
import type { ComponentChildren, JSX } from 'preact';

interface Column<T> {
  readonly name: string;
  readonly cell: (row: T) => ComponentChildren;
  /** Of its cells. */
  readonly class?: string;
  readonly number?: boolean;
}

interface PlainTableProps<T> {
  readonly caption: string;
  readonly rows: readonly T[];
  readonly keyOf: (row: T) => string | number;
  /** The first names the row. */
  readonly columns: readonly Column<T>[];
  readonly class?: string;
}

export function PlainTable<T>(props: PlainTableProps<T>): JSX.Element {
  const { caption, rows, keyOf, columns, class: look = '' } = props;
  const classOf = ({ number = false, class: own = '' }: Column<T>): string =>
    `${own} ${number ? 'number' : ''}`;
  return (
    <table class={`table compact ${look}`}>
      <caption class="visually-hidden">{caption}</caption>
      <thead>
        <tr>
          {columns.map(({ name, number = false }) => (
            <th key={name} scope="col" class={number ? 'number' : ''}>
              {name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={keyOf(row)}>
            {columns.map((column, index) =>
              index === 0 ? (
                <th key={column.name} scope="row" class={classOf(column)}>
                  {column.cell(row)}
                </th>
              ) : (
                <td key={column.name} class={classOf(column)}>
                  {column.cell(row)}
                </td>
              ),
            )}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
