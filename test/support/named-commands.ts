// Finds what a text tells people to type, and says what of it the program does not have.
import type { Command } from 'commander';

/** `espmint devices show MAC --json`, up to the end of the quotes or the line; in quotes it is always a command. */
const COMMAND_LINE = /(^|["'`]|\b(?:run|with|by|see|use)\s)espmint ((?:[a-z][a-z-]*|--[a-z])[^`"\n]*)/g;
const OPTION = /(?<![\w-])--[a-z][a-z0-9]*(?:-[a-z0-9]+)*/g;

/** Options that the command has itself or from those above it. */
function optionsOf(command: Command): string[] {
  const own = command.options.flatMap(({ long }) => long ?? []);
  return [...own, ...(command.parent === null ? [] : optionsOf(command.parent)), '--help', '--version'];
}

/** The command that the words begin with, and how many of them it takes. */
function commandOf(program: Command, words: readonly string[]): Command {
  let command = program;
  for (const word of words) {
    const next = command.commands.find((one) => one.name() === word);
    if (next === undefined) break;
    command = next;
  }
  return command;
}

/** What is wrong with the commands that the text names: unknown ones, and options that they do not have. */
export function wrongCommandsIn(text: string, program: Command): string[] {
  return [...text.matchAll(COMMAND_LINE)].flatMap(([whole, before = '', rest = '']) => {
    const words = rest.split(/[\s,;.:)]+/);
    const first = words[0] ?? '';
    const command = commandOf(program, words);
    if (command === program && !first.startsWith('--'))
      return /["'`]/.test(before) ? [`${whole}: no such command`] : [];
    const known = optionsOf(command);
    // Options behind the end of a sentence belong to something else.
    const options = [...(rest.split(/[;]|\. /)[0] ?? '').matchAll(OPTION)].map(([name]) => name);
    return options.filter((name) => !known.includes(name)).map((name) => `${whole}: no ${name}`);
  });
}
