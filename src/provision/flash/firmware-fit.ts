// Whether a firmware bundle fits this board, before anything on it is changed: chip, revision, flash, and every place.
import { hex } from '../../core/text.js';
import { getChip } from '../../core/chips/index.js';
import { EspmintError } from '../../core/errors/index.js';
import type { FirmwareBuild, FirmwareBundle, FirmwarePart } from '../../core/firmware/bundle.js';
import { readImageHeader } from '../../core/firmware/image.js';
import { EMPTY_SURVEY, type FlashSurvey, type FoundTable } from '../../core/flash-survey.js';
import type { Board } from '../../driver/index.js';
import type { Region } from './region.js';

const MB = 1024 * 1024;
const MORE_FLASH = 'use a board with more flash, or build the firmware for this size';

/** The build for this board. @throws FIRMWARE_NOT_FOR_BOARD */
export function buildFor(port: string, board: Board, bundle: FirmwareBundle): FirmwareBuild {
  const { chip, revision, flashSizeBytes, description } = board.facts;
  const what = `the firmware ${bundle.name} ${bundle.version}`;
  const refuse = (reason: string, hint: string): EspmintError =>
    new EspmintError('FIRMWARE_NOT_FOR_BOARD', { port, what, reason, hint });
  const build = bundle.builds.find((one) => one.chip === chip || one.chip === undefined);
  if (build === undefined) {
    const names = bundle.builds.map((one) => (one.chip === undefined ? '' : getChip(one.chip).displayName));
    throw refuse(
      `is for ${names.join(' and ')}, and this board has an ${description}`,
      'put the board aside, or give the firmware that was built for its chip',
    );
  }
  if (board.security.secureBoot && build.parts.some(({ role }) => role === 'bootloader')) {
    throw refuse(
      'brings a boot loader, and secure boot of this board is on: one that it did not sign would end the board',
      'use a board without secure boot, or a bundle without a boot loader',
    );
  }
  for (const part of build.parts) {
    checkSize(part, flashSizeBytes, refuse);
    checkHeader(part, { revision: revisionNumber(revision), revisionText: revision, flashSizeBytes }, refuse);
  }
  for (const one of build.table?.table.partitions ?? []) {
    const end = one.offsetBytes + one.sizeBytes;
    if (flashSizeBytes === 0 || end <= flashSizeBytes) continue;
    throw refuse(
      `has the partition "${one.label}" up to ${hex(end)} in its table, and the flash of this board has ${flashSizeBytes / MB} MB: it would not start`,
      MORE_FLASH,
    );
  }
  return build;
}

type Refuse = (reason: string, hint: string) => EspmintError;

function checkSize({ name, offsetBytes, bytes }: FirmwarePart, flashSizeBytes: number, refuse: Refuse): void {
  if (flashSizeBytes === 0 || offsetBytes + bytes.length <= flashSizeBytes) return;
  const end = hex(offsetBytes + bytes.length);
  throw refuse(
    `ends at ${end} (${name}), and the flash of this board has ${flashSizeBytes / MB} MB`,
    MORE_FLASH,
  );
}

interface Chip {
  readonly revision: number | undefined;
  readonly revisionText: string;
  readonly flashSizeBytes: number;
}

function checkHeader({ name, role, bytes }: FirmwarePart, chip: Chip, refuse: Refuse): void {
  const header = role === 'app' || role === 'bootloader' ? readImageHeader(bytes) : undefined;
  if (header === undefined) return;
  const { minRevision, maxRevision, flashMode, flashSizeBytes } = header;
  const { revision, revisionText } = chip;
  if (revision !== undefined && (revision < minRevision || revision > maxRevision)) {
    const wanted = revision < minRevision ? `from ${textOf(minRevision)} on` : `up to ${textOf(maxRevision)}`;
    throw refuse(
      `runs on chip revisions ${wanted} (${name}), and this chip is ${revisionText}`,
      'use a board with another chip revision, or build the firmware for this one',
    );
  }
  if (flashMode === undefined)
    throw refuse(`names a flash mode that is none (${name})`, 'build the firmware again');
  if (role === 'bootloader' && chip.flashSizeBytes > 0 && flashSizeBytes > chip.flashSizeBytes) {
    throw refuse(
      `is built for ${flashSizeBytes / MB} MB of flash (${name}), and this board has ${chip.flashSizeBytes / MB} MB`,
      'use a board with more flash, or build the firmware for this size (CONFIG_ESPTOOLPY_FLASHSIZE)',
    );
  }
}

const textOf = (revision: number): string => `v${Math.floor(revision / 100)}.${revision % 100}`;

/** `v3.1` as 301; undefined where the chip does not tell. */
function revisionNumber(text: string): number | undefined {
  const [, major, minor] = /^v?(\d+)\.(\d+)$/.exec(text) ?? [];
  return major === undefined ? undefined : Number(major) * 100 + Number(minor);
}

/** What the flash will say of itself once this table is on it. */
export function surveyAfter(table: FoundTable): FlashSurvey {
  return { ...EMPTY_SURVEY, tables: [table] };
}

/** Something that goes to flash, for messages. */
export interface NamedRegion extends Region {
  readonly name: string;
}

/** One check over everything that a run writes. @throws FLASH_PARTS_OVERLAP */
export function checkOverlaps(regions: readonly NamedRegion[]): void {
  const sorted = [...regions].sort((a, b) => a.offsetBytes - b.offsetBytes);
  for (const [index, one] of sorted.entries()) {
    const other = sorted[index + 1];
    if (other === undefined || one.offsetBytes + one.sizeBytes <= other.offsetBytes) continue;
    throw new EspmintError('FLASH_PARTS_OVERLAP', { one: placeOf(one), other: placeOf(other) });
  }
}

const placeOf = ({ name, offsetBytes, sizeBytes }: NamedRegion): string =>
  `${name} (${hex(offsetBytes)} to ${hex(offsetBytes + sizeBytes)})`;
