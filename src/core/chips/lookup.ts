// Finding a chip's row, and reading numbers out of its registers.
import { CHIPS } from './table.js';
import { CHIP_NAMES, type BitField, type ChipName, type ChipSpec } from './types.js';

/** Gives a 32-bit register's value, unsigned. */
export type ReadRegister = (address: number) => number;

/** The row of that name, in any spelling: `ESP32-S3`, `esp32s3`, `esp32_s3`. */
export function findChip(name: string): ChipSpec | undefined {
  const plain = name.toLowerCase().replace(/[-_ ]/g, '');
  const known = CHIP_NAMES.find((chip) => chip === plain);
  return known === undefined ? undefined : CHIPS[known];
}

export const getChip = (name: ChipName): ChipSpec => CHIPS[name];

export function findChipByMagic(magic: number): ChipSpec | undefined {
  return Object.values(CHIPS).find((chip) => chip.magics.includes(magic >>> 0));
}

export function findChipById(chipId: number): ChipSpec | undefined {
  return Object.values(CHIPS).find((chip) => chip.chipId === chipId);
}

/** The number in a bit field. */
export function readField(field: BitField, read: ReadRegister): number {
  let value = 0;
  let position = 0;
  for (const { address, shift, bits } of field) {
    const mask = 2 ** bits - 1;
    value += ((read(address) >>> shift) & mask) * 2 ** position;
    position += bits;
  }
  return value;
}

/** Register words with `value` put into a bit field, by address: the reverse of readField. */
export function writeField(field: BitField, value: number, words: Map<number, number>): void {
  let rest = value;
  for (const { address, shift, bits } of field) {
    const size = 2 ** bits;
    const mask = (size - 1) * 2 ** shift;
    const old = words.get(address) ?? 0;
    words.set(address, ((old & ~mask) | ((rest % size) << shift)) >>> 0);
    rest = Math.floor(rest / size);
  }
}
