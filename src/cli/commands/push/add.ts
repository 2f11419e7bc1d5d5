// `espmint push add`: address, statement and secret come from files, standard input or the environment, never from the
// command line, which others on this machine can read.
import { Command, Option } from 'commander';
import { invalidInput } from '../../../core/errors/index.js';
import { PUSH_EVENTS, PUSH_KINDS, type PushEvent, type PushKind } from '../../../core/push.js';
import { readSecretFile } from '../../../files/index.js';
import { type CliIo, jsonLine } from '../../io.js';
import { describeTarget } from './describe.js';
import { withPushes } from '../../compose/parts-of-database.js';

interface Options {
  readonly kind: PushKind;
  readonly urlFile?: string;
  readonly urlEnv?: string;
  readonly statementFile?: string;
  readonly secretFile?: string;
  readonly secretEnv?: string;
  readonly events?: string;
  readonly sendKeys?: boolean;
  readonly values?: string;
  readonly allowRegistry?: boolean;
  readonly json?: boolean;
}

export function addCommand(io: CliIo): Command {
  return new Command('add')
    .description('tell a table or a webhook of each device from now on')
    .argument('<name>', 'how this target is called')
    .addOption(
      new Option('--kind <kind>', 'a statement on a database, or a signed POST')
        .choices(PUSH_KINDS)
        .makeOptionMandatory(),
    )
    .option('--url-file <file>', 'file with postgresql://… or https://…; - reads standard input')
    .option('--url-env <name>', 'variable ESPMINT_PUSH_… of each station that holds it instead')
    .option('--statement-file <file>', 'with sql: the statement, with parameters such as :uuid and :mac')
    .option('--secret-file <file>', 'with webhook: the signing secret, whsec_…; made and printed when absent')
    .option('--secret-env <name>', 'variable ESPMINT_PUSH_… of each station that holds it instead')
    .option('--events <list>', `which of ${PUSH_EVENTS.join(',')}; all when absent`)
    .option('--send-keys', 'tell it the keys too: everybody who reads there can be the device')
    .option(
      '--values <list>',
      'tell it what the device has in this list of values too, but for secret columns',
    )
    .option(
      '--allow-registry',
      "with sql: it may be the registry's own server, with the rights of the role in its URL",
    )
    .option('--json', 'print one JSON object')
    .action((name: string, options: Options, command: Command) => add(io, name, options, command));
}

async function add(io: CliIo, name: string, options: Options, command: Command): Promise<void> {
  const { kind, sendKeys, allowRegistry, values } = options;
  const url = await textOf(io, 'url', options.urlFile, options.urlEnv);
  if (url === undefined) throw invalidInput('The address', 'is missing', 'give --url-file or --url-env');
  const statement = await textOf(io, 'statement', options.statementFile, undefined);
  const signingSecret = await textOf(io, '--secret', options.secretFile, options.secretEnv);
  const events = parseEvents(options.events);
  await withPushes(io, command.optsWithGlobals(), async (pushes) => {
    const added = await pushes.add({
      name,
      kind,
      url,
      statement,
      signingSecret,
      events,
      sendKeys,
      allowRegistry,
      values,
    });
    if (options.json === true) {
      io.stdout(jsonLine({ type: 'push-target', ...added }));
      return;
    }
    io.stdout(describeTarget(added));
    if (added.madeSecret === undefined) return;
    io.stderr('The signing secret, shown only this once; the receiver needs it to verify:\n');
    io.stdout(`${added.madeSecret}\n`);
  });
}

/** From a file, from standard input, or as a reference that each station resolves by itself. */
async function textOf(
  io: CliIo,
  option: string,
  file: string | undefined,
  variable: string | undefined,
): Promise<string | undefined> {
  if (file !== undefined && variable !== undefined) {
    throw invalidInput(`--${option}-file and --${option}-env`, 'exclude each other', 'give one of them');
  }
  if (variable !== undefined) return `env:${variable}`;
  if (file !== '-') return file === undefined ? undefined : readSecretFile(file);
  let text = '';
  for await (const piece of io.stdin.setEncoding('utf8')) text += String(piece);
  return text.replace(/\r?\n$/, '');
}

function parseEvents(list: string | undefined): readonly PushEvent[] | undefined {
  return list?.split(',').map((text) => {
    const event = PUSH_EVENTS.find((known) => known === text.trim());
    if (event !== undefined) return event;
    throw invalidInput('--events', `names "${text.trim()}"`, `choose among ${PUSH_EVENTS.join(',')}`);
  });
}
