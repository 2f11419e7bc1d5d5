// Error numbers that the ROM loader puts into its status ("Serial Protocol", table of ROM loader errors).

export const ROM_ERROR = {
  /** A malformed request, and the answer to an op code that the ROM does not know. */
  badMessage: 0x05,
  failed: 0x06,
  checksum: 0x07,
  flashWrite: 0x08,
  flashRead: 0x09,
  flashReadLength: 0x0a,
  inflate: 0x0b,
  inflateParameter: 0x0d,
} as const;
