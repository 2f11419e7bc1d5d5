// The base MAC out of a chip's eFuse words, and the proof that it was read right.
import { hex } from '../../core/text.js';
import type { ChipSpec, ReadRegister } from '../../core/chips/index.js';
import { EspmintError, isEspmintError } from '../../core/errors/index.js';
import { macFromBytes, macText, type Mac } from '../../core/mac.js';

/** The middle that makes an EUI-64 of a MAC-48 (IEEE, "Guidelines for use of EUI"). */
const EUI64_MIDDLE = 0xfffe;

/**
 * @throws CHIP_MAC_BAD when the eFuses' own check fails, or the address can belong to no device.
 */
export function readChipMac(chip: ChipSpec, read: ReadRegister, port: string): Mac {
  const high = read(chip.mac.high);
  const bytes = macBytesOf(high, read(chip.mac.low));
  const mac = checkedMac(bytes, port);
  checkUpperHalf(chip, high >>> 16, bytes, mac, port);
  return mac;
}

function macBytesOf(high: number, low: number): Uint8Array {
  const bytes = new Uint8Array(6);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, high & 0xffff);
  view.setUint32(2, low);
  return bytes;
}

/** The MAC that two eFuse words say, unchecked, as text. */
export function macOfWords(high: number, low: number): string {
  return macText(macBytesOf(high, low));
}

function checkedMac(bytes: Uint8Array, port: string): Mac {
  try {
    return macFromBytes(bytes);
  } catch (error) {
    if (!isEspmintError(error, 'MAC_INVALID')) throw error;
    const { text, reason } = error.details;
    throw new EspmintError('CHIP_MAC_BAD', { port, mac: text, reason }, { cause: error });
  }
}

function checkUpperHalf(chip: ChipSpec, upper: number, bytes: Uint8Array, mac: Mac, port: string): void {
  if (upper === 0) return;
  const bad = (reason: string): EspmintError => new EspmintError('CHIP_MAC_BAD', { port, mac, reason });
  if (chip.mac.upperHalf === 'crc8') {
    const stored = upper & 0xff;
    const computed = crc8(bytes);
    if (stored !== computed) throw bad(`its CRC is ${hex(stored)} instead of ${hex(computed)}`);
  } else if (chip.mac.upperHalf === 'eui64' && upper !== EUI64_MIDDLE) {
    throw bad(`the middle of its EUI-64 is ${hex(upper)} instead of 0xfffe`);
  }
}

/** CRC-8/MAXIM (polynomial 0x31 reflected, seed 0), as burnt beside an ESP32's MAC. */
function crc8(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 0 ? crc >> 1 : (crc >> 1) ^ 0x8c;
  }
  return crc;
}
