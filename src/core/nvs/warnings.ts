// What a CSV file can contain that the generator accepts and a device answers with a surprise.

export type CsvWarningCode =
  /** No header: the first row was taken for it. */
  | 'header-missing'
  /** A namespace named again: the rows that follow still go to the newest one. */
  | 'namespace-reopened'
  /** Rows before the first namespace pose as namespace definitions. */
  | 'no-namespace'
  /** The same key twice in a namespace: which one the device finds is not defined. */
  | 'duplicate-key'
  /** More namespaces than firmware has room for. */
  | 'namespace-reserved'
  /** An encoding in upper case: the text is stored undecoded, or without its NUL. */
  | 'encoding-case'
  /** A type that is none of data, file, namespace: taken for data. */
  | 'unknown-type'
  /** Base64 with characters that were skipped, or text after its end. */
  | 'sloppy-base64'
  /** A blob in more pieces than firmware reads. */
  | 'many-chunks'
  /** More cells than the header names, mostly after a comma in a value without quotes: they are not written. */
  | 'surplus-cells'
  /** A value or an encoding in a row of a namespace: it is not written. */
  | 'namespace-value'
  /** Two columns of one name: the last one counts. */
  | 'repeated-column'
  /** A quote that is never closed: everything below it is part of one value. */
  | 'open-quote'
  /** Lines that begin with `#` inside of quotes: they are left out of the value. */
  | 'lost-line'
  /** A quote that became part of a value, or ended before its cell did. */
  | 'stray-quote'
  /** Blanks at an end of a name, or of a text without quotes: they are part of it. */
  | 'outer-blank'
  /** A zero byte in a text: firmware reads only what stands before it. */
  | 'nul-character'
  /** A number with an underscore, or in digits of another script: the device gets the plain number. */
  | 'odd-integer';

export interface CsvWarning {
  readonly code: CsvWarningCode;
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** What happens, and what to do; never a value. */
  readonly message: string;
}
