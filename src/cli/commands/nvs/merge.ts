// `espmint nvs merge`: changes some keys of an image and keeps all others.
import { Command } from 'commander';
import { invalidInput } from '../../../core/errors/index.js';
import type { MergeResult, NvsName } from '../../../core/nvs/index.js';
import { readBytes, readFileNow } from '../../../files/index.js';
import { type CliIo, jsonLine } from '../../io.js';
import { printable } from '../../output/printable.js';
import { checkOutputName } from './arguments.js';
import { readKey, writeImage } from './files.js';

interface MergeCommandOptions {
  readonly remove: readonly NvsName[];
  readonly allowLoss?: boolean;
  readonly dryRun?: boolean;
  readonly key?: string;
  readonly json?: boolean;
}

export function mergeCommand(io: CliIo): Command {
  return new Command('merge')
    .description('change keys of an image or a dump of a device, and keep all others byte for byte')
    .argument('<base>', 'image or dump to start from')
    .argument('<changes>', 'CSV file with the values to set')
    .argument('<out>', 'image to write (.bin), of the same size')
    .option('--remove <namespace:key>', 'take this value out; may be given again', collectName, [])
    .option('--allow-loss', 'go on although values of the base cannot be read and will be gone')
    .option('--dry-run', 'show what would change and write nothing')
    .option('--key <file>', 'key partition of an encrypted base; the result is encrypted with it too')
    .option('--json', 'print one JSON object')
    .action((base: string, changes: string, out: string, options: MergeCommandOptions) =>
      merge(io, { base, changes, out }, options),
    );
}

function collectName(text: string, earlier: readonly NvsName[]): readonly NvsName[] {
  const colon = text.indexOf(':');
  if (colon < 0) {
    const reason = `is "${text}", which names no namespace`;
    throw invalidInput('--remove', reason, 'write namespace:key');
  }
  return [...earlier, { namespace: text.slice(0, colon), key: text.slice(colon + 1) }];
}

async function merge(
  io: CliIo,
  paths: { base: string; changes: string; out: string },
  options: MergeCommandOptions,
): Promise<void> {
  checkOutputName(paths.out);
  const { decryptNvs, encryptNvs, mergeCsv } = await import('../../../core/nvs/index.js');
  const key = options.key === undefined ? undefined : await readKey(options.key);
  const read = await readBytes(paths.base);
  const base = key === undefined ? read : decryptNvs(read, key);
  const changes = { file: paths.changes, bytes: await readBytes(paths.changes) };
  const result = mergeCsv(base, [changes], {
    remove: options.remove,
    allowLoss: options.allowLoss === true,
    readFile: readFileNow,
  });
  if (options.dryRun !== true) {
    await writeImage(paths.out, key === undefined ? result.image : encryptNvs(result.image, key));
  }
  report(io, paths.out, result, options);
}

function report(
  io: CliIo,
  path: string,
  { image, ...names }: MergeResult,
  options: MergeCommandOptions,
): void {
  const { kept, changed, added, removed, lost } = names;
  const dryRun = options.dryRun === true;
  if (options.json === true) {
    io.stdout(jsonLine({ type: 'merge', path, dryRun, sizeBytes: image.length, ...names }));
    return;
  }
  const list = (word: string, texts: readonly string[]): string =>
    texts.map((text) => `${word.padEnd(8)} ${printable(text)}\n`).join('');
  const nameTexts = (all: readonly NvsName[]): string[] =>
    all.map(({ namespace, key }) => `${namespace}:${key}`);
  io.stdout(
    list('kept', nameTexts(kept)) +
      list('changed', nameTexts(changed)) +
      list('added', nameTexts(added)) +
      list('removed', nameTexts(removed)) +
      list('lost', lost),
  );
  io.stdout(dryRun ? 'Nothing written (--dry-run).\n' : `${path}: ${image.length} bytes\n`);
}
