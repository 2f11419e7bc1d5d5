// The chip table: every number that differs between ESP32 family chips, with its source.
//
// Sources, by field:
// - registers, eFuse positions, chip ids, magics: the target descriptions of esptool-js 0.7.0 (Apache-2.0,
//   lib/targets/*.js), checked against what esptool 5.6.0 reads from each chip (`--trace`);
// - ESP32 eFuse words and package codes: ESP32 Technical Reference Manual, chapter "eFuse Controller";
// - newer chips' eFuse blocks: the TRM of each, chapter "eFuse Controller" (EFUSE_RD_MAC_SPI_SYS_n is block 1,
//   EFUSE_RD_SYS_PART1_DATAn block 2);
// - loader differences: "Serial Protocol" of the esptool documentation.
import {
  anyRevision,
  BLOCK0_OFFSET,
  BLOCK1_OFFSET,
  C2_BLOCK2_OFFSET,
  classicSecurity,
  fieldsOf,
  lowPowerWatchdogs,
  macIn,
  MB,
  NEWER_ROM,
  newerSpi,
  rtcWatchdogs,
  slice,
  UART0_CLOCK_DIVIDER,
  uniqueIdOf,
  WIFI,
  WIFI_BLE,
  WIFI_BLE_154,
  word,
} from './patterns.js';
import type { ChipName, ChipSpec } from './types.js';

/** Register that holds a word unique to the ROM of the ESP32 and of the ESP32-S2. */
export const MAGIC_ADDRESS = 0x4000_1000;

const ESP32_EFUSE = 0x3ff5_a000;
const ESP32_SPI = 0x3ff4_2000;
const esp32 = fieldsOf(ESP32_EFUSE);
const ESP32: ChipSpec = {
  name: 'esp32',
  displayName: 'ESP32',
  chipId: 0,
  magics: [0x00f0_1d83],
  radio: WIFI_BLE,
  mac: { low: word(ESP32_EFUSE, 1), high: word(ESP32_EFUSE, 2), upperHalf: 'crc8' },
  revision: {
    // Bit 2 is no eFuse: the top bit of the APB controller's date register.
    major: [esp32(3, 15, 1), esp32(5, 20, 1), slice(0x3ff6_607c, 31, 1)],
    majorCodes: { 0: 0, 1: 1, 3: 2, 7: 3 },
    minor: [esp32(5, 24, 2)],
  },
  packageVersion: [esp32(3, 9, 3), esp32(3, 2, 1)],
  singleCore: [esp32(3, 0, 1)],
  security: {
    flashEncryptionCount: [esp32(0, 20, 7)],
    // ABS_DONE_0 and ABS_DONE_1: secure boot V1 and V2.
    secureBoot: [esp32(6, 4, 2)],
    manualEncryptionOff: [esp32(6, 7, 1)],
  },
  crystal: { kind: 'measured', clockDivider: [slice(0x3ff4_0014, 0, 20)], candidatesMhz: [40, 26] },
  spi: {
    command: ESP32_SPI,
    address: ESP32_SPI + 0x04,
    user: ESP32_SPI + 0x1c,
    user1: ESP32_SPI + 0x20,
    user2: ESP32_SPI + 0x24,
    mosiLength: ESP32_SPI + 0x28,
    misoLength: ESP32_SPI + 0x2c,
    data: ESP32_SPI + 0x80,
    addressIsMsbAligned: true,
  },
  usb: { serialJtag: false, otg: false },
  rom: {
    securityInfoBytes: 0,
    beginHasEncryptWord: false,
    baud: { kind: 'calibrated', calibration: [slice(0x3ff5_f06c, 7, 25)], rtcClock: [esp32(4, 0, 8)] },
    baudChangeInSecureDownload: true,
    spiPads: {
      clk: [esp32(5, 0, 5)],
      q: [esp32(5, 5, 5)],
      d: [esp32(5, 10, 5)],
      cs: [esp32(5, 15, 5)],
      hd: [esp32(3, 4, 5)],
    },
  },
  stubs: anyRevision('esp32'),
  bootloaderOffsetBytes: 0x1000,
};

