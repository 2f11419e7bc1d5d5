// The shape of one row of the chip table: what differs between ESP32 family chips for whoever speaks to their ROM.

/** Lower-case chip names, as esptool spells them. */
export const CHIP_NAMES = [
  'esp32',
  'esp32s2',
  'esp32s3',
  'esp32c2',
  'esp32c3',
  'esp32c5',
  'esp32c6',
  'esp32c61',
  'esp32h2',
  'esp32p4',
] as const;
export type ChipName = (typeof CHIP_NAMES)[number];

/** Some adjacent bits of one 32-bit register. */
export interface BitSlice {
  /** Absolute register address. */
  readonly address: number;
  /** Position of the lowest bit. */
  readonly shift: number;
  readonly bits: number;
}

/** A number spread over one or more slices, least significant slice first. */
export type BitField = readonly BitSlice[];

/** Registers of the SPI controller that drives the flash: absolute addresses. */
export interface SpiRegisters {
  readonly command: number;
  readonly address: number;
  readonly user: number;
  readonly user1: number;
  readonly user2: number;
  readonly mosiLength: number;
  readonly misoLength: number;
  /** First data word, W0. */
  readonly data: number;
  /** True where a 24-bit address stands in the upper bits of the address register. */
  readonly addressIsMsbAligned: boolean;
}

/** How the chip's crystal frequency becomes known. */
export type Crystal =
  | { readonly kind: 'fixed'; readonly mhz: number }
  /** Measured: baud in force on the host side times the UART's clock divider. */
  | { readonly kind: 'measured'; readonly clockDivider: BitField; readonly candidatesMhz: readonly number[] };

/**
 * What the ROM must be given instead of the wanted baud rate.
 * - `none`: the wanted rate itself.
 * - `calibrated`: the ROM derives its UART clock from a crystal frequency that it measured itself at start-up.
 * - `assumes`: the ROM takes the crystal for one of `assumedMhz`.
 * - `register`: the ROM takes the crystal for the frequency in that register field.
 */
type RomBaud =
  | { readonly kind: 'none' }
  | { readonly kind: 'calibrated'; readonly calibration: BitField; readonly rtcClock: BitField }
  | { readonly kind: 'assumes'; readonly assumedMhz: number }
  | { readonly kind: 'register'; readonly assumedMhz: BitField };

/** Watchdogs that a reset over native USB leaves running; absolute addresses and keys. */
export interface Watchdogs {
  readonly config: number;
  readonly writeProtect: number;
  readonly writeKey: number;
  readonly superConfig: number;
  readonly superWriteProtect: number;
  readonly superWriteKey: number;
  readonly superAutoFeed: number;
}

export interface ChipSpec {
  readonly name: ChipName;
  /** As Espressif prints it: `ESP32-S3`. */
  readonly displayName: string;
  /** `chip_id` of the security information and of image headers. */
  readonly chipId: number;
  /** Words seen at MAGIC_ADDRESS. Only those of ESP32 and S2 are promised to be unique. */
  readonly magics: readonly number[];
  readonly radio: { readonly wifi: boolean; readonly bluetooth: boolean; readonly ieee802154: boolean };

  readonly mac: {
    /** Register with MAC bytes 2..5, byte 2 in the upper bits. */
    readonly low: number;
    /** Register with MAC bytes 0..1 in bits 15..0. */
    readonly high: number;
    /** What bits 31..16 of `high` hold: a CRC-8 of the MAC, the middle of its EUI-64, or nothing of use. */
    readonly upperHalf: 'crc8' | 'eui64' | 'unused';
  };
  readonly revision: {
    readonly major: BitField;
    readonly minor: BitField;
    /** Where the bits of `major` are no plain number: what each combination means. */
    readonly majorCodes?: Readonly<Record<number, number>>;
  };
  readonly packageVersion: BitField;
  /** ESP32 only: set where the second core is disabled. */
  readonly singleCore?: BitField;
  /** Code of the flash inside the package; absent where the eFuses do not tell. */
  readonly flashCap?: BitField;
  /** Bytes of in-package flash by `flashCap` code; a code that is missing means none or unknown. */
  readonly flashCapBytes?: Readonly<Record<number, number>>;
  readonly psramCap?: BitField;
  /** Bytes of in-package PSRAM by `psramCap` code (esptool, `get_psram_cap`). */
  readonly psramCapBytes?: Readonly<Record<number, number>>;
  /** Temperature grade code, where the part number tells it. */
  readonly temperature?: BitField;
  /** Four registers of the optional 128-bit unique id, lowest bytes first; all zero when none was burnt. */
  readonly uniqueId?: readonly number[];

  readonly security: {
    /** Flash encryption is on when the number of set bits is odd. */
    readonly flashEncryptionCount: BitField;
    /** Secure boot is on when this is not zero. */
    readonly secureBoot: BitField;
    /** Set: the ROM refuses to encrypt what it writes. */
    readonly manualEncryptionOff: BitField;
  };

  readonly crystal: Crystal;
  readonly spi: SpiRegisters;
  readonly watchdogs?: Watchdogs;
  readonly usb: { readonly serialJtag: boolean; readonly otg: boolean };

  readonly rom: {
    /** GET_SECURITY_INFO: bytes of its answer, 0 where the ROM does not know the command. */
    readonly securityInfoBytes: 0 | 12 | 20;
    /** Whether FLASH_BEGIN and FLASH_DEFL_BEGIN carry a fifth word (encrypt). */
    readonly beginHasEncryptWord: boolean;
    readonly baud: RomBaud;
    /** False where the ROM cannot change its rate in Secure Download Mode. */
    readonly baudChangeInSecureDownload: boolean;
    /** SPI_ATTACH takes the pads burnt into eFuse (ESP32 only): slices of CLK, Q, D, HD, CS. */
    readonly spiPads?: {
      readonly clk: BitField;
      readonly q: BitField;
      readonly d: BitField;
      readonly hd: BitField;
      readonly cs: BitField;
    };
  };
  /** Names of the stubs, by lowest revision (major * 100 + minor) that takes them; empty: no stub. */
  readonly stubs: readonly { readonly fromRevision: number; readonly stub: string }[];
  /** Where the second-stage bootloader starts in flash, bytes. */
  readonly bootloaderOffsetBytes: number;
}
