// `espmint nvs verify`: what a device would reject in an image.
import { Command } from 'commander';
import { hex } from '../../../core/text.js';
import { EXIT } from '../../../core/errors/index.js';
import type { NvsFinding } from '../../../core/nvs/index.js';
import { readBytes } from '../../../files/index.js';
import type { CliIo } from '../../io.js';
import { show } from '../../output/show.js';
import { printable } from '../../output/printable.js';
import { readKey } from './files.js';

export function verifyCommand(io: CliIo): Command {
  return new Command('verify')
    .description('check an image as firmware would; exit code 2 when a fault is found')
    .argument('<image>', 'image file')
    .option('--key <file>', 'key partition of an encrypted image')
    .option('--json', 'print JSON Lines: one finding a line, then the verdict')
    .action((image: string, options: { key?: string; json?: boolean }) => verify(io, image, options));
}

async function verify(io: CliIo, path: string, options: { key?: string; json?: boolean }): Promise<void> {
  const { decryptNvs, verifyNvs } = await import('../../../core/nvs/index.js');
  const bytes = await readBytes(path);
  const image = options.key === undefined ? bytes : decryptNvs(bytes, await readKey(options.key));
  const { ok, encrypted, findings } = verifyNvs(image);
  const faults = findings.filter(({ severity }) => severity === 'fault').length;
  const warnings = findings.length - faults;
  for (const finding of findings) show(io, options, { type: 'finding', ...finding }, findingLine(finding));
  const text = `${path}: ${ok ? 'sound' : 'FAULTY'} (faults: ${faults}, warnings: ${warnings})\n`;
  show(io, options, { type: 'verdict', path, ok, encrypted, faults, warnings }, text);
  if (!ok) io.setExitCode(EXIT.input);
}

function findingLine({ severity, code, page, slot, offsetBytes, message, consequence }: NvsFinding): string {
  const place = [page === undefined ? [] : `page ${page}`, slot === undefined ? [] : `slot ${slot}`].flat();
  const where = [...place, `offset ${hex(offsetBytes)}`].join(', ');
  return `${severity}: ${where}: ${printable(message)}: ${consequence} [${code}]\n`;
}
