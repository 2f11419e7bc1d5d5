// The tree of commands as completion scripts need it: the words that may follow each command.
import type { Command, Option } from 'commander';

export interface CompletionOption {
  /** `--port` and `-p`. */
  readonly flags: readonly string[];
  readonly does: string;
  readonly takesValue: boolean;
  /** Empty where any value may stand. */
  readonly choices: readonly string[];
}

export interface CompletionNode {
  /** Names from the root on: `devices list`; empty for the program itself. */
  readonly path: string;
  readonly children: readonly { readonly name: string; readonly does: string }[];
  /** Its own and those of the commands above it. */
  readonly options: readonly CompletionOption[];
  /** What its first argument may be; empty where that is anything, a file for one. */
  readonly choices: readonly string[];
}

/**
 * The program and all commands below it, each with what may follow it.
 *
 * @param topics of `espmint help`, beside the commands
 */
export function completionTree(program: Command, topics: readonly string[] = []): CompletionNode[] {
  const helped = [...program.commands.map((command) => command.name()), ...topics];
  return nodesOf(program, [], []).map((node) => (node.path === 'help' ? { ...node, choices: helped } : node));
}

function nodesOf(
  command: Command,
  path: readonly string[],
  above: readonly CompletionOption[],
): CompletionNode[] {
  const options = [...command.options.map(optionOf), ...above];
  const help: CompletionOption = {
    flags: ['--help', '-h'],
    does: 'explain the command',
    takesValue: false,
    choices: [],
  };
  const node: CompletionNode = {
    path: path.join(' '),
    children: command.commands.map((child) => ({ name: child.name(), does: child.description() })),
    options: [...options, help],
    choices: command.registeredArguments[0]?.argChoices ?? [],
  };
  return [node, ...command.commands.flatMap((child) => nodesOf(child, [...path, child.name()], options))];
}

function optionOf({ long, short, description, required, optional, argChoices }: Option): CompletionOption {
  const flags = [long, short].filter((flag): flag is string => typeof flag === 'string');
  return { flags, does: description, takesValue: required || optional, choices: argChoices ?? [] };
}
