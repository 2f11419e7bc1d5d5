// What a CSV file can contain that the generator accepts and a device answers with a surprise.

/** By code: what is in the file, and what comes of it. */
export const CSV_WARNINGS = {
  'header-missing': 'there is no header: the only line was taken for it and is not in the image',
  'namespace-reopened': 'a namespace is named again: the rows that follow still go to the newest one',
  'no-namespace': 'rows before the first namespace pose as definitions of namespaces',
  'duplicate-key': 'the same key twice in a namespace: which one the device finds is not defined',
  'namespace-reserved': 'more namespaces than firmware has room for: it keeps index 255 for itself',
  'encoding-case': 'an encoding in upper case: the text is stored undecoded, or without its NUL',
  'unknown-type':
    'a type that is none of data, file and namespace: the cell is data, not the file that it may name',
  'sloppy-base64':
    'base64 with characters that were skipped, or text behind its end: fewer bytes than the cell seems to hold',
  'many-chunks': 'a blob in more pieces than firmware reads: it cannot be read back',
  'surplus-cells':
    'more cells than the header names, mostly behind a comma in a value without quotes: they are not written',
  'namespace-value': 'a value or an encoding in the row of a namespace: it is not written',
  'repeated-column': 'two columns of one name: the last one counts',
  'open-quote': 'a quote that is never closed: everything below it is part of one value',
  'lost-line': 'lines that begin with # inside of quotes: they are left out of the value',
  'stray-quote': 'a quote that became part of a value, or ended before its cell did',
  'outer-blank': 'blanks at an end of a name, or of a text without quotes: they are part of it',
  'nul-character': 'a zero byte in a text: firmware reads only what stands before it',
  'odd-integer':
    'a number with an underscore, or in digits of another script: the device gets the plain number',
} as const satisfies Record<string, string>;

export type CsvWarningCode = keyof typeof CSV_WARNINGS;

export interface CsvWarning {
  readonly code: CsvWarningCode;
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** What happens, and what to do; never a value. */
  readonly message: string;
}
