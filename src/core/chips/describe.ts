// From register values to what a person calls the chip: part name and revision.
import { readField, type ReadRegister } from './lookup.js';
import type { BitField, ChipName, ChipSpec } from './types.js';

export interface ChipRevision {
  readonly major: number;
  readonly minor: number;
}

/** Wafer version: `major` 0 to 7, `minor` 0 to 15. */
export function readChipRevision(chip: ChipSpec, read: ReadRegister): ChipRevision {
  const code = readField(chip.revision.major, read);
  const major = chip.revision.majorCodes === undefined ? code : (chip.revision.majorCodes[code] ?? 0);
  return { major, minor: readField(chip.revision.minor, read) };
}

/** Codes that the part's name is made of. */
interface PartCodes {
  readonly package: number;
  readonly flash: number;
  readonly psram: number;
  readonly temperature: number;
  readonly revision: ChipRevision;
  /** ESP32 only: the second core is disabled. */
  readonly singleCore: boolean;
}

const UNKNOWN = '?';
const pick = (names: Readonly<Record<number, string>>, code: number): string => names[code] ?? UNKNOWN;

/** Part names by package code; letters after N/H: F = flash, R = PSRAM, with megabytes (Espressif part numbering). */
const PART_NAMES: Readonly<Record<ChipName, (codes: PartCodes) => string>> = {
  esp32: ({ package: code, revision, singleCore }) => {
    const v3 = revision.major === 3;
    const core = singleCore ? 'S0' : 'D0';
    const suffix = v3 && !singleCore ? '-V3' : '';
    const names: Readonly<Record<number, string>> = {
      0: `ESP32-${core}WDQ6${suffix}`,
      1: `ESP32-${core}WD${suffix}`,
      2: 'ESP32-D2WD',
      4: 'ESP32-U4WDH',
      5: v3 ? 'ESP32-PICO-V3' : 'ESP32-PICO-D4',
      6: 'ESP32-PICO-V3-02',
      7: 'ESP32-D0WDR2-V3',
    };
    return pick(names, code);
  },
  esp32s2: ({ flash, psram }) =>
    `ESP32-S2${pick({ 0: '', 1: 'FH2', 2: 'FH4' }, flash)}${pick({ 0: '', 1: 'R2', 2: 'R4' }, psram)}`,
  esp32s3: ({ package: code }) => pick({ 0: 'ESP32-S3 (QFN56)', 1: 'ESP32-S3-PICO-1 (LGA56)' }, code),
  esp32c2: ({ package: code }) => pick({ 0: 'ESP32-C2', 1: 'ESP8684H' }, code),
  esp32c3: ({ package: code }) =>
    pick(
      { 0: 'ESP32-C3 (QFN32)', 1: 'ESP8685 (QFN28)', 2: 'ESP32-C3 AZ (QFN32)', 3: 'ESP8686 (QFN24)' },
      code,
    ),
  esp32c5: ({ flash, psram, temperature }) =>
    `ESP32-C5${pick({ 0: 'N', 1: 'H' }, temperature)}${pick({ 0: '', 1: 'F4' }, flash)}${pick({ 0: '', 1: 'R4', 2: 'R8' }, psram)}`,
  esp32c6: ({ package: code, flash }) =>
    code === 1
      ? `ESP32-C6F${pick({ 1: 'H4', 2: 'H8' }, flash)} (QFN32)`
      : pick({ 0: 'ESP32-C6 (QFN40)' }, code),
  esp32c61: ({ package: code, flash, psram, temperature }) =>
    `ESP32-C61${pick({ 0: 'N', 1: 'H' }, temperature)}${pick({ 0: '', 1: 'F4', 2: 'F8' }, flash)}` +
    `${pick({ 0: '', 1: 'R2', 2: 'R8' }, psram)}${pick({ 0: '', 1: '', 2: '', 3: 'LA' }, code)}`,
  esp32h2: ({ package: code, flash, temperature, revision }) => {
    if (flash === 0) return pick({ 0: 'ESP32-H2' }, code);
    // Security-enhanced parts carry an S since revision v1.2.
    const enhanced = revision.major * 100 + revision.minor >= 102 ? 'S' : '';
    return `ESP32-H2F${pick({ 1: 'H', 2: 'N' }, temperature)}${pick({ 1: '4', 2: '2', 3: '1' }, flash)}${enhanced}`;
  },
  esp32p4: ({ package: code }) => pick({ 0: 'ESP32-P4' }, code),
};

/** The part's name as printed on it, or the family's name when a code is one that this table does not know. */
export function describeChip(chip: ChipSpec, read: ReadRegister): string {
  const optional = (field: BitField | undefined): number =>
    field === undefined ? 0 : readField(field, read);
  const name = PART_NAMES[chip.name]({
    package: readField(chip.packageVersion, read),
    flash: optional(chip.flashCap),
    psram: optional(chip.psramCap),
    temperature: optional(chip.temperature),
    revision: readChipRevision(chip, read),
    singleCore: optional(chip.singleCore) === 1,
  });
  return name.includes(UNKNOWN) ? `${chip.displayName} (unknown variant)` : name;
}
