// A firmware bundle: the parts of one build for each chip, checked against each other before any board is touched.
import { findChip, findChipById, getChip, type ChipName } from '../chips/index.js';
import { sha256Hex } from '../digest.js';
import { EspmintError } from '../errors/index.js';
import { surveyFlash, type FoundTable } from '../flash-survey.js';
import {
  DATA_SUBTYPE,
  decodePartitionTable,
  PARTITION_TABLE_OFFSET_BYTES,
  PARTITION_TYPE,
  type Partition,
} from '../partition-table.js';
import { hex } from '../text.js';
import {
  checkImage,
  readAppDescription,
  readImageHeader,
  withFlashSettings,
  type AppDescription,
  type FlashSettings,
} from './image.js';

const SECTOR_BYTES = 0x1000;
const ERASED = 0xff;

/** A file of a build, and where it goes. */
export interface FirmwareFile {
  /** As the build names it. */
  readonly name: string;
  /** Bytes from the start of flash. */
  readonly offsetBytes: number;
  readonly bytes: Uint8Array;
}

/** What a board is brought to hold in one place. */
export interface FirmwarePart extends FirmwareFile {
  readonly role: 'data' | 'app' | 'table' | 'bootloader';
  /** Whole sectors; what the file does not fill is blank. */
  readonly bytes: Uint8Array;
}

export interface FirmwareBuild {
  /** Absent where no image and no setting names it. */
  readonly chip: ChipName | undefined;
  /** By offset; none overlaps another. */
  readonly parts: readonly FirmwarePart[];
  readonly table: FoundTable | undefined;
  /** Of the application that it starts first. */
  readonly app: AppDescription | undefined;
}

export interface FirmwareBundle {
  readonly name: string;
  readonly version: string;
  /** Lower-case hex SHA-256 over chips, places and bytes: the same parts have the same digest however they came. */
  readonly digest: string;
  readonly builds: readonly FirmwareBuild[];
}

/** A build as it is read, before its checks. */
export interface BuildFiles {
  /** Named in messages: the file that lists the others. */
  readonly source: string;
  readonly chip: string | undefined;
  readonly files: readonly FirmwareFile[];
  readonly settings?: FlashSettings | undefined;
}

/** @throws FIRMWARE_INVALID with the file and what to do */
export function makeBundle(
  builds: readonly BuildFiles[],
  named: { readonly name?: string | undefined; readonly version?: string | undefined },
): FirmwareBundle {
  const made = builds.map(makeBuild);
  const app = made.find((build) => build.app !== undefined)?.app;
  const digest = digestOfBuilds(made);
  return {
    name: textOr(named.name, app?.project ?? '', 'firmware'),
    version: textOr(named.version, app?.version ?? '', digest.slice(0, 12)),
    digest,
    builds: made,
  };
}

const textOr = (...texts: readonly (string | undefined)[]): string => texts.find((text) => !!text) ?? '';

export function digestOfBuilds(builds: readonly FirmwareBuild[]): string {
  const found = builds.map(({ chip, parts }) => ({
    chip: chip ?? null,
    parts: parts.map(({ offsetBytes, bytes }) => [offsetBytes, sha256Hex(bytes)]),
  }));
  return sha256Hex(new TextEncoder().encode(JSON.stringify(found)));
}

/** @throws FIRMWARE_INVALID */
export function makeBuild({ source, chip: named, files, settings }: BuildFiles): FirmwareBuild {
  if (files.length === 0) throw refuse(source, 'names no files', 'build the firmware again');
  const chip = chipOf(source, named, files);
  const table = tableIn(source, files);
  const parts = files
    .map((file) => partOf({ file, chip, table, settings }))
    .sort((a, b) => a.offsetBytes - b.offsetBytes);
  const all = [...parts, ...(table === undefined ? [] : blankBootChoice(table, parts))].sort(
    (a, b) => a.offsetBytes - b.offsetBytes,
  );
  for (const [index, part] of all.entries()) {
    const next = all[index + 1];
    if (next === undefined || endOf(part) <= next.offsetBytes) continue;
    throw refuse(
      next.name,
      `begins at ${hex(next.offsetBytes)}, inside ${part.name}, which ends at ${hex(endOf(part))}`,
      'move one of them: each file needs flash sectors of its own',
    );
  }
  if (table !== undefined) for (const part of all) checkHome(part, table, files);
  return { chip, parts: all, table, app: startedApp(all, table) };
}

/** The chip that images and settings agree on. */
function chipOf(
  source: string,
  named: string | undefined,
  files: readonly FirmwareFile[],
): ChipName | undefined {
  let found: { readonly name: ChipName; readonly by: string } | undefined;
  if (named !== undefined) {
    const spec = findChip(named);
    if (spec === undefined)
      throw refuse(source, `is for "${named}", a chip that espmint does not know`, 'build it for an ESP32');
    found = { name: spec.name, by: source };
  }
  for (const file of files) {
    const header = readImageHeader(file.bytes);
    if (header === undefined) continue;
    const spec = findChipById(header.chipId);
    if (spec === undefined)
      throw refuse(file.name, `is for the chip id ${header.chipId}, which espmint does not know`, REBUILD);
    if (found !== undefined && found.name !== spec.name) {
      const reason = `is for ${getChip(spec.name).displayName}, and ${found.by} for ${getChip(found.name).displayName}`;
      throw refuse(file.name, reason, 'build all files for one chip');
    }
    found = { name: spec.name, by: file.name };
  }
  return found?.name;
}

