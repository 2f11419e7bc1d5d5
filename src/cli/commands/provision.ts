// `espmint provision`: one or more boards, from plugged in to recorded.
import { Command, Option } from 'commander';
import { EXIT, CATALOG, EspmintError, invalidInput } from '../../core/errors/index.js';
import type { ProvisionEvent, ProvisionResult } from '../../core/stages.js';
import { isPrivate } from '../../files/index.js';
import { UUID_RECIPES } from '../../core/uuid.js';
import type { ProvisionPlan } from '../../provision/index.js';
import { askingRegistry, requireTerminal } from '../prompt/ask-known.js';
import {
  ATTEMPTS,
  backendOption,
  BAUDS,
  collect,
  keysToOption,
  registryOption,
  traceOption,
  verifyOption,
} from '../arguments/board-options.js';
import { composeParts, type BackendChoice, type RegistryChoice } from '../compose/compose.js';
import type { CliIo, GlobalOptions } from '../io.js';
import { countOption, numberOption } from '../arguments/numbers.js';
import { addWpsHookOptions } from '../arguments/wps-hook.js';
import { operatorOption, originOf, type OriginFlags } from '../compose/origin.js';
import { bundlesOf } from '../compose/firmware.js';
import type { PlanFlags } from '../compose/plan.js';
import { pushBriefly } from '../compose/push-briefly.js';
import { counted } from '../../core/text.js';

interface Options extends Omit<PlanFlags, 'known'>, RegistryChoice, BackendChoice, OriginFlags {
  readonly known?: PlanFlags['known'] | 'ask';
  readonly port: readonly string[];
  readonly json?: boolean;
}

export function provisionCommand(io: CliIo): Command {
  const command = new Command('provision')
    .requiredOption(
      '-p, --port <address>',
      'device path, tcp://host:port or rfc2217://host:port; repeat it',
      collect,
    )
    .option('--profile <file>', 'what is the same for every board of the product; flags override it')
    .option(
      '--firmware <file>',
      'flash this too: folder or flasher_args.json of a build, web manifest, merged image, or NAME@VERSION',
    )
    .option('--ca-url <url>', 'where the certificate authority answers')
    .option('--wifi-ssid <name>', 'Wi-Fi network of the device')
    .option('--wifi-password-file <file>', 'file with the password of that network')
    .option('--chip <name>', 'refuse boards with any other chip');
  addWpsHookOptions(command);
  addPlaceOptions(command);
  addIdentityOptions(command);
  addRunOptions(command);
  return command.action((_: unknown, self: Command) =>
    run(io, self.optsWithGlobals<Options & GlobalOptions>()),
  );
}

function addPlaceOptions(command: Command): void {
  command
    .option('--partition <name>', 'write into the partition of this name')
    .option('--offset <bytes>', 'write at this offset in flash', numberOption('--offset'))
    .option('--size <bytes>', 'size of the image', numberOption('--size'))
    .option(
      '--partition-table-offset <bytes>',
      'where the firmware has its partition table; it is looked for otherwise',
      numberOption('--partition-table-offset'),
    )
    .option('--force-offset', 'write even where the partition table says that it is no NVS partition');
}

function addIdentityOptions(command: Command): void {
  command
    .addOption(new Option('--recipe <name>', 'how the UUID is made from the MAC').choices(UUID_RECIPES))
    .option('--row <code>', 'with match: scan in the profile: take the row of this code (one board only)')
    .option('--uuid <uuid>', 'use this UUID (one board only)')
    .option('--psk-file <file>', 'use the key in this file (one board only)')
    .option('--mac <mac>', 'with --allow-unproven: the MAC of a board in Secure Download Mode')
    .option(
      '--allow-unproven',
      'write to a board in Secure Download Mode, which can prove nothing: only its firmware can',
    )
    .option('--firmware-version <text>', 'recorded with the device')
    .option('--hardware-revision <text>', 'recorded with the device')
    .option('--location <text>', 'recorded with the device');
}

