// The shape of one row of the error table, and the process exit codes that rows use.

/** Process exit codes. A script can tell bad input from a bad cable without reading text. */
export const EXIT = {
  ok: 0,
  internal: 1,
  /** The command, a file or a value given by the caller is wrong: change it and run again. */
  input: 2,
  /** The port or the link to the board failed. */
  link: 3,
  /** The chip or the board refused, or is not the one expected. */
  board: 4,
  /** The registry or the local state could not be read or written. */
  registry: 5,
  /** What was written is not what the chip holds. */
  proof: 6,
  /** Stopped by the user or by a caller's signal. */
  cancelled: 130,
} as const;

export interface ErrorEntry<D> {
  readonly exit: (typeof EXIT)[keyof typeof EXIT];
  readonly http: number;
  readonly retryable: boolean;
  /** What is wrong and where, without a full stop. */
  readonly problem: (details: D) => string;
  /** What to do next: an imperative, lower case, without a full stop. */
  readonly next: (details: D) => string;
}

/** Gives a row its details type. */
export function entry<D>(row: ErrorEntry<D>): ErrorEntry<D> {
  return row;
}