const REBUILD = 'build it again and give the new files';

/** The one partition table among the files. */
function tableIn(source: string, files: readonly FirmwareFile[]): FoundTable | undefined {
  const found = files.flatMap((file) => {
    const isTable = file.bytes[0] === 0xaa && file.bytes[1] === 0x50;
    if (!isTable) return [];
    const padded = new Uint8Array(SECTOR_BYTES).fill(ERASED);
    padded.set(file.bytes.subarray(0, SECTOR_BYTES));
    try {
      const table = decodePartitionTable(padded);
      return table === undefined ? [] : [{ offsetBytes: file.offsetBytes, table }];
    } catch (error) {
      const reason = error instanceof EspmintError ? error.problem : String(error);
      throw refuse(file.name, `is no partition table (${reason})`, REBUILD);
    }
  });
  if (found.length > 1) throw refuse(source, 'has two partition tables', 'give one of them');
  return found[0];
}

interface Placing {
  readonly file: FirmwareFile;
  readonly chip: ChipName | undefined;
  readonly table: FoundTable | undefined;
  readonly settings: FlashSettings | undefined;
}

function partOf({ file, chip, table, settings = {} }: Placing): FirmwarePart {
  const { name, offsetBytes } = file;
  if (offsetBytes % SECTOR_BYTES !== 0 || offsetBytes < 0)
    throw refuse(
      name,
      `goes to ${hex(offsetBytes)}, where no flash sector begins`,
      'use a multiple of 0x1000',
    );
  if (file.bytes.length === 0) throw refuse(name, 'is empty', REBUILD);
  const tableAt = table?.offsetBytes ?? PARTITION_TABLE_OFFSET_BYTES;
  const isTable = table?.offsetBytes === offsetBytes;
  const isImage = readImageHeader(file.bytes) !== undefined;
  const role = isTable ? 'table' : !isImage ? 'data' : offsetBytes < tableAt ? 'bootloader' : 'app';
  if (isImage) {
    const checked = checkImage(file.bytes);
    if ('reason' in checked) throw refuse(name, checked.reason, REBUILD);
  }
  const usual = chip === undefined ? undefined : getChip(chip).bootloaderOffsetBytes;
  if (role === 'bootloader' && usual !== undefined && offsetBytes !== usual) {
    const chipText = chip === undefined ? 'this chip' : getChip(chip).displayName;
    throw refuse(name, `goes to ${hex(offsetBytes)}, and ${chipText} starts at ${hex(usual)}`, REBUILD);
  }
  if (role === 'data' && offsetBytes === usual) {
    const reason = `goes to ${hex(offsetBytes)}, where the boot loader begins, and is no image (its first byte is ${hex(file.bytes[0] ?? 0)}, not 0xe9)`;
    throw refuse(name, reason, REBUILD);
  }
  const bytes = role === 'bootloader' ? withFlashSettings(file.bytes, chip, settings) : file.bytes;
  if ('reason' in bytes) throw refuse(name, bytes.reason, 'correct the flash settings of the build');
  return { name, offsetBytes, role, bytes: wholeSectors(bytes) };
}

export function wholeSectors(bytes: Uint8Array): Uint8Array {
  if (bytes.length % SECTOR_BYTES === 0) return bytes;
  const whole = new Uint8Array(Math.ceil(bytes.length / SECTOR_BYTES) * SECTOR_BYTES).fill(ERASED);
  whole.set(bytes);
  return whole;
}

/**
 * The record of which application starts. A build that leaves it out wants the first one: a used board would go on with
 * the other one, of an earlier firmware.
 */
function blankBootChoice({ table }: FoundTable, parts: readonly FirmwarePart[]): FirmwarePart[] {
  return table.partitions
    .filter(({ type, subtype }) => type === PARTITION_TYPE.data && subtype === DATA_SUBTYPE.ota)
    .filter((home) => !parts.some((part) => overlaps(part, home)))
    .map(({ label, offsetBytes, sizeBytes }) => ({
      name: `${label} (blank)`,
      offsetBytes,
      role: 'data' as const,
      bytes: new Uint8Array(sizeBytes).fill(ERASED),
    }));
}

