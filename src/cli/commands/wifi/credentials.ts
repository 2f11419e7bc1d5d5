// What a Wi-Fi command is given: the network, and secrets that never stand on a command line.
import { invalidInput } from '../../../core/errors/index.js';
import { checkWifi } from '../../../core/wifi.js';
import type { Command } from 'commander';
import type { Credentials } from '../../../wifi/index.js';
import { readSecretFile } from '../../../files/index.js';
import type { CliIo } from '../../io.js';
import { readPassword } from '../../prompt/password.js';

const PASSWORD_VARIABLE = 'ESPMINT_WIFI_PASSWORD';
export const PROOF_VARIABLE = 'ESPMINT_WIFI_POP';

export interface NetworkFlags {
  readonly ssid: string;
  readonly passwordFile?: string;
  readonly open?: boolean;
}

export function addNetworkOptions(command: Command): Command {
  return command
    .requiredOption('--ssid <name>', 'name of the network')
    .option(
      '--password-file <path>',
      `file with its password, - for standard input (or ${PASSWORD_VARIABLE}; else it is asked for)`,
    )
    .option('--open', 'the network has no password');
}

/** @throws WIFI_INVALID, INPUT_INVALID, FILE_UNREADABLE, CANCELLED */
export async function readCredentials(io: CliIo, flags: NetworkFlags): Promise<Credentials> {
  const { ssid } = flags;
  // The longest that the standard allows; each way has limits of its own, which it checks itself.
  checkWifi({ ssid }, 'standard');
  const password = flags.open === true ? '' : await readNetworkPassword(io, flags);
  if (password !== '') checkWifi({ ssid, password }, 'standard');
  return { ssid, password };
}

async function readNetworkPassword(io: CliIo, { passwordFile, open }: NetworkFlags): Promise<string> {
  const fromEnvironment = io.env[PASSWORD_VARIABLE];
  if (passwordFile === undefined && fromEnvironment !== undefined && fromEnvironment !== '')
    return fromEnvironment;
  const password = await readPassword(io, passwordFile === '-' ? undefined : passwordFile);
  if (password !== '' || open === true) return password;
  throw invalidInput(
    'The Wi-Fi password',
    'is empty',
    'give one, or say --open for a network without a password',
  );
}

/** The device's proof of possession; undefined where none was given. @throws FILE_UNREADABLE, INPUT_INVALID */
export async function readProof(io: CliIo, file: string | undefined): Promise<string | undefined> {
  if (file !== undefined) return readSecretFile(file);
  const value = io.env[PROOF_VARIABLE];
  return value === '' ? undefined : value;
}
