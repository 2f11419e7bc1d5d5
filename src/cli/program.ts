// The tree of commands and the options that all of them share.
import { Command, CommanderError, Help, Option } from 'commander';
import { EXAMPLES } from './examples.js';
import type { CliIo } from './io.js';
import { usageError } from './arguments/usage.js';
import { VERSION } from './version.js';

interface CommandEntry {
  readonly does: string;
  readonly load: (io: CliIo) => Promise<Command>;
}

/**
 * Every command, in the order of the help. Each is loaded when it is asked for: `espmint identity` should not wait for
 * a database client and a serial library, and the help needs no more than names.
 */
const COMMANDS: Readonly<Record<string, CommandEntry>> = {
  provision: {
    does: 'give the boards at these ports their identity',
    load: async (io) => (await import('./commands/provision.js')).provisionCommand(io),
  },
  inspect: {
    does: 'show what a board says of itself: chip, security, partitions, NVS contents (secrets masked)',
    load: async (io) => (await import('./commands/inspect.js')).inspectCommand(io),
  },
  verify: {
    does: 'check that a board may leave: what must be on it, and what must not (reads only)',
    load: async (io) => (await import('./commands/verify.js')).verifyCommand(io),
  },
  devices: {
    does: 'the devices in the registry: find them, read their history, move them',
    load: async (io) => (await import('./commands/devices.js')).devicesCommand(io),
  },
  lists: {
    does: 'boards that may be provisioned, and boards that never are',
    load: async (io) => (await import('./commands/lists.js')).listsCommand(io),
  },
  firmware: {
    does: 'firmware bundles in the registry, so that every station flashes the same bytes',
    load: async (io) => (await import('./commands/firmware.js')).firmwareCommand(io),
  },
  values: {
    does: 'lists of values of its own for each board: import them, see which board has which',
    load: async (io) => (await import('./commands/values.js')).valuesCommand(io),
  },
  db: {
    does: "the registry's database: check it, migrate it, back it up, move it",
    load: async (io) => (await import('./commands/db.js')).dbCommand(io),
  },
  push: {
    does: 'tell a table or a webhook of your own of each device',
    load: async (io) => (await import('./commands/push/index.js')).pushCommand(io),
  },
  keys: {
    does: 'the master keys that seal the stored keys: list, import, rotate, forget',
    load: async (io) => (await import('./commands/keys.js')).keysCommand(io),
  },
  nvs: {
    does: 'make, read, check, change and encrypt NVS partition images',
    load: async (io) => (await import('./commands/nvs/index.js')).nvsCommand(io),
  },
  wifi: {
    does: 'bring a board onto Wi-Fi in the way that its firmware offers; no profile and no registry',
    load: async (io) => (await import('./commands/wifi/index.js')).wifiCommand(io),
  },
  station: {
    does: 'provision boards as they are plugged in, each slot on its own, until Ctrl-C',
    load: async (io) => (await import('./commands/station/index.js')).stationCommand(io),
  },
  batch: {
    does: 'work orders: so many boards of one profile, counted over all stations',
    load: async (io) => (await import('./commands/batch.js')).batchCommand(io),
  },
  label: {
    does: 'labels of devices, into a file or to a ZPL printer',
    load: async (io) => (await import('./commands/label.js')).labelCommand(io),
  },
  stats: {
    does: 'figures of the boards that stations have made (those of provision are not counted)',
    load: async (io) => (await import('./commands/stats.js')).statsCommand(io),
  },
  profile: {
    does: 'what is the same for every board of a product',
    load: async (io) => (await import('./commands/profile.js')).profileCommand(io),
  },
  identity: {
    does: 'the UUID that a MAC gives, or the recipe that made a UUID',
    load: async (io) => (await import('./commands/identity.js')).identityCommand(io),
  },
  ports: {
    does: 'list the serial ports of this machine',
    load: async (io) => (await import('./commands/ports.js')).portsCommand(io),
  },
  virtual: {
    does: 'run virtual boards until standard input closes or Ctrl-C',
    load: async (io) => (await import('./commands/virtual.js')).virtualCommand(io),
  },
  serve: {
    does: 'serve the dashboard and the HTTP API until Ctrl-C',
    load: async (io) => (await import('./commands/serve.js')).serveCommand(io),
  },
  users: {
    does: 'who may sign in to the service (espmint serve)',
    load: async (io) => (await import('./commands/users.js')).usersCommand(io),
  },
  tokens: {
    does: 'bearer tokens of machines that call the HTTP API',
    load: async (io) => (await import('./commands/tokens.js')).tokensCommand(io),
  },
  demo: {
    does: 'provision four virtual boards, then leave them up to play with',
    load: async (io) => (await import('./commands/demo.js')).demoCommand(io),
  },
  doctor: {
    does: 'check that this station has what it needs',
    load: async (io) => (await import('./commands/doctor.js')).doctorCommand(io),
  },
  completion: {
    does: 'a script that completes commands and options in bash, zsh or fish',
    load: async (io) =>
      (await import('./commands/completion.js')).completionCommand(io, () => buildProgram(io, COMMAND_NAMES)),
  },
  help: {
    does: 'explain a command, an error code or a topic; "espmint help topics" lists guides and reference pages',
    load: async (io) => (await import('./commands/help.js')).helpCommand(io),
  },
};

