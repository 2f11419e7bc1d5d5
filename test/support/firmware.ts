// Firmware as builds leave it: images with header, segments, checksum and digest, and the files that list them.
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { getChip, type ChipName } from '../../src/core/chips/index.js';
import { row, tableBytes, type Row } from './flash-layouts.js';

export interface ImageOptions {
  readonly chip?: ChipName;
  /** Of the segments; half of it does not compress. */
  readonly sizeBytes?: number;
  readonly mode?: number;
  /** 0x20 is 4 MB at 40 MHz. */
  readonly sizeAndSpeed?: number;
  readonly minRevision?: number;
  readonly maxRevision?: number;
  readonly app?: { readonly project: string; readonly version: string };
  /** How often the content repeats itself decides how well it compresses: the share of random bytes, 0 to 1. */
  readonly randomShare?: number;
  /** In place of what is made by chance. */
  readonly content?: Uint8Array;
}

/** Where the chip maps read-only data of the flash, behind the two headers (esptool, IROM and DROM of each chip). */
const FIRST_SEGMENT_AT: Partial<Record<ChipName, number>> = {
  esp32: 0x3f40_0020,
  esp32c6: 0x4200_0020,
  esp32h2: 0x4200_0020,
};

/** An image as elf2image makes it: one segment, checksum, SHA-256. */
export function imageBytes(options: ImageOptions = {}): Uint8Array {
  const { chip = 'esp32', sizeBytes = 20_000, mode = 2, sizeAndSpeed = 0x20, randomShare = 0.5 } = options;
  const content = Buffer.alloc(Math.max(options.content?.length ?? sizeBytes, 512));
  randomBytes(Math.floor(content.length * randomShare)).copy(content, 256);
  for (let at = 256 + Math.floor(content.length * randomShare); at < content.length; at++)
    content[at] = at % 61;
  if (options.content !== undefined) content.set(options.content);
  if (options.app !== undefined) describe(content, options.app);
  const length = content.length - (content.length % 4);
  const header = Buffer.alloc(24);
  header.set([0xe9, 1, mode, sizeAndSpeed]);
  header.writeUInt32LE(0x4008_0000, 4);
  header[8] = 0xee;
  header.writeUInt16LE(getChip(chip).chipId, 12);
  header.writeUInt16LE(options.minRevision ?? 0, 15);
  header.writeUInt16LE(options.maxRevision ?? 0xffff, 17);
  header[23] = 1;
  const segment = Buffer.alloc(8);
  segment.writeUInt32LE(FIRST_SEGMENT_AT[chip] ?? 0x3c00_0020, 0);
  segment.writeUInt32LE(length, 4);
  const body = Buffer.concat([header, segment, content.subarray(0, length)]);
  const pad = Buffer.alloc(15 - (body.length % 16));
  let checksum = 0xef;
  for (const byte of content.subarray(0, length)) checksum ^= byte;
  const summed = Buffer.concat([body, pad, Buffer.from([checksum])]);
  return new Uint8Array(Buffer.concat([summed, createHash('sha256').update(summed).digest()]));
}

function describe(content: Buffer, { project, version }: NonNullable<ImageOptions['app']>): void {
  content.fill(0, 0, 256);
  content.writeUInt32LE(0xabcd_5432, 0);
  content.write(version, 16, 'latin1');
  content.write(project, 48, 'latin1');
  content.write('12:00:00', 80, 'latin1');
  content.write('Nov 30 2026', 96, 'latin1');
  content.write('v5.4.1', 112, 'latin1');
  createHash('sha256').update(`${project} ${version}`).digest().copy(content, 144);
}

export const FIRMWARE_ROWS: readonly Row[] = [
  row('nvs', 'nvs', 0x9000, 0x6000),
  row('otadata', 'ota', 0xf000, 0x2000),
  row('phy_init', 'phy', 0x11000, 0x1000),
  row('factory_data', 'nvs', 0x12000, 0x4000),
  row('ota_0', 'ota_0', 0x20000, 0x180000),
  row('storage', 'fat', 0x1a0000, 0x40000),
];

export interface BuildOptions {
  readonly chip?: ChipName;
  readonly appBytes?: number;
  readonly version?: string;
  readonly project?: string;
  readonly rows?: readonly Row[];
  readonly app?: ImageOptions;
  readonly bootloader?: ImageOptions;
}

export interface Build {
  /** By place in flash. */
  readonly files: Readonly<Record<string, { readonly path: string; readonly bytes: Uint8Array }>>;
}

/** The files of an ESP-IDF project, by the place that each goes to. */
export function makeBuild(options: BuildOptions = {}): Build {
  const {
    chip = 'esp32',
    appBytes = 60_000,
    version = '2.1.0',
    project = 'sensor',
    rows = FIRMWARE_ROWS,
  } = options;
  const app = imageBytes({ chip, sizeBytes: appBytes, app: { project, version }, ...options.app });
  const at = `0x${getChip(chip).bootloaderOffsetBytes.toString(16)}`;
  const appAt = rows.find(({ kind }) => kind === 'ota_0' || kind === 'app')?.offset ?? 0x10000;
  return {
    files: {
      [at]: {
        path: 'bootloader/bootloader.bin',
        bytes: imageBytes({ chip, sizeBytes: 18_000, ...options.bootloader }),
      },
      '0x8000': { path: 'partition_table/partition-table.bin', bytes: tableBytes(rows) },
      [`0x${appAt.toString(16)}`]: { path: `${project}.bin`, bytes: app },
    },
  };
}

/** `flasher_args.json` as the build system of ESP-IDF writes it. */
export function flasherArgs({ files }: Build, chip: ChipName = 'esp32'): string {
  const entries = Object.entries(files);
  return JSON.stringify(
    {
      write_flash_args: ['--flash_mode', 'dio', '--flash_size', '4MB', '--flash_freq', '40m'],
      flash_settings: { flash_mode: 'dio', flash_size: '4MB', flash_freq: '40m' },
      flash_files: Object.fromEntries(entries.map(([place, { path }]) => [place, path])),
      extra_esptool_args: { after: 'hard_reset', before: 'default_reset', stub: true, chip },
    },
    null,
    2,
  );
}

/** Writes a build as a project leaves it. @returns the path of its flasher_args.json */
export function writeBuild(folder: string, build: Build, chip: ChipName = 'esp32'): string {
  for (const { path, bytes } of Object.values(build.files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), bytes);
  }
  const args = join(folder, 'flasher_args.json');
  writeFileSync(args, flasherArgs(build, chip));
  return args;
}

/** One image from address 0, as `esptool merge-bin` makes it. */
export function merged({ files }: Build, sizeBytes = 0): Uint8Array {
  const parts = Object.entries(files).map(([place, { bytes }]) => ({ at: Number(place), bytes }));
  const end = Math.max(sizeBytes, ...parts.map(({ at, bytes }) => at + bytes.length));
  const image = new Uint8Array(end).fill(0xff);
  for (const { at, bytes } of parts) image.set(bytes, at);
  return image;
}
