// The chip table: lookups, bit fields that go in and come out, and the names and revisions that they give.
import { describe, expect, it } from 'vitest';
import {
  CHIPS,
  CHIP_NAMES,
  describeChip,
  findChip,
  findChipById,
  findChipByMagic,
  readChipRevision,
  readField,
  writeField,
  type BitField,
  type ChipSpec,
} from './index.js';

const zero = (): number => 0;
const reader =
  (words: Map<number, number>) =>
  (address: number): number =>
    words.get(address) ?? 0;

function withFields(
  ...fields: readonly (readonly [BitField | undefined, number])[]
): (address: number) => number {
  const words = new Map<number, number>();
  for (const [field, value] of fields) if (field !== undefined) writeField(field, value, words);
  return reader(words);
}

describe('the chip table', () => {
  it('has one row for each name, each with its own chip id', () => {
    const ids = CHIP_NAMES.map((name) => CHIPS[name].chipId);
    expect(new Set(ids).size).toBe(CHIP_NAMES.length);
    for (const name of CHIP_NAMES) expect(CHIPS[name].name).toBe(name);
  });

  it('gives no two chips the same magic word', () => {
    const magics = CHIP_NAMES.flatMap((name) => CHIPS[name].magics);
    expect(new Set(magics).size).toBe(magics.length);
  });

  it('finds a chip by any spelling of its name, by id and by magic word', () => {
    expect(findChip('ESP32-S3')?.name).toBe('esp32s3');
    expect(findChip('esp32_c61')?.name).toBe('esp32c61');
    expect(findChip('esp8266')).toBeUndefined();
    expect(findChipById(0x17)?.name).toBe('esp32c5');
    expect(findChipById(99)).toBeUndefined();
    expect(findChipByMagic(0x00f0_1d83)?.name).toBe('esp32');
    expect(findChipByMagic(0xd7b7_3e80 | 0)?.name).toBe('esp32h2');
  });

  it('keeps every field of a chip apart from the others of that chip', () => {
    for (const chip of Object.values(CHIPS)) {
      const taken = new Map<number, number>();
      const fields = [
        chip.revision.major,
        chip.revision.minor,
        chip.packageVersion,
        chip.flashCap,
        chip.psramCap,
        chip.temperature,
      ];
      for (const slice of fields.flatMap((field) => field ?? [])) {
        const mask = ((2 ** slice.bits - 1) * 2 ** slice.shift) >>> 0;
        const before = taken.get(slice.address) ?? 0;
        expect(before & mask, `${chip.name} at ${slice.address.toString(16)}`).toBe(0);
        taken.set(slice.address, (before | mask) >>> 0);
      }
    }
  });
});

describe('bit fields', () => {
  it('reads back what was written, whole words included', () => {
    const words = new Map([[8, 0xffff_ffff]]);
    const field: BitField = [
      { address: 4, shift: 20, bits: 12 },
      { address: 8, shift: 0, bits: 32 },
    ];
    writeField(field, 0x1_2345_6789, words);
    expect(readField(field, reader(words))).toBe(0x1_2345_6789);
    expect(words.get(4)).toBe(0x7890_0000);
  });

  it('leaves the neighbours of a field alone', () => {
    const words = new Map([[0, 0xffff_ffff]]);
    writeField([{ address: 0, shift: 8, bits: 4 }], 0, words);
    expect(words.get(0)).toBe(0xffff_f0ff);
  });
});

describe('what a chip is called', () => {
  const esp32 = CHIPS.esp32;

  it('names an ESP32 by package, cores and revision', () => {
    const d0wdv3 = withFields(
      [esp32.packageVersion, 1],
      [esp32.revision.major, 7],
      [esp32.revision.minor, 1],
    );
    expect(describeChip(esp32, d0wdv3)).toBe('ESP32-D0WD-V3');
    expect(readChipRevision(esp32, d0wdv3)).toEqual({ major: 3, minor: 1 });
    expect(describeChip(esp32, withFields([esp32.packageVersion, 1], [esp32.singleCore, 1]))).toBe(
      'ESP32-S0WD',
    );
    expect(readChipRevision(esp32, withFields([esp32.revision.major, 3]))).toEqual({ major: 2, minor: 0 });
  });

  it('says so when a variant is not in the table', () => {
    expect(describeChip(esp32, withFields([esp32.packageVersion, 3]))).toBe('ESP32 (unknown variant)');
  });

  it.each<[ChipSpec, (address: number) => number, string]>([
    [CHIPS.esp32s2, withFields([CHIPS.esp32s2.flashCap, 2]), 'ESP32-S2FH4'],
    [CHIPS.esp32s3, zero, 'ESP32-S3 (QFN56)'],
    [CHIPS.esp32c2, withFields([CHIPS.esp32c2.packageVersion, 1]), 'ESP8684H'],
    [CHIPS.esp32c3, zero, 'ESP32-C3 (QFN32)'],
    [CHIPS.esp32c5, withFields([CHIPS.esp32c5.psramCap, 2], [CHIPS.esp32c5.temperature, 1]), 'ESP32-C5HR8'],
    [
      CHIPS.esp32c6,
      withFields([CHIPS.esp32c6.packageVersion, 1], [CHIPS.esp32c6.flashCap, 1]),
      'ESP32-C6FH4 (QFN32)',
    ],
    [CHIPS.esp32c61, withFields([CHIPS.esp32c61.flashCap, 2]), 'ESP32-C61NF8'],
    [CHIPS.esp32h2, withFields([CHIPS.esp32h2.flashCap, 1], [CHIPS.esp32h2.temperature, 1]), 'ESP32-H2FH4'],
    [CHIPS.esp32p4, zero, 'ESP32-P4'],
  ])('$name', (chip, read, name) => {
    expect(describeChip(chip, read)).toBe(name);
  });
});
