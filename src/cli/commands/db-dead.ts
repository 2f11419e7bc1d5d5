// `espmint db dead`: records of this computer that the registry refuses: look at them, mend them, have them sent again.
import { Command } from 'commander';
import type { DeadLetter, DeadRun, MendedTexts } from '../../registry/index.js';
import { EspmintError } from '../../core/errors/index.js';
import { dataDirOf as dataDirIn } from '../compose/compose.js';
import type { CliIo, GlobalOptions } from '../io.js';
import { lister, type ListForm } from '../output/show.js';

const LETTERS: ListForm<DeadLetter | DeadRun> = {
  type: 'dead-letter',
  heads: ['RECORD', 'KIND', 'MAC', 'REFUSED AT', 'REASON'],
  cells: ({ id, kind, mac, at, reason }) => [id, kind, mac, at, reason],
};

export function deadCommand(io: CliIo): Command {
  const dataDirOf = (command: Command): string => dataDirIn(io, command.optsWithGlobals<GlobalOptions>());
  return new Command('dead')
    .description('records of this computer that the registry refuses; each waits for you')
    .option('--json', 'print one JSON object for each')
    .action(async ({ json }: { json?: boolean }, command: Command) => {
      const { listDeadLetters } = await import('../../registry/index.js');
      const letters = await listDeadLetters(dataDirOf(command));
      lister<DeadLetter | DeadRun>(io, { json }, LETTERS)(letters);
      await checkReadable(dataDirOf(command));
      if (letters.length === 0 && json !== true) io.stdout('The registry refuses nothing.\n');
    })
    .addCommand(
      new Command('show')
        .description('everything that the registry would get, but for the key')
        .argument('<id>', 'as `db dead` lists it')
        .action(async (id: string, _options: object, command: Command) => {
          const { listDeadLetters } = await import('../../registry/index.js');
          const letter = (await listDeadLetters(dataDirOf(command))).find((one) => one.id === id);
          if (letter === undefined) {
            await checkReadable(dataDirOf(command));
            throw new EspmintError('DEAD_LETTER_UNKNOWN', { id });
          }
          const { kind, ...rest } = letter;
          const texts = 'run' in rest ? rest.run : rest.wanted;
          const fields = Object.entries({
            kind,
            ...rest,
            ...texts,
            run: undefined,
            wanted: undefined,
          }).filter(([, text]) => text !== undefined);
          // As JSON writes it: half characters and zero bytes are seen.
          io.stdout(fields.map(([name, text]) => `${name.padEnd(17)} ${JSON.stringify(text)}\n`).join(''));
        }),
    )
    .addCommand(retryCommand(io, dataDirOf));
}

function retryCommand(io: CliIo, dataDirOf: (command: Command) => string): Command {
  return new Command('retry')
    .description('send it to the registry again, with other texts where it refused one')
    .argument('[id]', 'as `db dead` lists it; absent: all')
    .option('--location <text>', 'in the place of its location')
    .option('--ca-url <url>', 'in the place of its CA URL')
    .option('--ssid <text>', 'in the place of its Wi-Fi SSID')
    .option('--firmware-version <text>', 'in the place of its firmware version')
    .option('--hardware-revision <text>', 'in the place of its hardware revision')
    .option('--station <name>', 'in the place of the station of a run')
    .action(async (id: string | undefined, given: Given, command: Command) => {
      const { retryDeadLetters } = await import('../../registry/index.js');
      const { ssid, ...texts } = given;
      const mended: MendedTexts = ssid === undefined ? texts : { ...texts, wifiSsid: ssid };
      const count = await retryDeadLetters(dataDirOf(command), { id, mended });
      io.stdout(
        count === 0
          ? 'Nothing is there to be sent again.\n'
          : `The next command that opens the registry sends it ${count} again.\n`,
      );
      if (id === undefined) await checkReadable(dataDirOf(command));
    });
}

/** There may be more than were found. @throws SPOOL_UNREADABLE */
async function checkReadable(dataDir: string): Promise<void> {
  const { inspectSpool } = await import('../../registry/index.js');
  const fault = (await inspectSpool(dataDir)).find(({ code }) => code === 'SPOOL_UNREADABLE');
  if (fault !== undefined) throw fault;
}

interface Given extends Omit<MendedTexts, 'wifiSsid'> {
  readonly ssid?: string;
}