const S2_EFUSE = 0x3f41_a000;
const s2 = fieldsOf(S2_EFUSE + BLOCK1_OFFSET);
const ESP32S2: ChipSpec = {
  name: 'esp32s2',
  displayName: 'ESP32-S2',
  chipId: 2,
  magics: [0x0000_07c6],
  radio: WIFI,
  mac: macIn(S2_EFUSE + BLOCK1_OFFSET, 'unused'),
  revision: { major: [s2(3, 18, 2)], minor: [s2(4, 4, 3), s2(3, 20, 1)] },
  packageVersion: [s2(4, 0, 4)],
  flashCap: [s2(3, 21, 4)],
  flashCapBytes: { 1: 2 * MB, 2: 4 * MB },
  psramCap: [s2(3, 28, 4)],
  psramCapBytes: { 1: 2 * MB, 2: 4 * MB },
  uniqueId: uniqueIdOf(S2_EFUSE),
  security: classicSecurity(S2_EFUSE, 19),
  crystal: { kind: 'fixed', mhz: 40 },
  spi: newerSpi(0x3f40_2000),
  usb: { serialJtag: false, otg: true },
  rom: { ...NEWER_ROM, securityInfoBytes: 12 },
  stubs: anyRevision('esp32s2'),
  bootloaderOffsetBytes: 0x1000,
};

const S3_EFUSE = 0x6000_7000;
const s3 = fieldsOf(S3_EFUSE + BLOCK1_OFFSET);
const ESP32S3: ChipSpec = {
  name: 'esp32s3',
  displayName: 'ESP32-S3',
  chipId: 9,
  magics: [0x0000_0009],
  radio: WIFI_BLE,
  mac: macIn(S3_EFUSE + BLOCK1_OFFSET, 'unused'),
  revision: { major: [s3(5, 24, 2)], minor: [s3(3, 18, 3), s3(5, 23, 1)] },
  packageVersion: [s3(3, 21, 3)],
  flashCap: [s3(3, 27, 3)],
  flashCapBytes: { 1: 8 * MB, 2: 4 * MB },
  psramCap: [s3(4, 3, 2), s3(5, 19, 1)],
  psramCapBytes: { 1: 8 * MB, 2: 2 * MB, 3: 16 * MB, 4: 4 * MB },
  uniqueId: uniqueIdOf(S3_EFUSE),
  security: classicSecurity(S3_EFUSE, 20),
  crystal: { kind: 'fixed', mhz: 40 },
  spi: newerSpi(0x6000_2000),
  watchdogs: rtcWatchdogs(0x6000_8098, 0x6000_80b0, 0x6000_80b4, 0x6000_80b8),
  usb: { serialJtag: true, otg: true },
  rom: NEWER_ROM,
  stubs: anyRevision('esp32s3'),
  bootloaderOffsetBytes: 0,
};

const C2_EFUSE = 0x6000_8800;
const c2 = fieldsOf(C2_EFUSE + C2_BLOCK2_OFFSET);
const ESP32C2: ChipSpec = {
  name: 'esp32c2',
  displayName: 'ESP32-C2',
  chipId: 12,
  magics: [0x6f51_306f, 0x7c41_a06f, 0x0c21_e06f],
  radio: WIFI_BLE,
  mac: macIn(C2_EFUSE + C2_BLOCK2_OFFSET, 'unused'),
  revision: { major: [c2(1, 20, 2)], minor: [c2(1, 16, 4)] },
  packageVersion: [c2(1, 22, 3)],
  flashCap: [c2(7, 29, 3)],
  flashCapBytes: { 1: 4 * MB, 2: 2 * MB, 3: MB },
  security: {
    flashEncryptionCount: [slice(C2_EFUSE + BLOCK0_OFFSET, 7, 3)],
    secureBoot: [slice(C2_EFUSE + BLOCK0_OFFSET, 21, 1)],
    manualEncryptionOff: [slice(C2_EFUSE + BLOCK0_OFFSET, 6, 1)],
  },
  crystal: { kind: 'measured', clockDivider: UART0_CLOCK_DIVIDER, candidatesMhz: [40, 26] },
  spi: newerSpi(0x6000_2000),
  usb: { serialJtag: false, otg: false },
  rom: { ...NEWER_ROM, baud: { kind: 'assumes', assumedMhz: 40 }, baudChangeInSecureDownload: false },
  // Revision 0 has too little free RAM at the stub's addresses.
  stubs: [{ fromRevision: 100, stub: 'esp32c2' }],
  bootloaderOffsetBytes: 0,
};