export const COMMAND_NAMES: readonly string[] = Object.keys(COMMANDS);

const VERSION_FLAG = /^(--version$|-V)/;

/** @param args decides what is loaded: the commands that they name. All others are there by name only. */
export async function buildProgram(io: CliIo, args: readonly string[] = []): Promise<Command> {
  const program = new Command('espmint')
    .description('Gives every ESP32 its identity: MAC, UUID, key, NVS image, proof and registry entry.')
    .option('-V, --version', 'print the version')
    .on('option:version', () => printVersion(program, io, args))
    .option('--data-dir <dir>', 'where espmint keeps its state (or ESPMINT_DATA_DIR)')
    .option(
      '--database-url <url>',
      'a PostgreSQL server instead of the embedded one (or ESPMINT_DATABASE_URL)',
    )
    .option(
      '--postgres-bin <dir>',
      'the PostgreSQL programs for the embedded server (or ESPMINT_POSTGRES_BIN), instead of those that came along',
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
    .option('--debug', 'print stack traces with errors')
    // The one below explains more than commands.
    .helpCommand(false);
  // An option's value may look like a command too: one loaded in vain does no harm.
  for (const [name, { does, load }] of Object.entries(COMMANDS)) {
    const command = args.includes(name) ? await load(io) : new Command(name);
    program.addCommand(command.description(does));
  }
  dress(program, io, args);
  return program;
}

/** Commander takes the option from anywhere in the line, and would drop the command before it. */
function printVersion(program: Command, io: CliIo, args: readonly string[]): never {
  const at = args.findIndex((arg) => VERSION_FLAG.test(arg));
  const command = args
    .slice(0, at)
    .reduce<Command>((above, arg) => above.commands.find((one) => one.name() === arg) ?? above, program);
  if (command !== program)
    command.error(`error: unknown option '${args[at]}'`, { code: 'commander.unknownOption' });
  io.stdout(`${VERSION}\n`);
  throw new CommanderError(0, 'commander.version', VERSION);
}

/**
 * What holds for all commands: commander ends the process by itself, and in words of its own, unless they are set otherwise,
 * command by command; the help marks what must be given and ends with examples.
 */
function dress(command: Command, io: CliIo, args: readonly string[], path: readonly string[] = []): void {
  command
    .exitOverride((error) => {
      throw HELP_CODES.has(error.code) ? error : usageError(error, command, args);
    })
    .configureOutput({
      writeOut: (text) => io.stdout(text),
      writeErr: (text) => io.stderr(text),
      outputError: () => undefined,
    })
    .configureHelp({ minWidthToWrap: 30, optionDescription });
  const examples = EXAMPLES[path.join(' ')] ?? [];
  if (examples.length > 0)
    command.addHelpText('after', ['', 'Examples:', ...examples.map((line) => `  ${line}`)].join('\n'));
  for (const child of command.commands) dress(child, io, args, [...path, child.name()]);
}

const plainHelp = new Help();

function optionDescription(option: Option): string {
  const isRequired = option.mandatory && option.defaultValue === undefined;
  return `${plainHelp.optionDescription(option)}${isRequired ? ' (required)' : ''}`;
}

/** Endings that are none: what was asked for has been shown, or what there is. */
const HELP_CODES: ReadonlySet<string> = new Set([
  'commander.help',
  'commander.helpDisplayed',
  'commander.version',
]);
