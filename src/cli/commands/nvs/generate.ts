// `espmint nvs generate`: CSV files to a partition image.
import { Command } from 'commander';
import { invalidInput } from '../../../core/errors/index.js';
import { generateNvs } from '../../../core/nvs/generate.js';
import type { CsvWarning, NvsVersion } from '../../../core/nvs/index.js';
import { readBytes, readFileNow } from '../../../files/index.js';
import type { CliIo, GlobalOptions } from '../../io.js';
import { show } from '../../output/show.js';
import { checkOutputName, parseFormatVersion, parseSize } from './arguments.js';
import { readKey, writeImage } from './files.js';
import { sha256Hex } from '../../../core/digest.js';

interface GenerateCommandOptions {
  readonly formatVersion: NvsVersion;
  readonly strict?: boolean;
  readonly encryptKey?: string;
  readonly crossCheck?: boolean;
  readonly json?: boolean;
}

export function generateCommand(io: CliIo): Command {
  return new Command('generate')
    .description(
      "make an image of CSV files: the same bytes as Espressif's generator, with errors that name the line",
    )
    .usage('[options] <csv...> <out> <size>')
    .argument(
      '<files...>',
      'one or more CSV files, then the image to write (.bin) and the size of the partition',
    )
    .option('--format-version <1|2>', 'format of the image', parseFormatVersion, 2)
    .option('--strict', 'refuse what a device would answer with a surprise, instead of warning')
    .option('--encrypt-key <file>', 'encrypt the image with this key partition')
    .option('--cross-check', "let Espressif's generator make the image too, and stop at any difference")
    .option('--json', 'print one JSON object')
    .action((files: string[], options: GenerateCommandOptions, command: Command) =>
      generate(io, files, { ...options, ...command.optsWithGlobals<GlobalOptions>() }),
    );
}

async function generate(
  io: CliIo,
  files: readonly string[],
  options: GenerateCommandOptions & GlobalOptions,
): Promise<void> {
  const { csvs, out, sizeBytes } = splitFiles(files);
  const inputs = await Promise.all(csvs.map(async (file) => ({ file, bytes: await readBytes(file) })));
  const key = options.encryptKey === undefined ? undefined : await readKey(options.encryptKey);
  const version = options.formatVersion;
  const { image, warnings } = generateNvs(inputs, sizeBytes, {
    version,
    strict: options.strict === true,
    readFile: readFileNow,
  });
  if (options.crossCheck === true) {
    const { dataDirOf } = await import('../../compose/compose.js');
    const { crossCheckFiles } = await import('../../compose/cross-check.js');
    const { env, signal } = io;
    await crossCheckFiles({ env, signal, dataDir: dataDirOf(io, options) }, csvs, {
      image,
      sizeBytes,
      version,
    });
  }
  const written = key === undefined ? image : await encrypted(image, key);
  await writeImage(out, written);
  for (const warning of warnings) io.stderr(warningLine(warning));
  report(io, out, written, options, warnings);
}

async function encrypted(image: Uint8Array, key: Uint8Array): Promise<Uint8Array> {
  const { encryptNvs } = await import('../../../core/nvs/encryption.js');
  return encryptNvs(image, key);
}

function splitFiles(files: readonly string[]): { csvs: readonly string[]; out: string; sizeBytes: number } {
  const [out, size] = files.slice(-2);
  const csvs = files.slice(0, -2);
  if (out === undefined || size === undefined || csvs.length === 0) {
    const hint =
      'give at least one CSV file, then OUT and SIZE: espmint nvs generate values.csv image.bin 0x6000';
    throw invalidInput('The command line', 'misses a file or the size', hint);
  }
  const sizeBytes = parseSize(size);
  checkOutputName(out);
  return { csvs, out, sizeBytes };
}

function warningLine({ file, line, column, message, code }: CsvWarning): string {
  return `warning: ${file}:${line}:${column}: ${message} [${code}]\n`;
}

function report(
  io: CliIo,
  path: string,
  image: Uint8Array,
  options: GenerateCommandOptions,
  warnings: readonly CsvWarning[],
): void {
  const sha256 = sha256Hex(image);
  const encrypted = options.encryptKey !== undefined;
  const text = `${path}: ${image.length} bytes${encrypted ? ', encrypted' : ''}, SHA-256 ${sha256}\n`;
  show(io, options, { type: 'image', path, sizeBytes: image.length, encrypted, sha256, warnings }, text);
}
