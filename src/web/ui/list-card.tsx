// A list of things as a table in a card, each row with what can be done to it.
import type { ComponentChildren, JSX } from 'preact';
import { t } from '../i18n/translate.js';
import { FailureNote, Skeleton } from './parts.js';
import { ActButton } from './work.js';

interface Column<T> {
  /** Empty: without a head. */
  readonly name: string;
  readonly cell: (row: T) => ComponentChildren;
  readonly number?: boolean;
}

interface ListCardProps<T> {
  readonly title: ComponentChildren;
  /** At the right end of the head. */
  readonly aside?: ComponentChildren;
  /** Absent until loaded. */
  readonly rows: readonly T[] | undefined;
  /** Why they did not come. */
  readonly failure?: unknown;
  /** What to say where there are none. */
  readonly none: ComponentChildren;
  readonly keyOf: (row: T) => string;
  /** The first names the row. */
  readonly columns: readonly Column<T>[];
  readonly actions?: (row: T) => ComponentChildren;
  /** The row opens something: all of it, and its name by the keyboard. */
  readonly onOpen?: (row: T) => void;
  /** Below the last row. */
  readonly more?: ComponentChildren;
}

export function ListCard<T>({
  title,
  aside,
  rows,
  failure,
  none,
  more,
  ...table
}: ListCardProps<T>): JSX.Element {
  const isComing = rows === undefined && failure === undefined;
  return (
    <section class={isComing ? 'card flush coming' : 'card flush'}>
      <header>
        <h2>{title}</h2>
        {aside}
      </header>
      {(failure !== undefined || rows === undefined) && (
        <div class="list-note">
          {failure === undefined ? <Skeleton lines={3} /> : <FailureNote failure={failure} />}
        </div>
      )}
      {rows?.length === 0 && <div class="muted list-note">{none}</div>}
      {rows !== undefined && rows.length > 0 && <Table rows={rows} {...table} />}
      {more !== undefined && more !== false && <p class="list-more">{more}</p>}
    </section>
  );
}

type TableProps<T> = Pick<ListCardProps<T>, 'keyOf' | 'columns' | 'actions' | 'onOpen'> & {
  readonly rows: readonly T[];
};

function Table<T>({ rows, keyOf, columns, actions, onOpen }: TableProps<T>): JSX.Element {
  const [head, ...rest] = columns;
  return (
    <div class="table-scroll">
      <table class="table cards">
        <thead>
          <tr>
            {columns.map(({ name, number }) => (
              <th key={name} scope="col" class={number === true ? 'number' : ''}>
                {name}
              </th>
            ))}
            {actions !== undefined && (
              <th scope="col">
                <span class="visually-hidden">{t('settings.actions')}</span>
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr
              key={keyOf(row)}
              {...(onOpen === undefined ? {} : { class: 'clickable', onClick: () => onOpen(row) })}
            >
              <th scope="row">
                {onOpen === undefined ? (
                  head?.cell(row)
                ) : (
                  // The click goes on to the row.
                  <button type="button" class="as-link">
                    {head?.cell(row)}
                  </button>
                )}
              </th>
              {rest.map(({ name, cell, number }) => (
                <td key={name} data-name={name} class={number === true ? 'number' : ''}>
                  {cell(row)}
                </td>
              ))}
              {actions !== undefined && <td class="right nowrap">{actions(row)}</td>}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface RemoveButtonProps {
  readonly label: string;
  /** With the label in words instead of an icon. */
  readonly worded?: boolean;
  /** Asked first, where it cannot be taken back. */
  readonly confirm?: string;
  readonly remove: () => Promise<unknown>;
  readonly onRemoved?: () => void;
}

/** The button that takes a row away. */
export function RemoveButton(props: RemoveButtonProps): JSX.Element {
  const { label, worded = false, confirm, remove, onRemoved } = props;
  const act = async (): Promise<void> => {
    if (confirm !== undefined && !window.confirm(confirm)) return;
    await remove();
    onRemoved?.();
  };
  return worded ? (
    <ActButton class="danger" act={act}>
      {label}
    </ActButton>
  ) : (
    <ActButton class="quiet little" icon="trash" label={label} act={act} />
  );
}
