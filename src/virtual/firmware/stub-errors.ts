// Error numbers of the flasher stub: 16 bits, sent high byte first as its two status bytes (esp-flasher-stub, commands.h).

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
