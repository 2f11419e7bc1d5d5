// Options that the commands for a board in the field share.
import type { Command } from 'commander';
import { invalidInput } from '../../../core/errors/index.js';
import { BAUDS, traceOption } from '../../arguments/board-options.js';
import { countOption } from '../../arguments/numbers.js';
import type { CliIo } from '../../io.js';
import { show, type Json } from '../../output/show.js';

export const CONSOLE_BAUD = 115_200;
const JOIN_MS = { min: 1_000, max: 600_000 };

export const PORT_HELP = 'device path, tcp://host:port or rfc2217://host:port';

export function addBoardOptions(command: Command): Command {
  return command
    .option(
      '--baud <rate>',
      "bits per second of the firmware's console",
      countOption('--baud', BAUDS),
      CONSOLE_BAUD,
    )
    .option('--no-restart', 'do not start the firmware anew first (where the port could)')
    .addOption(traceOption())
    .option('-v, --verbose', 'show what the board prints, secrets masked');
}

export function addJoinTimeout(command: Command): Command {
  return command.option(
    '--join-timeout <ms>',
    'milliseconds until the board must be on the network',
    countOption('--join-timeout', JOIN_MS),
  );
}

export interface BoardFlags {
  readonly baud: number;
  readonly restart: boolean;
  readonly verbose?: boolean;
  readonly json?: boolean;
}

/** Lines of the board for who wants to see them. */
export function lineShower(io: CliIo, { verbose }: BoardFlags): (line: string) => void {
  return verbose === true ? (line) => io.stderr(`  | ${line}\n`) : () => undefined;
}

/** A board whose log shows that it is on a network. */
export function showJoined(
  io: CliIo,
  options: Json & { readonly port: string },
  joined: { readonly ssid?: string | undefined; readonly address?: string | undefined },
): void {
  const { port } = options;
  const { ssid, address = 'unknown' } = joined;
  const network = ssid === undefined ? 'its network' : `"${ssid}"`;
  show(io, options, { type: 'joined', port, ...joined }, `${port}: on ${network}, address ${address}\n`);
}

/** Exactly one of a port and a URL. @throws INPUT_INVALID */
export function requireOne(port: string | undefined, url: string | undefined): void {
  if ((port === undefined) !== (url === undefined)) return;
  throw invalidInput(
    '--port and --url',
    port === undefined ? 'are both missing' : 'are both given',
    'give --port for a board on a cable, or --url for one whose access point this computer has joined',
  );
}
