// Patterns that several rows of the chip table share: register blocks, eFuse blocks, ROM traits. Sources: see table.ts.
import type { BitField, BitSlice, ChipSpec, SpiRegisters, Watchdogs } from './types.js';

export const MB = 1024 * 1024;
const RTC_WATCHDOG_KEY = 0x50d8_3aa1;
const SUPER_WATCHDOG_KEY_RTC = 0x8f1d_312a;

/** Offsets of eFuse blocks from the controller's base, all chips after the ESP32. */
export const BLOCK0_OFFSET = 0x30;
export const BLOCK1_OFFSET = 0x44;
const BLOCK2_OFFSET = 0x5c;
/** The ESP32-C2 has shorter blocks. */
export const C2_BLOCK2_OFFSET = 0x40;

export const word = (base: number, index: number): number => base + 4 * index;
export const slice = (address: number, shift: number, bits: number): BitSlice => ({ address, shift, bits });
export const fieldsOf = (base: number) => (index: number, shift: number, bits: number) =>
  slice(word(base, index), shift, bits);

/** SPI controller of all chips but the ESP32. */
export const newerSpi = (base: number): SpiRegisters => ({
  command: base,
  address: base + 0x04,
  user: base + 0x18,
  user1: base + 0x1c,
  user2: base + 0x20,
  mosiLength: base + 0x24,
  misoLength: base + 0x28,
  data: base + 0x58,
  addressIsMsbAligned: false,
});

export const macIn = (block: number, upperHalf: ChipSpec['mac']['upperHalf']): ChipSpec['mac'] => ({
  low: word(block, 0),
  high: word(block, 1),
  upperHalf,
});
export const uniqueIdOf = (efuse: number): readonly number[] =>
  [0, 1, 2, 3].map((n) => word(efuse + BLOCK2_OFFSET, n));

/** Low-power watchdogs of C5, C6, C61 (config at +0), H2 and P4 differ only by where the rest stands. */
export const lowPowerWatchdogs = (base: number, writeProtectOffset: number): Watchdogs => ({
  config: base,
  writeProtect: base + writeProtectOffset,
  writeKey: RTC_WATCHDOG_KEY,
  superConfig: base + writeProtectOffset + 4,
  superWriteProtect: base + writeProtectOffset + 8,
  superWriteKey: RTC_WATCHDOG_KEY,
  superAutoFeed: 1 << 18,
});
export const rtcWatchdogs = (
  config: number,
  writeProtect: number,
  superConfig: number,
  superWriteProtect: number,
): Watchdogs => ({
  config,
  writeProtect,
  writeKey: RTC_WATCHDOG_KEY,
  superConfig,
  superWriteProtect,
  superWriteKey: SUPER_WATCHDOG_KEY_RTC,
  superAutoFeed: 0x8000_0000,
});

/** Security bits of S2, S3, C3, C6, H2 and P4; only the manual-encryption bit moves. */
export const classicSecurity = (efuse: number, manualEncryptionBit: number): ChipSpec['security'] => ({
  flashEncryptionCount: [slice(efuse + 0x34, 18, 3)],
  secureBoot: [slice(efuse + 0x38, 20, 1)],
  manualEncryptionOff: [slice(efuse + BLOCK0_OFFSET, manualEncryptionBit, 1)],
});

export const UART0_CLOCK_DIVIDER: BitField = [slice(0x6000_0014, 0, 20)];
export const NEWER_ROM = {
  securityInfoBytes: 20,
  beginHasEncryptWord: true,
  baud: { kind: 'none' },
  baudChangeInSecureDownload: true,
} as const;
export const WIFI = { wifi: true, bluetooth: false, ieee802154: false };
export const WIFI_BLE = { wifi: true, bluetooth: true, ieee802154: false };
export const WIFI_BLE_154 = { wifi: true, bluetooth: true, ieee802154: true };
export const anyRevision = (stub: string): ChipSpec['stubs'] => [{ fromRevision: 0, stub }];
