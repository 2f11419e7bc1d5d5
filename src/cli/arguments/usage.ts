// A command line that is not understood: one sentence with the code of any other input, and a guess at what was meant.
import type { Command, CommanderError } from 'commander';
import type { EspmintError } from '../../core/errors/index.js';
import { invalidInput } from '../../core/errors/index.js';

const IMAGE_INSTEAD = '"espmint nvs inspect FILE" reads an image; ';

/** @param args of the whole command line: commander looks for what is missing before what it does not know */
export function usageError(
  { code, message }: CommanderError,
  command: Command,
  args: readonly string[],
): EspmintError {
  const name = pathOf(command);
  const help = `"${name} --help" explains`;
  const [, quoted = ''] = /'([^']*)'/.exec(message) ?? [];
  const [flag = quoted] = /--[\w-]+/.exec(quoted) ?? [];
  switch (code) {
    case 'commander.unknownCommand':
      return unknown(`"${quoted}"`, `no command of ${name}`, `${name} ${suggestionIn(message)}`, help);
    case 'commander.unknownOption': {
      const typo = withoutValue(quoted);
      return unknown(typo, `no option of ${name}`, suggestionIn(message) || longer(typo, command), help);
    }
    case 'commander.missingMandatoryOptionValue': {
      const typo = unknownFlag(args, command);
      const lists = flag === '--port' ? '"espmint ports" lists them; ' : '';
      if (typo === undefined) {
        const image = command.args.length > 0 && name === 'espmint inspect' ? IMAGE_INSTEAD : '';
        return invalidInput(flag, 'is missing', `give ${quoted.split(', ').at(-1)}; ${image}${lists}${help}`);
      }
      return unknown(
        typo,
        `no option of ${name}`,
        closest(typo, flagsOf(command)) ?? longer(typo, command),
        help,
      );
    }
    case 'commander.optionMissingArgument':
      return invalidInput(flag, 'has no value', `write ${quoted.split(', ').at(-1)}; ${help}`);
    case 'commander.missingArgument':
      return invalidInput(`<${quoted}>`, 'is missing', `write ${name} ${command.usage()}; ${help}`);
    case 'commander.excessArguments':
      return invalidInput(
        name,
        excess(message),
        `leave out what is too much, or quote a value with spaces; ${help}`,
      );
    case 'commander.invalidArgument': {
      const [, argument] = /for argument '([^']+)'/.exec(message) ?? [];
      const field = argument === undefined ? flag : `<${argument}>`;
      return invalidInput(field, 'has a value that it cannot have', `${choicesIn(message)}; ${help}`);
    }
    default:
      return invalidInput('The command line', `is not understood (${message.replace(/^error: /, '')})`, help);
  }
}

/** @param others topics that are no commands */
export function unknownTopic(topic: string, program: Command, others: readonly string[]): EspmintError {
  const meant = nearest(topic, [...program.commands.map((command) => command.name()), ...others]);
  const lists = '"espmint help topics" lists the guides, "espmint --help" the commands';
  return invalidInput(
    `"${topic}"`,
    'is no command, topic or code of espmint',
    meant.length === 0
      ? lists
      : `did you mean ${meant.map((one) => `"espmint help ${one}"`).join(' or ')}? ${lists}`,
  );
}

function unknown(what: string, kind: string, meant: string, help: string): EspmintError {
  const isGuessed = meant !== '' && !meant.endsWith(' ');
  return invalidInput(what, `is ${kind}`, isGuessed ? `did you mean "${meant}"? ${help}` : help);
}

/** `espmint devices list`. */
function pathOf(command: Command): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`;
}

/** The first of commander's own guesses. */
function suggestionIn(message: string): string {
  return /\(Did you mean (?:one of )?([^,?]+)/.exec(message)?.[1] ?? '';
}

function choicesIn(message: string): string {
  const [, list = ''] = /Allowed choices are (.+)\.$/.exec(message) ?? [];
  return list === '' ? 'give another one' : `choose ${list.replace(/, ([^,]+)$/, ' or $1')}`;
}

function excess(message: string): string {
  const [, takes = '0', got = '1'] = /Expected (\d+) arguments? but got (\d+)/.exec(message) ?? [];
  const most = takes === '0' ? 'no argument' : takes === '1' ? '1 argument' : `${takes} arguments`;
  return `takes ${most} and was given ${got}`;
}

/** What was meant for `--wifi-password=…` may be a secret. */
function withoutValue(arg: string): string {
  return arg.replace(/=.*/s, '');
}

/** `--wifi-password` may be meant for `--wifi-password-file`, `--version` for `--bundle-version`. */
function longer(flag: string, command: Command): string {
  const isLonger = (known: string) =>
    known.startsWith(`${flag}-`) || (known !== flag && known.endsWith(flag.slice(1)));
  return flagsOf(command).find(isLonger) ?? '';
}

/** What looks like an option and is none that this command or one above it knows. */
function unknownFlag(args: readonly string[], command: Command): string | undefined {
  const known = flagsOf(command);
  return args
    .filter((arg) => /^--[a-z]/.test(arg))
    .map(withoutValue)
    .find((flag) => !known.includes(flag));
}

function flagsOf(command: Command): string[] {
  const own = command.options.flatMap(({ long }) => (typeof long === 'string' ? [long] : []));
  return ['--help', ...own, ...(command.parent === null ? [] : flagsOf(command.parent))];
}

/** The word that takes the fewest edits, where those are few enough to be a slip. */
function closest(word: string, candidates: readonly string[]): string | undefined {
  const [best] = candidates
    .map((candidate) => ({ candidate, edits: editsBetween(word, candidate) }))
    .sort((a, b) => a.edits - b.edits);
  return best !== undefined && best.edits <= Math.ceil(word.length / 4) ? best.candidate : undefined;
}

/** Up to three that may have been meant: few enough edits to be a slip, or the word is a part of the name. */
function nearest(word: string, candidates: readonly string[]): string[] {
  const small = word.toLowerCase();
  return candidates
    .map((candidate) => {
      const name = candidate.toLowerCase();
      const edits = Math.min(editsBetween(small, name), editsBetween(small, name.replace(/^.*\//, '')));
      const isNear = edits <= Math.ceil(small.length / 4) || (small.length > 2 && name.includes(small));
      return { candidate, edits, isNear };
    })
    .filter(({ isNear }) => isNear)
    .sort((a, b) => a.edits - b.edits)
    .slice(0, 3)
    .map(({ candidate }) => candidate);
}

/** Optimal string alignment: inserted, left out, changed, or two neighbours exchanged. */
function editsBetween(a: string, b: string): number {
  const rows = Array.from({ length: a.length + 1 }, (_, row) => [row]);
  const at = (row: number, column: number): number => rows[row]?.[column] ?? Infinity;
  for (let column = 1; column <= b.length; column++) (rows[0] ?? [])[column] = column;
  for (let row = 1; row <= a.length; row++) {
    for (let column = 1; column <= b.length; column++) {
      const isSame = a[row - 1] === b[column - 1];
      const isSwap = a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      const edits = [
        at(row - 1, column) + 1,
        at(row, column - 1) + 1,
        at(row - 1, column - 1) + (isSame ? 0 : 1),
        isSwap ? at(row - 2, column - 2) + 1 : Infinity,
      ];
      (rows[row] ?? [])[column] = Math.min(...edits);
    }
  }
  return at(a.length, b.length);
}
