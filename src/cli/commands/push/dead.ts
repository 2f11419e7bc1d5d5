// `espmint push dead`: deliveries that were given up: read them, then retry or discard them.
import { Command, Option } from 'commander';
import type { CliIo } from '../../io.js';
import { lister } from '../../output/show.js';
import { processUser } from '../../../registry/process-user.js';
import { DEAD } from './describe.js';
import { withPushes } from '../../compose/parts-of-database.js';

interface Options {
  readonly retry?: readonly string[];
  readonly retryAll?: boolean;
  readonly discard?: readonly string[];
  readonly discardAll?: boolean;
  readonly reason?: string;
  readonly json?: boolean;
}

const ACTIONS = ['retry', 'retryAll', 'discard', 'discardAll'] as const;

export function deadCommand(io: CliIo): Command {
  const others = (own: string): string[] => ACTIONS.filter((name) => name !== own);
  return new Command('dead')
    .description('the deliveries that were given up, newest first; or do something about them')
    .addOption(new Option('--retry <id...>', 'try these again, from the start').conflicts(others('retry')))
    .addOption(new Option('--retry-all', 'try all of them again').conflicts(others('retryAll')))
    .addOption(new Option('--discard <id...>', 'forget these').conflicts(others('discard')))
    .addOption(new Option('--discard-all', 'forget all of them').conflicts(others('discardAll')))
    .option('--reason <text>', 'why, for the audit trail of the devices')
    .option('--json', 'print one JSON object a line')
    .action((options: Options, command: Command) =>
      withPushes(io, command.optsWithGlobals(), async (pushes) => {
        const retry = options.retryAll === true ? 'all' : options.retry;
        const discard = options.discardAll === true ? 'all' : options.discard;
        const by = { actor: processUser(), reason: options.reason };
        if (retry !== undefined) io.stdout(`${await pushes.retry(retry, by)} are pending again\n`);
        else if (discard !== undefined) io.stdout(`${await pushes.discard(discard, by)} discarded\n`);
        else lister(io, options, DEAD)(await pushes.dead());
      }),
    );
}
