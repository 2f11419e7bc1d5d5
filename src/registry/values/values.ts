// Values of its own for each board: lists whose rows are each given to one board, for good, or shared by a batch.
import type { RowFault, RowState, ValueColumn, ValueRow, ValuesPlan } from '../../core/values/rows.js';
import type { Asker } from '../process-user.js';

export type { RowState };

/** A list, with how many of its rows are in each state. */
export interface ValueList {
  readonly name: string;
  readonly columns: readonly ValueColumn[];
  readonly counts: Readonly<Record<RowState, number>>;
  /** ISO 8601 in UTC. */
  readonly createdAt: string;
  readonly createdBy: string;
}

/** One row, without what is secret in it. */
export interface ListedRow {
  /** Counts from 1, in the order of the import. */
  readonly number: number;
  readonly state: RowState;
  readonly mac?: string | undefined;
  /** The station that holds it. */
  readonly reservedBy?: string | undefined;
  /** Boards that have a row of a batch. */
  readonly boards?: number | undefined;
  /** Names the board or the batch that it is for, where the list says so. */
  readonly wanted?: string | undefined;
  readonly values: Readonly<Record<string, string>>;
  readonly claimedAt?: string | undefined;
  readonly reason?: string | undefined;
}

export interface RowClaim extends Pick<ValuesPlan, 'list' | 'match'> {
  /** Lower case with colons. */
  readonly mac: string;
  readonly uuid: string;
  /** Of the unit in its batch. */
  readonly serial?: string | undefined;
  /** Name of the batch that the board is made in. */
  readonly batch?: string | undefined;
  /** The code that the operator scanned for this board. */
  readonly scan?: string | undefined;
  readonly station?: string | undefined;
}

export interface ClaimedRow {
  readonly number: number;
  readonly columns: readonly ValueColumn[];
  /** As stored, secrets opened. Not enumerable: printing a row does not print them. */
  readonly stored: Readonly<Record<string, string>>;
}

export interface ImportBy {
  /** How errors name the file. */
  readonly file: string;
  readonly actor?: string | undefined;
  /** Ends the import, and nothing of it stays. */
  readonly signal?: AbortSignal | undefined;
}

export interface Values {
  /**
   * Adds rows to a list, all or none; the first import makes the list and its columns.
   *
   * @param rows reads them from their start: a lost connection begins again
   * @returns how many
   * @throws VALUES_FILE_INVALID (rows with a fault; what names a board, or is a unique value, and is in the file or in
   *   the list already), VALUE_COLUMNS_DIFFER, REGISTRY_*, DISK_FULL, CANCELLED, and what `rows` throws
   */
  add(
    list: string,
    columns: readonly ValueColumn[],
    rows: () => AsyncIterable<ValueRow | RowFault>,
    by: ImportBy,
  ): Promise<number>;

  /**
   * Gives a board its row, durably: the one that it has, or the next free one, or the one that names it. A row that may
   * be on a board is never given to another one. A row that names a batch is shared by its boards: each gets the one
   * that the batch has now.
   *
   * @throws VALUE_LIST_UNKNOWN, VALUE_ROWS_USED_UP, VALUE_ROW_MISSING, VALUE_ROW_NOT_SCANNED, VALUE_ROW_OUT_OF_REACH,
   *   SECRET_UNREADABLE, REGISTRY_*
   */
  claim(request: RowClaim): Promise<ClaimedRow>;

  /** The row that a board has, without giving it one. @throws VALUE_LIST_UNKNOWN, SECRET_UNREADABLE, REGISTRY_* */
  held(list: string, mac: string): Promise<ClaimedRow | undefined>;

  /** Of a list. @throws VALUE_LIST_UNKNOWN */
  columns(list: string): Promise<readonly ValueColumn[]>;

  /**
   * Values of the row that a board has, for its label; undefined where it has none. Those that are secret are written
   * into the audit trail before they are given out.
   *
   * @throws VALUE_LIST_UNKNOWN, SECRET_UNREADABLE, REGISTRY_*
   */
  forLabel(
    list: string,
    mac: string,
    columns: readonly string[],
    by?: Asker,
  ): Promise<Readonly<Record<string, string>> | undefined>;

  lists(): Promise<readonly ValueList[]>;

  /** Rows in their order. @throws VALUE_LIST_UNKNOWN */
  rows(
    list: string,
    filter?: { readonly state?: RowState; readonly after?: number; readonly limit?: number },
  ): Promise<readonly ListedRow[]>;

  /**
   * A person takes a row from its board. `returned`: the board never left, or was erased: the row is free for another.
   * `scrapped`: it is never given again, and a new row may name its board or batch.
   *
   * @throws VALUE_LIST_UNKNOWN, INPUT_INVALID (no such row, or it is free, or it is shared and is to be returned)
   */
  end(
    list: string,
    row: number,
    state: 'returned' | 'scrapped',
    reason: string,
    actor?: string,
  ): Promise<void>;

  close(): Promise<void>;
}