/** Behind the table everything has a partition: firmware that grew out of its own would run over its neighbour. */
function checkHome(
  part: FirmwarePart,
  { offsetBytes: tableAt, table }: FoundTable,
  files: readonly FirmwareFile[],
): void {
  const { name, offsetBytes, role } = part;
  if (role === 'table') return;
  if (offsetBytes < tableAt) {
    if (endOf(part) <= tableAt) return;
    const room = hex(tableAt);
    throw refuse(
      name,
      `ends at ${hex(endOf(part))}, behind the partition table at ${room}`,
      'make it smaller, or move the table (CONFIG_PARTITION_TABLE_OFFSET)',
    );
  }
  const home = table.partitions.find((one) => holds(one, offsetBytes));
  if (home === undefined)
    throw refuse(
      name,
      `goes to ${hex(offsetBytes)}, where the partition table has nothing`,
      'give it a partition there',
    );
  const real = files.find((file) => file.offsetBytes === offsetBytes)?.bytes.length ?? part.bytes.length;
  if (offsetBytes + real > home.offsetBytes + home.sizeBytes) {
    const reason = `ends at ${hex(offsetBytes + real)}, behind the partition "${home.label}", which ends at ${hex(home.offsetBytes + home.sizeBytes)}`;
    throw refuse(name, reason, 'make it smaller, or give that partition more room in the partition table');
  }
  if (role === 'data' && home.type === PARTITION_TYPE.app) {
    const reason = `goes to the application partition "${home.label}" (${hex(offsetBytes)}), and is no image (its first byte is ${hex(part.bytes[0] ?? 0)}, not 0xe9)`;
    throw refuse(name, reason, 'build it again, or put data into a data partition');
  }
  if (role === 'app' && (home.type !== PARTITION_TYPE.app || home.offsetBytes !== offsetBytes)) {
    const reason = `is an application and goes to ${hex(offsetBytes)}, where no application partition begins ("${home.label}")`;
    throw refuse(name, reason, 'put it where an application partition of its table begins');
  }
}

/** The first application partition that the build fills: the boot loader takes `factory`, or else the first of the others. */
function startedApp(
  parts: readonly FirmwarePart[],
  table: FoundTable | undefined,
): AppDescription | undefined {
  const apps = parts.filter(({ role }) => role === 'app');
  const order = (part: FirmwarePart): number =>
    table?.table.partitions.find((one) => one.offsetBytes === part.offsetBytes)?.subtype ?? part.offsetBytes;
  const [first] = [...apps].sort((a, b) => order(a) - order(b));
  return first && readAppDescription(first.bytes);
}

/**
 * One file that holds a whole flash from address 0 on, as `esptool merge-bin` writes it: taken apart by the partition
 * table in it. What it leaves blank is padding, not content: partitions that the firmware fills by itself stay as they are.
 * @throws FIRMWARE_INVALID
 */
export function splitMerged(source: string, image: Uint8Array): FirmwareFile[] {
  const survey = surveyFlash(image);
  const [found, ...others] = survey.tables;
  if (found === undefined || others.length > 0) {
    const header = readImageHeader(image);
    const reason =
      header === undefined
        ? 'is no firmware that espmint knows'
        : 'is one image without a partition table in it';
    throw refuse(
      source,
      reason,
      'give flasher_args.json of an ESP-IDF or Arduino build, the manifest of an ESP Web Tools page, or a merged image (esptool merge-bin)',
    );
  }
  const files: FirmwareFile[] = [];
  const take = (name: string, from: number, to: number): void => {
    const end = Math.min(to, image.length);
    let first = from;
    while (first < end && isBlank(image.subarray(first, Math.min(first + SECTOR_BYTES, end))))
      first += SECTOR_BYTES;
    let last = end;
    while (last > first && image[last - 1] === ERASED) last -= 1;
    // An image may end with such bytes: the sector is whole.
    last = Math.min(end, Math.ceil(last / SECTOR_BYTES) * SECTOR_BYTES);
    if (last > first)
      files.push({ name: `${source} (${name})`, offsetBytes: first, bytes: image.subarray(first, last) });
  };
  const tableEnd = found.offsetBytes + SECTOR_BYTES;
  take('boot loader', 0, found.offsetBytes);
  take('partition table', found.offsetBytes, tableEnd);
  const homes = [...found.table.partitions].sort((a, b) => a.offsetBytes - b.offsetBytes);
  let at = tableEnd;
  for (const { label, offsetBytes, sizeBytes } of homes) {
    if (offsetBytes < tableEnd) continue;
    take(hex(at), at, offsetBytes);
    take(label, offsetBytes, offsetBytes + sizeBytes);
    at = offsetBytes + sizeBytes;
  }
  take(hex(at), at, image.length);
  return files;
}

const isBlank = (bytes: Uint8Array): boolean => bytes.every((byte) => byte === ERASED);
const endOf = ({ offsetBytes, bytes }: FirmwareFile): number => offsetBytes + bytes.length;
const overlaps = (part: FirmwareFile, home: Partition): boolean =>
  part.offsetBytes < home.offsetBytes + home.sizeBytes && home.offsetBytes < endOf(part);
const holds = ({ offsetBytes, sizeBytes }: Partition, at: number): boolean =>
  at >= offsetBytes && at < offsetBytes + sizeBytes;

export function refuse(file: string, reason: string, hint: string): EspmintError<'FIRMWARE_INVALID'> {
  return new EspmintError('FIRMWARE_INVALID', { file, reason, hint });
}
