// Which bytes are meant for a place in flash, or were proven there: where, how many, and their digests.

export interface FlashImage {
  /** Bytes from the start of flash. */
  readonly offsetBytes: number;
  readonly sizeBytes: number;
  /** Lower-case hex MD5 of all of it, as a chip computes it by itself. */
  readonly md5: string;
  /** Lower-case hex SHA-256 of the same bytes. */
  readonly sha256: string;
}
