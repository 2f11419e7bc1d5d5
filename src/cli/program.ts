// The tree of commands and the options that all of them share.
import { Command, Option } from 'commander';
import type { CliIo } from './io.js';
import { usageError } from './arguments/usage.js';
import { VERSION } from './version.js';

/**
 * Every command, in the order of the help. Each is loaded when it is asked for: `espmint identity` should not wait for
 * a database client and a serial library.
 */
const COMMANDS: Readonly<Record<string, (io: CliIo) => Promise<Command>>> = {
  provision: async (io) => (await import('./commands/provision.js')).provisionCommand(io),
  inspect: async (io) => (await import('./commands/inspect.js')).inspectCommand(io),
  devices: async (io) => (await import('./commands/devices.js')).devicesCommand(io),
  lists: async (io) => (await import('./commands/lists.js')).listsCommand(io),
  db: async (io) => (await import('./commands/db.js')).dbCommand(io),
  push: async (io) => (await import('./commands/push/index.js')).pushCommand(io),
  keys: async (io) => (await import('./commands/keys.js')).keysCommand(io),
  nvs: async (io) => (await import('./commands/nvs/index.js')).nvsCommand(io),
  station: async (io) => (await import('./commands/station/index.js')).stationCommand(io),
  batch: async (io) => (await import('./commands/batch.js')).batchCommand(io),
  label: async (io) => (await import('./commands/label.js')).labelCommand(io),
  stats: async (io) => (await import('./commands/stats.js')).statsCommand(io),
  profile: async (io) => (await import('./commands/profile.js')).profileCommand(io),
  identity: async (io) => (await import('./commands/identity.js')).identityCommand(io),
  ports: async (io) => (await import('./commands/ports.js')).portsCommand(io),
  virtual: async (io) => (await import('./commands/virtual.js')).virtualCommand(io),
  serve: async (io) => (await import('./commands/serve.js')).serveCommand(io),
  users: async (io) => (await import('./commands/users.js')).usersCommand(io),
  tokens: async (io) => (await import('./commands/tokens.js')).tokensCommand(io),
  demo: async (io) => (await import('./commands/demo.js')).demoCommand(io),
  doctor: async (io) => (await import('./commands/doctor.js')).doctorCommand(io),
};

/** @param args decides what is loaded: the commands that they name, or all for the help. */
export async function buildProgram(io: CliIo, args: readonly string[] = []): Promise<Command> {
  const program = new Command('espmint')
    .description('Gives every ESP32 its identity: MAC, UUID, key, NVS image, proof and registry entry.')
    .version(VERSION, '-V, --version', 'print the version')
    .option('--data-dir <dir>', 'where espmint keeps its state (or ESPMINT_DATA_DIR)')
    .option(
      '--database-url <url>',
      'a PostgreSQL server instead of the embedded one (or ESPMINT_DATABASE_URL)',
    )
    .addOption(
      new Option('--when-registry-down <policy>', 'when the registry cannot be reached')
        .choices(['continue', 'stop'])
        .default('continue'),
    )
    .addOption(
      new Option('--secrets <form>', 'how keys stand in the registry')
        .choices(['sealed', 'plain'])
        .default('sealed'),
    )
    .option('--debug', 'print stack traces with errors');
  // An option's value may look like a command too: one loaded in vain does no harm.
  const named = args.filter((arg) => Object.hasOwn(COMMANDS, arg));
  for (const [name, load] of Object.entries(COMMANDS)) {
    if (named.length === 0 || named.includes(name)) program.addCommand(await load(io));
  }
  exitByException(program, io, args);
  return program;
}

/** Commander ends the process by itself, and in words of its own, unless told otherwise, command by command. */
function exitByException(command: Command, io: CliIo, args: readonly string[]): void {
  command
    .exitOverride((error) => {
      throw HELP_CODES.has(error.code) ? error : usageError(error, command, args);
    })
    .configureOutput({
      writeOut: (text) => io.stdout(text),
      writeErr: (text) => io.stderr(text),
      outputError: () => undefined,
    })
    .configureHelp({ minWidthToWrap: 30 });
  for (const child of command.commands) exitByException(child, io, args);
}

/** Endings that are none: what was asked for has been shown, or what there is. */
const HELP_CODES: ReadonlySet<string> = new Set([
  'commander.help',
  'commander.helpDisplayed',
  'commander.version',
]);
