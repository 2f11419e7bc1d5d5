// `espmint completion bash|zsh|fish`: a script that completes commands, options and their values.
import { Argument, Command } from 'commander';
import { completionScript, SHELLS, type Shell } from '../completion/scripts.js';
import { completionTree } from '../completion/tree.js';
import { helpPages } from '../help-pages.js';
import type { CliIo } from '../io.js';

/** @param program with all commands loaded */
export function completionCommand(io: CliIo, program: () => Promise<Command>): Command {
  return new Command('completion')
    .addArgument(new Argument('<shell>', 'the shell that reads the script').choices(SHELLS))
    .action(async (shell: Shell) => {
      const all = await program();
      const pages = await helpPages(all.commands.map((command) => command.name()));
      io.stdout(completionScript(shell, completionTree(all, ['topics', ...pages.map(({ topic }) => topic)])));
    });
}
