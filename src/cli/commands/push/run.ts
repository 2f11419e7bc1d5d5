// `espmint push run`: delivers without a station or service, once or until Ctrl-C.
import { Command } from 'commander';
import { EXIT } from '../../../core/errors/index.js';
import { registryOptions } from '../../compose/compose.js';
import { withPushes } from '../../compose/parts-of-database.js';
import { untilStopped, type CliIo, type GlobalOptions } from '../../io.js';
import { show } from '../../output/show.js';

interface Options extends GlobalOptions {
  readonly once?: boolean;
  readonly json?: boolean;
}

export function runCommand(io: CliIo): Command {
  return new Command('run')
    .description('deliver what waits, and what comes until Ctrl-C; serve and station do so by themselves')
    .option('--once', 'end when nothing is due any more')
    .option('--json', 'with --once: print one JSON object')
    .action(async (_: unknown, command: Command) => {
      const options = command.optsWithGlobals<Options>();
      await (options.once === true ? runOnce(io, options) : runOn(io, options));
    });
}

async function runOnce(io: CliIo, options: Options): Promise<void> {
  const run = await withPushes(io, options, (pushes) =>
    pushes.deliverDue({ signal: io.signal, onNote: (text) => io.stderr(`${text}\n`) }),
  );
  const text = `${run.delivered} delivered, ${run.failed} failed\n`;
  show(io, options, { type: 'push-run', ...run }, text);
  io.setExitCode(run.failed === 0 ? EXIT.ok : EXIT.registry);
}

async function runOn(io: CliIo, options: Options): Promise<void> {
  const { startPushes } = await import('../../../registry/index.js');
  const service = startPushes(registryOptions(io, options), (text) => io.stderr(`${text}\n`));
  try {
    await untilStopped(io);
  } finally {
    await service.close();
  }
}
