// `espmint nvs keygen`: makes the key partition of encrypted NVS.
import { Command } from 'commander';
import { invalidInput } from '../../../core/errors/index.js';
import { readBytes } from '../../../files/index.js';
import type { CliIo } from '../../io.js';
import { checkOutputName } from './arguments.js';
import { createKey } from './files.js';

interface KeygenOptions {
  readonly hmacKey?: string;
  readonly newHmacKey?: string;
}

export function keygenCommand(io: CliIo): Command {
  return new Command('keygen')
    .description('make a key partition from random numbers, or from the HMAC key that is burnt into the chip')
    .argument('<out>', 'key partition to write (.bin); an existing file is never overwritten')
    .option('--hmac-key <file>', 'derive the key from this HMAC key of 32 bytes')
    .option(
      '--new-hmac-key <file>',
      'make an HMAC key, write it to this file (.bin), and derive the key from it',
    )
    .action((out: string, options: KeygenOptions) => keygen(io, out, options));
}

async function keygen(io: CliIo, out: string, options: KeygenOptions): Promise<void> {
  checkOutputName(out);
  const { hmacKey, newHmacKey } = options;
  if (hmacKey !== undefined && newHmacKey !== undefined) {
    const reason = 'cannot be given with --new-hmac-key';
    throw invalidInput('--hmac-key', reason, 'give one of the two');
  }
  const { randomBytes } = await import('node:crypto');
  const { HMAC_KEY_BYTES, NVS_KEY_BYTES, deriveNvsKey, encodeKeyFile } =
    await import('../../../core/nvs/keys.js');
  let key: Uint8Array = randomBytes(NVS_KEY_BYTES);
  if (hmacKey !== undefined) key = deriveNvsKey(await readBytes(hmacKey));
  if (newHmacKey !== undefined) {
    checkOutputName(newHmacKey);
    const fresh = randomBytes(HMAC_KEY_BYTES);
    await createKey(newHmacKey, fresh);
    io.stdout(`${newHmacKey}: HMAC key of ${HMAC_KEY_BYTES} bytes\n`);
    key = deriveNvsKey(fresh);
  }
  await createKey(out, encodeKeyFile(key));
  io.stdout(`${out}: NVS key partition\n`);
}
