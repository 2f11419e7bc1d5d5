// What cuts a file into records while its text comes in, piece by piece.

/** One record of a file: column names with their texts, or why it cannot be read. */
export interface RawRecord {
  /** Where it begins, from 1. */
  readonly line: number;
  readonly columns: readonly (readonly [name: string, text: string])[];
  readonly fault?: string | undefined;
}

/** Fed with the text of one file in pieces that end anywhere. */
export interface RecordReader {
  /** The records that this piece has completed. */
  push(text: string): RawRecord[];
  /** What is left when the text is at its end. */
  end(): RawRecord[];
}

/** Longest record, in UTF-16 units: a quote that nobody closes must not fill the memory. */
export const RECORD_MAX_CHARS = 1_048_576;

export function faulty(line: number, fault: string): RawRecord {
  return { line, columns: [], fault };
}