const C3_EFUSE = 0x6000_8800;
const c3 = fieldsOf(C3_EFUSE + BLOCK1_OFFSET);
const ESP32C3: ChipSpec = {
  name: 'esp32c3',
  displayName: 'ESP32-C3',
  chipId: 5,
  magics: [0x6921_506f, 0x1b31_506f, 0x4881_606f, 0x4361_606f],
  radio: WIFI_BLE,
  mac: macIn(C3_EFUSE + BLOCK1_OFFSET, 'unused'),
  revision: { major: [c3(5, 24, 2)], minor: [c3(3, 18, 3), c3(5, 23, 1)] },
  packageVersion: [c3(3, 21, 3)],
  flashCap: [c3(3, 27, 3)],
  flashCapBytes: { 1: 4 * MB, 2: 2 * MB, 3: MB, 4: 8 * MB },
  uniqueId: uniqueIdOf(C3_EFUSE),
  security: classicSecurity(C3_EFUSE, 20),
  crystal: { kind: 'fixed', mhz: 40 },
  spi: newerSpi(0x6000_2000),
  watchdogs: rtcWatchdogs(0x6000_8090, 0x6000_80a8, 0x6000_80ac, 0x6000_80b0),
  usb: { serialJtag: true, otg: false },
  rom: NEWER_ROM,
  stubs: anyRevision('esp32c3'),
  bootloaderOffsetBytes: 0,
};

const C5_EFUSE = 0x600b_4800;
const c5 = fieldsOf(C5_EFUSE + BLOCK1_OFFSET);
const ESP32C5: ChipSpec = {
  name: 'esp32c5',
  displayName: 'ESP32-C5',
  chipId: 23,
  magics: [0x1101_406f, 0x63e1_406f, 0x5fd1_406f, 0x30e1_706f],
  radio: WIFI_BLE_154,
  mac: macIn(C5_EFUSE + BLOCK1_OFFSET, 'eui64'),
  revision: { major: [c5(2, 4, 2)], minor: [c5(2, 0, 4)] },
  packageVersion: [c5(2, 26, 3)],
  flashCap: [c5(2, 13, 3)],
  flashCapBytes: { 1: 4 * MB },
  psramCap: [c5(2, 19, 3)],
  psramCapBytes: { 1: 4 * MB, 2: 8 * MB },
  temperature: [c5(2, 24, 2)],
  uniqueId: uniqueIdOf(C5_EFUSE),
  security: {
    flashEncryptionCount: [slice(C5_EFUSE + 0x34, 16, 3)],
    secureBoot: [slice(C5_EFUSE + 0x38, 25, 1)],
    manualEncryptionOff: [slice(C5_EFUSE + BLOCK0_OFFSET, 20, 1)],
  },
  crystal: { kind: 'measured', clockDivider: UART0_CLOCK_DIVIDER, candidatesMhz: [48, 40] },
  spi: newerSpi(0x6000_3000),
  watchdogs: lowPowerWatchdogs(0x600b_1c00, 0x18),
  usb: { serialJtag: true, otg: false },
  rom: {
    ...NEWER_ROM,
    baud: { kind: 'register', assumedMhz: [slice(0x6009_6110, 24, 7)] },
    baudChangeInSecureDownload: false,
  },
  stubs: anyRevision('esp32c5'),
  bootloaderOffsetBytes: 0x2000,
};

const C6_EFUSE = 0x600b_0800;
const c6 = fieldsOf(C6_EFUSE + BLOCK1_OFFSET);
const ESP32C6: ChipSpec = {
  name: 'esp32c6',
  displayName: 'ESP32-C6',
  chipId: 13,
  magics: [0x2ce0_806f],
  radio: WIFI_BLE_154,
  mac: macIn(C6_EFUSE + BLOCK1_OFFSET, 'eui64'),
  revision: { major: [c6(3, 22, 2)], minor: [c6(3, 18, 4)] },
  packageVersion: [c6(3, 24, 3)],
  flashCap: [c6(4, 0, 3)],
  flashCapBytes: { 1: 4 * MB, 2: 8 * MB },
  uniqueId: uniqueIdOf(C6_EFUSE),
  security: classicSecurity(C6_EFUSE, 20),
  crystal: { kind: 'fixed', mhz: 40 },
  spi: newerSpi(0x6000_3000),
  watchdogs: lowPowerWatchdogs(0x600b_1c00, 0x18),
  usb: { serialJtag: true, otg: false },
  rom: NEWER_ROM,
  stubs: anyRevision('esp32c6'),
  bootloaderOffsetBytes: 0,
};

