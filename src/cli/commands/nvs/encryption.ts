// `espmint nvs encrypt` and `espmint nvs decrypt`: an image with a key, and back.
import { Command } from 'commander';
import { readBytes } from '../../../files/index.js';
import type { CliIo } from '../../io.js';
import { checkOutputName } from './arguments.js';
import { readKey, writeImage } from './files.js';

export function encryptCommand(io: CliIo): Command {
  return transformCommand(io, 'encrypt', 'encrypt an image with a key partition', 'encryptNvs');
}

export function decryptCommand(io: CliIo): Command {
  return transformCommand(io, 'decrypt', 'decrypt an image or a dump with its key partition', 'decryptNvs');
}

function transformCommand(
  io: CliIo,
  name: string,
  description: string,
  how: 'encryptNvs' | 'decryptNvs',
): Command {
  return new Command(name)
    .description(description)
    .argument('<image>', 'image to read')
    .argument('<key>', 'key partition of 4096 bytes (see espmint nvs keygen)')
    .argument('<out>', 'image to write (.bin)')
    .action(async (image: string, key: string, out: string) => {
      checkOutputName(out);
      const { [how]: transform } = await import('../../../core/nvs/encryption.js');
      const result = transform(await readBytes(image), await readKey(key));
      await writeImage(out, result);
      io.stdout(`${out}: ${result.length} bytes\n`);
    });
}
