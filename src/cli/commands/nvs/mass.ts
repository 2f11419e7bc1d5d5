// `espmint nvs mass`: one image for each line of a values file.
import { basename } from 'node:path';
import { Command } from 'commander';
import { invalidInput } from '../../../core/errors/index.js';
import type { CsvWarning, NvsVersion } from '../../../core/nvs/index.js';
import { readBytes, readFileNow } from '../../../files/index.js';
import type { CliIo } from '../../io.js';
import { show } from '../../output/show.js';
import { parseFormatVersion, parseSize } from './arguments.js';
import { readKey } from './files.js';
import type { MassEncryption } from './mass-run.js';
import { counted } from '../../../core/text.js';

interface MassCommandOptions {
  readonly outDir: string;
  readonly size: number;
  readonly prefix: string;
  readonly prefixNum?: readonly string[];
  readonly fileId?: string;
  readonly formatVersion: NvsVersion;
  readonly encryptKey?: string;
  readonly encryptNewKeys?: boolean;
  readonly json?: boolean;
}

export function massCommand(io: CliIo): Command {
  return new Command('mass')
    .description(
      "one image for each line of a values file, from the two files of ESP-IDF's manufacturing utility",
    )
    .argument('<config>', 'configuration: key,type,encoding[,REPEAT] a line')
    .argument('<values>', 'values: a header of keys, then one device a line')
    .requiredOption(
      '--out-dir <dir>',
      'folder for bin/, keys/ and manifest.csv; a run cut short goes on there',
    )
    .requiredOption('--size <size>', 'size of the partition', parseSize)
    .option('--prefix <name>', 'images are named PREFIX-ID.bin', 'nvs')
    .option(
      '--prefix-num <numbers...>',
      'two numbers A B: IDs run from A and must not pass B (without it: 1, 2, 3, …)',
    )
    .option('--file-id <key>', 'take the ID of each image from this column of the values file')
    .option('--format-version <1|2>', 'format of the images', parseFormatVersion, 2)
    .option('--encrypt-key <file>', 'encrypt all images with this key partition')
    .option('--encrypt-new-keys', 'encrypt each image with a new key of its own, written to keys/')
    .option('--json', 'print one JSON object at the end')
    .action((config: string, values: string, options: MassCommandOptions) =>
      mass(io, config, values, options),
    );
}

async function mass(io: CliIo, config: string, values: string, options: MassCommandOptions): Promise<void> {
  const { MassGenerator, parseMassConfig } = await import('../../../core/nvs/index.js');
  const { runMass } = await import('./mass-run.js');
  const numbers = parseNumbers(options);
  const encryption = await readEncryption(options);
  const columns = parseMassConfig(config, await readBytes(config));
  checkPrefix(options.prefix);
  const warned = new Set<string>();
  const warn = ({ file, line, column, code, message }: CsvWarning): void => {
    // The same line of the configuration is read again for every device.
    const text = `warning: ${file}:${line}:${column}: ${message} [${code}]\n`;
    if (warned.size < 100 && !warned.has(text)) io.stderr(text);
    warned.add(warned.size < 100 ? text : '');
  };
  const generator = new MassGenerator(columns, values, {
    sizeBytes: options.size,
    version: options.formatVersion,
    readFile: readFileNow,
    warn,
    fileIdKey: options.fileId,
  });
  const counts = await runMass(io, generator, { ...options, values, numbers, encryption });
  const { made, kept } = counts;
  const { outDir } = options;
  const there = kept > 0 ? `, ${kept} already there` : '';
  show(
    io,
    options,
    { type: 'mass', outDir, made, kept },
    `${outDir}: ${counted(made, 'image')} made${there}\n`,
  );
}

function parseNumbers({ prefixNum, fileId }: MassCommandOptions): { first: number; last: number } {
  if (prefixNum === undefined) return { first: 1, last: Number.MAX_SAFE_INTEGER };
  const field = '--prefix-num';
  const hint = 'give two whole numbers, such as --prefix-num 1000 1999';
  if (fileId !== undefined) {
    throw invalidInput(field, 'cannot be given with --file-id', 'give one of the two');
  }
  const [first = NaN, last = NaN] = prefixNum.map((text) => (/^\d{1,15}$/.test(text) ? Number(text) : NaN));
  if (prefixNum.length === 2 && first <= last) return { first, last };
  throw invalidInput(field, 'is not a range of numbers', hint);
}

function checkPrefix(prefix: string): void {
  if (prefix !== '' && basename(prefix) === prefix && !/[\\/:\p{C}]/u.test(prefix)) return;
  const hint = 'use letters, digits, - and _';
  throw invalidInput('--prefix', 'cannot be part of a file name', hint);
}

async function readEncryption(options: MassCommandOptions): Promise<MassEncryption> {
  if (options.encryptKey === undefined)
    return options.encryptNewKeys === true ? { kind: 'newKeys' } : { kind: 'none' };
  if (options.encryptNewKeys !== true) return { kind: 'oneKey', key: await readKey(options.encryptKey) };
  const reason = 'cannot be given with --encrypt-new-keys';
  throw invalidInput('--encrypt-key', reason, 'give one of the two');
}
