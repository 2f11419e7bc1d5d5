// Error numbers that the ROM loader puts into its status ("Serial Protocol", table of ROM loader errors; ROM code).

export const ROM_ERROR = {
  /** A malformed request, and the answer to an op code that the ROM does not know. */
  badMessage: 0x05,
  failed: 0x06,
  checksum: 0x07,
  flashWrite: 0x08,
  flashRead: 0x09,
  flashReadLength: 0x0a,
  inflate: 0x0b,
  inflateSum: 0x0c,
  /** Encryption that eFuses forbid, or that is not possible in this form. */
  encryption: 0x64,
} as const;