function addRunOptions(command: Command): void {
  command
    .addOption(
      new Option('--known <policy>', 'a device that is already provisioned').choices([
        'keep',
        'rotate',
        'refuse',
        'ask',
      ]),
    )
    .addOption(verifyOption())
    .addOption(
      new Option('--nvs-mode <mode>', 'a fresh image, or keep what other software stored there').choices([
        'replace',
        'merge',
      ]),
    )
    .option('--replace-encrypted-nvs', 'put a plain NVS where the board holds an encrypted one')
    .option('--cross-check', "have Espressif's own generator make each image too; a difference stops the run")
    .option('--attempts <n>', 'whole tries for a board whose link fails', countOption('--attempts', ATTEMPTS))
    .option('--baud <rate>', 'highest bits per second to try', countOption('--baud', BAUDS))
    .addOption(backendOption())
    .addOption(registryOption())
    .addOption(keysToOption())
    .addOption(operatorOption())
    .addOption(traceOption())
    .option('--json', 'print JSON Lines: one event a line');
}

async function run(io: CliIo, options: Options & GlobalOptions): Promise<void> {
  const [{ planFromFlags }, { provisionDevice }, { createReporter }] = await Promise.all([
    import('../compose/plan.js'),
    import('../../provision/index.js'),
    import('../output/create-reporter.js'),
  ]);
  const asks = options.known === 'ask';
  if (asks) requireTerminal(io);
  const known = options.known === 'ask' ? 'refuse' : options.known;
  const given = await planFromFlags({ ...options, known }, io.env, bundlesOf(io, options));
  const plan = io.boardTimeoutMs === undefined ? given : { ...given, timeoutMs: io.boardTimeoutMs };
  await checkPorts(options.port, plan);
  const { prepareLink } = await import('../../driver/index.js');
  // A server that starts is waited for: what opens the ports is loaded meanwhile.
  const [composed] = await Promise.all([
    composeParts(io, options),
    Promise.all(options.port.map(prepareLink)),
  ]);
  const parts = asks ? { ...composed, registry: askingRegistry(io, composed.registry) } : composed;
  try {
    // Lines that redraw themselves would write over the question.
    const shown = asks ? { ...io, interactive: false } : io;
    const reporter = createReporter(shown, options.port, options.json === true);
    const withKey = new Set<string>();
    const onEvent = (event: ProvisionEvent): void => {
      // The registry has answered: the key is where it keeps them.
      if (event.type === 'identity') withKey.add(event.port);
      reporter.event(event);
    };
    const origin = originOf(options);
    const results = await Promise.all(
      options.port.map((port) => provisionDevice(port, plan, parts, { onEvent, signal: io.signal, origin })),
    );
    reporter.finish(results);
    if (options.keysTo !== undefined && withKey.size > 0) {
      const who = isPrivate(options.keysTo) ? ', readable by you only' : '';
      io.stderr(`The keys are in ${options.keysTo}${who}.\n`);
    }
    const { pendingSync, pushes } = await composed.registry.status();
    if (pendingSync > 0)
      io.stderr(
        `Kept in the journal until the registry comes back: ${counted(pendingSync, 'attempt')}; "espmint db check" says what is wrong.\n`,
      );
    await pushBriefly(io, composed, pushes);
    io.setExitCode(exitCodeOf(results));
  } finally {
    await parts.close();
  }
}

async function checkPorts(ports: readonly string[], { given, unproven }: ProvisionPlan): Promise<void> {
  const { isSamePort } = await import('../../driver/index.js');
  const twice = ports.find((port, index) => ports.findIndex((other) => isSamePort(other, port)) !== index);
  if (twice !== undefined) {
    throw invalidInput('--port', `names ${twice} twice`, 'name it once');
  }
  if (ports.length < 2) return;
  if (given.uuid !== undefined) throw new EspmintError('IDENTITY_FOR_ONE_BOARD', { option: '--uuid' });
  if (given.row !== undefined) throw new EspmintError('IDENTITY_FOR_ONE_BOARD', { option: '--row' });
  if (given.psk !== undefined) throw new EspmintError('IDENTITY_FOR_ONE_BOARD', { option: '--psk-file' });
  if (unproven !== undefined) throw new EspmintError('IDENTITY_FOR_ONE_BOARD', { option: '--mac' });
}

/** 0 when all boards passed; the code of the first failure otherwise. */
export function exitCodeOf(results: readonly ProvisionResult[]): number {
  const failed = results.find((result) => !result.ok);
  return failed === undefined ? EXIT.ok : CATALOG[failed.code].exit;
}
