// eFuses that tell of a flash encryption key: which block holds it (esptool 5.6 reads these to judge whether there is one).
import type { BitField, ChipName } from '../core/chips/index.js';

interface KeyFuse {
  readonly field: BitField;
  readonly value: number;
}

/** Purpose "XTS-AES-128 key" of the first key block; the same number in GET_SECURITY_INFO. */
export const XTS_AES_128_KEY = 4;
const purpose = (address: number, shift: number, bits = 4): KeyFuse => ({
  field: [{ address, shift, bits }],
  value: XTS_AES_128_KEY,
});

/** The ESP32 has none here: its encryption is another one, which the virtual chip does not have. */
export const KEY_FUSES: Partial<Readonly<Record<ChipName, KeyFuse>>> = {
  esp32s2: purpose(0x3f41_a034, 24),
  esp32s3: purpose(0x6000_7034, 24),
  // The key block of 128 bits cannot be read any more.
  esp32c2: { field: [{ address: 0x6000_8830, shift: 0, bits: 2 }], value: 1 },
  esp32c3: purpose(0x6000_8834, 24),
  esp32c5: purpose(0x600b_4834, 22, 5),
  esp32c6: purpose(0x600b_0834, 24),
  esp32c61: purpose(0x600b_4834, 0),
  esp32h2: purpose(0x600b_0834, 24),
  esp32p4: purpose(0x5012_d034, 24),
};
