// `espmint identity MAC`: the UUID of a device without the device, or the recipe that made a UUID.
import { Command, Option } from 'commander';
import { invalidInput } from '../../core/errors/index.js';
import { parseMac } from '../../core/mac.js';
import {
  deviceUuid,
  parseUuid,
  recipeOf,
  URL_NAMESPACE,
  UUID_RECIPES,
  type UuidRecipe,
} from '../../core/uuid.js';
// Not by output/show.ts: a start for one line is to read few files.
import { jsonLine, type CliIo } from '../io.js';

interface Options {
  readonly recipe: UuidRecipe;
  readonly uuid?: string;
  readonly namespace: string;
  readonly json?: boolean;
}

export function identityCommand(io: CliIo): Command {
  return new Command('identity')
    .argument('<mac>', 'MAC of the device, for example a4:cf:12:34:56:78')
    .addOption(new Option('--recipe <name>', 'how the UUID is made').choices(UUID_RECIPES).default('rfc9562'))
    .option('--uuid <uuid>', 'say which recipe made this UUID instead')
    .option('--namespace <uuid>', 'UUID of the namespace', URL_NAMESPACE)
    .option('--json', 'print one JSON object')
    .action((mac: string, options: Options) =>
      (options.uuid === undefined ? printUuid : printRecipe)(io, mac, options),
    );
}

function printUuid(io: CliIo, text: string, { recipe, namespace, json }: Options): void {
  const mac = parseMac(text);
  const uuid = deviceUuid(mac, recipe, namespace);
  io.stdout(json === true ? jsonLine({ type: 'identity', mac, uuid, recipe }) : `${uuid}\n`);
}

function printRecipe(io: CliIo, text: string, { uuid: given = '', namespace, json }: Options): void {
  const mac = parseMac(text);
  const uuid = parseUuid(given);
  const recipe = recipeOf(mac, uuid, namespace);
  if (recipe === undefined) {
    throw invalidInput(
      `The UUID ${uuid}`,
      `is not made from ${mac} by any known recipe (${UUID_RECIPES.join(', ')})`,
      'check that both belong to the same device, or give another --namespace',
    );
  }
  io.stdout(json === true ? jsonLine({ type: 'identity', mac, uuid, recipe }) : `${recipe}\n`);
}
