// eFuse bits that only make a chip's part number complete: maker of in-package flash, temperature grade.
// Positions: the TRM of each chip, chapter "eFuse Controller", block 1 (ESP32-C2: block 2).
import type { BitField, ChipName } from '../core/chips/index.js';

interface Fuse {
  readonly field: BitField;
  readonly value: number;
}

/** In-package flash made by XMC. */
const XMC = 1;
const fuse = (address: number, shift: number, bits: number, value: number): Fuse => ({
  field: [{ address, shift, bits }],
  value,
});

export const PACKAGE_FUSES: Partial<Readonly<Record<ChipName, readonly Fuse[]>>> = {
  esp32s3: [fuse(0x6000_7054, 0, 3, XMC)],
  esp32c2: [fuse(0x6000_885c, 24, 3, XMC)],
  esp32c3: [fuse(0x6000_8854, 0, 3, XMC)],
  esp32c5: [fuse(0x600b_484c, 16, 3, XMC)],
  // Grade H: 1 in bits 28..27.
  esp32h2: [fuse(0x600b_0850, 29, 3, XMC), fuse(0x600b_0850, 27, 2, 1)],
};
