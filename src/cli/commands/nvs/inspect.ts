// `espmint nvs inspect`: what an image or a dump holds.
import { Command } from 'commander';
import { EspmintError, invalidInput } from '../../../core/errors/index.js';
import { PAGE_SIZE } from '../../../core/nvs/layout.js';
import type { InspectedPage, InspectedValue, NvsInspection } from '../../../core/nvs/index.js';
import { readBytes } from '../../../files/index.js';
import { collect } from '../../arguments/board-options.js';
import { tableLines } from '../../output/table.js';
import { type CliIo, jsonLine } from '../../io.js';
import { printable } from '../../output/printable.js';
import { readKey } from './files.js';

interface InspectCommandOptions {
  readonly key?: string;
  readonly secret: readonly string[];
  readonly reveal?: boolean;
  readonly json?: boolean;
  readonly csv?: boolean;
}

export function inspectCommand(io: CliIo): Command {
  return new Command('inspect')
    .description('show pages, entries and values of an image or a dump of a device, secrets masked')
    .argument('<image>', 'image file')
    .option('--key <file>', 'key partition of an encrypted image')
    .option('--secret <key>', 'mask this key too (key or namespace:key); may be given again', collect, [])
    .option('--reveal', 'show secrets')
    .option('--json', 'print one JSON object')
    .option('--csv', 'print the CSV from which the generator makes the same image')
    .action((image: string, options: InspectCommandOptions) => inspect(io, image, options));
}

async function inspect(io: CliIo, path: string, options: InspectCommandOptions): Promise<void> {
  const { decryptNvs, inspectNvs } = await import('../../../core/nvs/index.js');
  const bytes = await readBytes(path);
  if (bytes.length < PAGE_SIZE)
    throw invalidInput(
      `The file ${path}`,
      `has ${bytes.length} bytes, and one page of NVS has ${PAGE_SIZE}`,
      'name an image or a dump of an NVS partition',
    );
  const image = options.key === undefined ? bytes : decryptNvs(bytes, await readKey(options.key));
  const shown = { reveal: options.reveal === true, secretKeys: options.secret };
  const inspection = inspectNvs(image, shown);
  if (options.csv === true) {
    if (inspection.encrypted) throw new EspmintError('NVS_ENCRYPTED', { what: `The image ${path}` });
    await printCsv(io, image, shown);
  } else if (options.json === true) {
    io.stdout(jsonLine({ type: 'nvs', path, ...inspection }));
  } else {
    io.stdout(describe(path, inspection, io.outputColumns));
  }
}

async function printCsv(
  io: CliIo,
  image: Uint8Array,
  options: { reveal: boolean; secretKeys: readonly string[] },
): Promise<void> {
  const { exportNvsCsv } = await import('../../../core/nvs/index.js');
  const { text, equal, masked, left } = exportNvsCsv(image, options);
  io.stdout(text);
  if (masked > 0)
    io.stderr(`warning: ${masked} secrets are masked; add --reveal for a CSV that can be used\n`);
  if (left.length > 0) io.stderr(`warning: CSV cannot carry ${printable(left.join(', '))}\n`);
  if (!equal && masked === 0) {
    io.stderr('warning: the CSV holds these values, but makes an image with another layout\n');
  }
}

/** Characters of a value on the screen. */
const VALUE_CHARS = 64;

function describe(path: string, inspection: NvsInspection, columns: number): string {
  const { sizeBytes, version, slots, encrypted, pages, values, stale, unreadable } = inspection;
  const format = version === undefined ? 'no page in use' : `format ${version}`;
  const lines = [
    `${path}: ${sizeBytes} bytes, ${format}, ${slots.used} of ${slots.total} entries used, ${slots.free} free`,
  ];
  if (pages.length > 0)
    lines.push(
      '',
      ...tableLines(
        ['PAGE', 'SEQUENCE', 'STATE', 'WRITTEN', 'ERASED', 'EMPTY'],
        pages.map(pageCells),
        columns,
      ),
    );
  if (encrypted) lines.push('', 'The image is encrypted; give its key with --key to see the values.');
  const heads = ['NAMESPACE', 'KEY', 'TYPE', 'PAGE', 'SLOT', 'VALUE'];
  if (values.length > 0) lines.push('', ...tableLines(heads, values.map(valueCells), columns));
  if (stale.length > 0)
    lines.push(
      '',
      'Older copies, overruled by those above:',
      ...tableLines(heads, stale.map(valueCells), columns),
    );
  if (unreadable.length > 0) {
    lines.push('', 'Cannot be read (see espmint nvs verify):');
    for (const { page, slot, key, reason } of unreadable)
      lines.push(`  page ${page} slot ${slot}: "${printable(key)}" ${reason}`);
  }
  return `${lines.join('\n')}\n`;
}

function pageCells({
  page,
  sequence,
  state,
  writtenSlots,
  erasedSlots,
  emptySlots,
}: InspectedPage): string[] {
  return [page, sequence, state, writtenSlots, erasedSlots, emptySlots].map(String);
}

function valueCells(row: InspectedValue): string[] {
  const { namespace, key, type, page, slot, value, masked, lengthBytes } = row;
  const text = printable(value);
  const cut = text.length > VALUE_CHARS ? `${text.slice(0, VALUE_CHARS)}…` : text;
  const length = type === 'blob' && !masked ? ` (${lengthBytes ?? 0} bytes)` : '';
  return [printable(namespace), printable(key), type, String(page), String(slot), `${cut}${length}`];
}
