// Reads what builds leave behind: flasher_args.json and flash_args of ESP-IDF and Arduino, the manifest of an ESP Web
// Tools page, or one merged image.
import { z } from 'zod';
import { findChip } from '../chips/index.js';
import { orFault, parseJson } from '../json.js';
import {
  makeBundle,
  refuse,
  splitMerged,
  type BuildFiles,
  type FirmwareBundle,
  type FirmwareFile,
} from './bundle.js';
import type { FlashSettings } from './image.js';

export interface BundleSource {
  /** Named in messages. */
  readonly file: string;
  readonly bytes: Uint8Array;
  /** A file that it names, by a path relative to it. @throws FILE_UNREADABLE */
  readonly read: (path: string) => Promise<Uint8Array>;
}

/** @throws FIRMWARE_INVALID, and what `read` throws */
export async function readBundle(source: BundleSource): Promise<FirmwareBundle> {
  const { file, bytes } = source;
  const text = textOf(bytes);
  if (text === undefined) {
    return makeBundle([{ source: file, chip: undefined, files: splitMerged(file, bytes) }], {});
  }
  if (!/^\s*[{[]/.test(text)) return readFlashArgs(source, text);
  const parsed = parse(file, text);
  const args = flasherArgs.safeParse(parsed);
  if (args.success) return readFlasherArgs(source, args.data);
  const page = manifest.safeParse(parsed);
  if (page.success) return readManifest(source, page.data);
  const fault = isNamed(parsed, 'flash_files')
    ? args.error
    : isNamed(parsed, 'builds')
      ? page.error
      : undefined;
  const [issue] = fault?.issues ?? [];
  if (issue !== undefined) {
    const place = issue.path.map(String).join('.');
    throw refuse(
      file,
      `is not as it must be at ${place} (${issue.message})`,
      'correct it there, or build it again',
    );
  }
  throw refuse(
    file,
    'has neither "flash_files" nor "builds"',
    'give flasher_args.json of a build, or the manifest of an ESP Web Tools page',
  );
}

const isNamed = (value: unknown, name: string): boolean =>
  typeof value === 'object' && value !== null && name in value;

/** ESP-IDF, "Build System": what idf.py writes for other flashing tools. */
const flasherArgs = z.looseObject({
  flash_files: z.record(z.string(), z.string()),
  flash_settings: z
    .looseObject({
      flash_mode: z.string().optional(),
      flash_size: z.string().optional(),
      flash_freq: z.string().optional(),
    })
    .optional(),
  extra_esptool_args: z.looseObject({ chip: z.string().optional() }).optional(),
});

async function readFlasherArgs(
  source: BundleSource,
  args: z.output<typeof flasherArgs>,
): Promise<FirmwareBundle> {
  const files: FirmwareFile[] = [];
  for (const [place, path] of Object.entries(args.flash_files)) {
    files.push({ name: path, offsetBytes: offsetOf(source.file, place), bytes: await source.read(path) });
  }
  const { flash_mode: mode, flash_size: size, flash_freq: frequency } = args.flash_settings ?? {};
  const chip = args.extra_esptool_args?.chip;
  return makeBundle([{ source: source.file, chip, files, settings: { mode, size, frequency } }], {});
}

/** The same as text, for `esptool write-flash @flash_args`: options, then pairs of place and file. */
async function readFlashArgs(source: BundleSource, text: string): Promise<FirmwareBundle> {
  // As a shell would: names with spaces stand in quotes.
  const words = [...text.matchAll(/"([^"]*)"|'([^']*)'|\S+/g)].map(
    ([all, one, other]) => one ?? other ?? all,
  );
  const settings: { -readonly [name in keyof FlashSettings]: string } = {};
  const files: FirmwareFile[] = [];
  for (let at = 0; at < words.length; at += 2) {
    while (SWITCHES.has(long(words[at]))) at += 1;
    if (at >= words.length) break;
    const [name = '', value = ''] = words.slice(at, at + 2);
    if (/^encrypt/.test(long(name))) {
      const reason = `asks the chip to encrypt what is written (${name}), which espmint does not do`;
      throw refuse(source.file, reason, 'give a build without flash encryption');
    }
    const option = OPTIONS[long(name)];
    if (option !== undefined) settings[option] = value;
    else if (/^(0x[0-9a-f]+|\d+)$/i.test(name) && value !== '') {
      files.push({ name: value, offsetBytes: offsetOf(source.file, name), bytes: await source.read(value) });
    } else {
      throw refuse(
        source.file,
        `has "${name.slice(0, 40)}" where a place in flash should stand`,
        'give flasher_args.json or flash_args of a build',
      );
    }
  }
  return makeBundle([{ source: source.file, chip: undefined, files, settings }], {});
}

/** `flash-mode` of `--flash_mode`; nothing where it is no such option. */
const long = (word = ''): string => (word.startsWith('--') ? word.slice(2).replaceAll('_', '-') : '');

/** Options of `esptool write-flash` that stand alone, and change nothing here. */
const SWITCHES = new Set([
  'compress',
  'no-compress',
  'verify',
  'no-progress',
  'erase-all',
  'force',
  'skip-flashed',
]);

const OPTIONS: Readonly<Record<string, keyof FlashSettings>> = {
  'flash-mode': 'mode',
  'flash-size': 'size',
  'flash-freq': 'frequency',
};

/** ESP Web Tools, "Manifest". */
const manifest = z.looseObject({
  name: z.string().optional(),
  version: z.string().optional(),
  builds: z
    .array(
      z.looseObject({
        chipFamily: z.string(),
        parts: z.array(z.looseObject({ path: z.string(), offset: z.int().nonnegative() })).min(1),
      }),
    )
    .min(1),
});

/** Builds for chips that espmint does not know are left out: a page may offer them beside the others. */
async function readManifest(source: BundleSource, page: z.output<typeof manifest>): Promise<FirmwareBundle> {
  const builds: BuildFiles[] = [];
  for (const { chipFamily, parts } of page.builds) {
    if (findChip(chipFamily) === undefined) continue;
    const [only] = parts;
    const files: FirmwareFile[] = [];
    if (parts.length === 1 && only?.offset === 0) {
      // ESPHome and others give one merged image, which may begin with the boot loader.
      files.push(...splitMerged(only.path, await source.read(only.path)));
    } else {
      for (const { path, offset } of parts)
        files.push({ name: path, offsetBytes: offset, bytes: await source.read(path) });
    }
    builds.push({ source: source.file, chip: chipFamily, files });
  }
  if (builds.length === 0) {
    const families = page.builds.map((build) => build.chipFamily).join(', ');
    throw refuse(
      source.file,
      `has no build for a chip that espmint knows (only ${families})`,
      'give one for an ESP32',
    );
  }
  return makeBundle(builds, { name: page.name, version: page.version });
}

function offsetOf(file: string, text: string): number {
  const offset = /^(0x[0-9a-f]+|\d+)$/i.test(text.trim()) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(offset)) return offset;
  throw refuse(file, `has "${text.slice(0, 40)}" where a place in flash should stand`, 'build it again');
}

/** Undefined for what is no text: an image. */
function textOf(bytes: Uint8Array): string | undefined {
  if (bytes[0] === 0xe9 || bytes.subarray(0, 4096).some((byte) => byte === 0 || byte === 0xff))
    return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function parse(file: string, text: string): unknown {
  const hint = 'build it again, or look at its end: it may be cut';
  return orFault(
    () => parseJson(text),
    ({ line, reason }) => refuse(`${file}:${line}`, reason, hint),
  );
}
