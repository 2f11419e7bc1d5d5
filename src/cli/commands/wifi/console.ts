// `espmint wifi console`: steps on a board's console, from a file or a preset.
import { Command, Option } from 'commander';
import { EspmintError } from '../../../core/errors/index.js';
import { orFault } from '../../../core/json.js';
import { parseSettings } from '../../../core/profile/settings-file.js';
import { consoleScriptSchema } from '../../../core/profile/console-script.js';
import {
  CONSOLE_PRESETS,
  runConsole,
  scriptMs,
  type ConsolePreset,
  type ConsoleScript,
} from '../../../wifi/index.js';
import { readTextFile } from '../../../files/index.js';
import type { CliIo } from '../../io.js';
import { show } from '../../output/show.js';
import { withBoard } from './board-link.js';
import { addNetworkOptions, readCredentials, type NetworkFlags } from './credentials.js';
import { addBoardOptions, addJoinTimeout, lineShower, PORT_HELP, type BoardFlags } from './options.js';

interface Options extends NetworkFlags, BoardFlags {
  readonly port: string;
  readonly preset: ConsolePreset;
  readonly steps?: string;
  readonly joinTimeout?: number;
}

export function consoleCommand(io: CliIo): Command {
  const command = addNetworkOptions(
    new Command('console')
      .description("run steps on a board's console: send, expect, fail, capture")
      .requiredOption('-p, --port <address>', PORT_HELP),
  )
    .addOption(
      new Option('--preset <name>', 'a console that is known')
        .choices(Object.keys(CONSOLE_PRESETS))
        .default('zc'),
    )
    .option('--steps <file>', 'steps of your own (YAML or JSON)');
  return addJoinTimeout(addBoardOptions(command))
    .option('--json', 'print one JSON object')
    .action((options: Options) => run(io, options));
}

async function run(io: CliIo, options: Options): Promise<void> {
  const { port, preset, steps, joinTimeout } = options;
  const script = steps === undefined ? CONSOLE_PRESETS[preset] : await readScript(steps);
  const credentials = await readCredentials(io, options);
  const onLine = lineShower(io, options);
  const firmwareMs = scriptMs(script) + (joinTimeout ?? 0);
  const online = await withBoard(io, port, { ...options, firmwareMs }, (link, signal) =>
    runConsole(link, script, credentials, {
      joinTimeoutMs: joinTimeout,
      signal,
      onLine,
      onStep: (text) => io.stderr(`${port}: ${text}\n`),
    }),
  );
  const record = { type: 'wifi', port, ssid: credentials.ssid, ...online };
  show(io, options, record, `${port}: ${online.line ?? ''}\n`);
}

/** @throws FILE_UNREADABLE, WIFI_CONSOLE_SCRIPT_INVALID */
async function readScript(file: string): Promise<ConsoleScript> {
  const text = await readTextFile(file);
  const hint = '"espmint help guides/wifi" shows one';
  return orFault(
    () => parseSettings(text, consoleScriptSchema),
    ({ line, reason }) =>
      new EspmintError('WIFI_CONSOLE_SCRIPT_INVALID', { where: `${file}:${line}`, reason, hint }),
  );
}