const C61_EFUSE = 0x600b_4800;
const c61 = fieldsOf(C61_EFUSE + BLOCK1_OFFSET);
const ESP32C61: ChipSpec = {
  name: 'esp32c61',
  displayName: 'ESP32-C61',
  chipId: 20,
  magics: [0x33f0_206f, 0x2421_606f],
  radio: WIFI_BLE,
  mac: macIn(C61_EFUSE + BLOCK1_OFFSET, 'unused'),
  revision: { major: [c61(2, 4, 2)], minor: [c61(2, 0, 4)] },
  packageVersion: [c61(2, 26, 3)],
  flashCap: [c61(2, 13, 3)],
  flashCapBytes: { 1: 4 * MB, 2: 8 * MB },
  psramCap: [c61(2, 19, 3)],
  psramCapBytes: { 1: 2 * MB, 2: 8 * MB },
  temperature: [c61(2, 24, 2)],
  uniqueId: uniqueIdOf(C61_EFUSE),
  security: {
    flashEncryptionCount: [slice(C61_EFUSE + BLOCK0_OFFSET, 23, 3)],
    secureBoot: [slice(C61_EFUSE + 0x34, 26, 1)],
    manualEncryptionOff: [slice(C61_EFUSE + BLOCK0_OFFSET, 14, 1)],
  },
  crystal: { kind: 'fixed', mhz: 40 },
  spi: newerSpi(0x6000_3000),
  watchdogs: lowPowerWatchdogs(0x600b_1c00, 0x18),
  usb: { serialJtag: true, otg: false },
  rom: NEWER_ROM,
  stubs: anyRevision('esp32c61'),
  bootloaderOffsetBytes: 0,
};

const H2_EFUSE = 0x600b_0800;
const h2 = fieldsOf(H2_EFUSE + BLOCK1_OFFSET);
const ESP32H2: ChipSpec = {
  name: 'esp32h2',
  displayName: 'ESP32-H2',
  chipId: 16,
  magics: [0xd7b7_3e80, 0x97e3_0068],
  radio: { wifi: false, bluetooth: true, ieee802154: true },
  mac: macIn(H2_EFUSE + BLOCK1_OFFSET, 'eui64'),
  revision: { major: [h2(3, 21, 2)], minor: [h2(3, 18, 3)] },
  packageVersion: [h2(4, 0, 3)],
  flashCap: [h2(3, 24, 3)],
  flashCapBytes: { 1: 4 * MB, 2: 2 * MB, 3: MB },
  temperature: [h2(3, 27, 2)],
  uniqueId: uniqueIdOf(H2_EFUSE),
  security: classicSecurity(H2_EFUSE, 20),
  crystal: { kind: 'fixed', mhz: 32 },
  spi: newerSpi(0x6000_3000),
  watchdogs: lowPowerWatchdogs(0x600b_1c00, 0x1c),
  usb: { serialJtag: true, otg: false },
  rom: NEWER_ROM,
  stubs: anyRevision('esp32h2'),
  bootloaderOffsetBytes: 0,
};

const P4_EFUSE = 0x5012_d000;
const p4 = fieldsOf(P4_EFUSE + BLOCK1_OFFSET);
const ESP32P4: ChipSpec = {
  name: 'esp32p4',
  displayName: 'ESP32-P4',
  chipId: 18,
  magics: [0x0add_bad0, 0x0703_9ad9],
  radio: { wifi: false, bluetooth: false, ieee802154: false },
  mac: macIn(P4_EFUSE + BLOCK1_OFFSET, 'unused'),
  revision: { major: [p4(2, 4, 2), p4(2, 23, 1)], minor: [p4(2, 0, 4)] },
  packageVersion: [p4(2, 20, 3)],
  uniqueId: uniqueIdOf(P4_EFUSE),
  security: classicSecurity(P4_EFUSE, 20),
  crystal: { kind: 'fixed', mhz: 40 },
  spi: newerSpi(0x5008_d000),
  watchdogs: lowPowerWatchdogs(0x5011_6000, 0x18),
  usb: { serialJtag: true, otg: true },
  rom: NEWER_ROM,
  stubs: [
    { fromRevision: 0, stub: 'esp32p4-rev1' },
    { fromRevision: 300, stub: 'esp32p4' },
  ],
  bootloaderOffsetBytes: 0x2000,
};

export const CHIPS: Readonly<Record<ChipName, ChipSpec>> = {
  esp32: ESP32,
  esp32s2: ESP32S2,
  esp32s3: ESP32S3,
  esp32c2: ESP32C2,
  esp32c3: ESP32C3,
  esp32c5: ESP32C5,
  esp32c6: ESP32C6,
  esp32c61: ESP32C61,
  esp32h2: ESP32H2,
  esp32p4: ESP32P4,
};
