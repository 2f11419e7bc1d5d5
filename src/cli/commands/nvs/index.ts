// `espmint nvs`: NVS partition images without a board.
import { Command } from 'commander';
import type { CliIo } from '../../io.js';
import { decryptCommand, encryptCommand } from './encryption.js';
import { generateCommand } from './generate.js';
import { inspectCommand } from './inspect.js';
import { keygenCommand } from './keygen.js';
import { massCommand } from './mass.js';
import { mergeCommand } from './merge.js';
import { verifyCommand } from './verify.js';

export function nvsCommand(io: CliIo): Command {
  return new Command('nvs')
    .addCommand(generateCommand(io))
    .addCommand(inspectCommand(io))
    .addCommand(verifyCommand(io))
    .addCommand(mergeCommand(io))
    .addCommand(keygenCommand(io))
    .addCommand(encryptCommand(io))
    .addCommand(decryptCommand(io))
    .addCommand(massCommand(io));
}
