// Error numbers that the firmware of a chip puts into the status of its replies.

/** Of the ROM loader ("Serial Protocol", table of ROM loader errors; ROM code). */
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

/** Of the flasher stub: 16 bits, sent high byte first as its two status bytes (esp-flasher-stub, commands.h). */
export const STUB_ERROR = {
  /** A request or its length field has the wrong size; an address is not aligned; bytes are missing at the end. */
  badLength: 0xc000,
  badChecksum: 0xc100,
  /** Unknown op code, or a frame that is no request. */
  invalidCommand: 0xc300,
  /** The flash did not do what it was asked to. */
  spiOperation: 0xc400,
  /** DATA or END without BEGIN. */
  notInFlashMode: 0xc600,
  inflate: 0xc700,
  notEnoughData: 0xc800,
  notImplemented: 0xff00,
} as const;
