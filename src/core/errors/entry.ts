// The shape of one row of the error table, the kinds that rows are of, and the process exit codes that they use.

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

type Kind = Pick<ErrorEntry<never>, 'exit' | 'http' | 'retryable'>;

/** Rows of one kind, each with the type of its details; a row may differ in a part of it. */
export const kind =
  (usual: Kind) =>
  <D = Record<never, never>>(row: Omit<ErrorEntry<D>, keyof Kind> & Partial<Kind>): ErrorEntry<D> => ({
    ...usual,
    ...row,
  });

/** A value that the caller gave is wrong. */
export const input = kind({ exit: EXIT.input, http: 400, retryable: false });
/** What the caller named is not there. */
export const missing = kind({ exit: EXIT.input, http: 404, retryable: false });
/** What the caller wants to make is there already, or in use. */
export const taken = kind({ exit: EXIT.input, http: 409, retryable: false });
/** The request contradicts what the registry holds. */
export const conflict = kind({ exit: EXIT.registry, http: 409, retryable: false });
/** The other side failed: nothing in the request is wrong, nor in espmint, and a proxy is not to take it for its own trouble. */
export const link = kind({ exit: EXIT.link, http: 424, retryable: true });
/** The board is not one that this can be done with. */
export const board = kind({ exit: EXIT.board, http: 409, retryable: false });
