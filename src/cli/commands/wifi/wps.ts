// `espmint wifi wps`: one window of 120 s, opened at the access point by its own command where there is one.
import { Command } from 'commander';
import { parseWpsPin } from '../../../core/wps-pin.js';
import { runWpsWindow, WPS_WINDOW_MS } from '../../../wifi/index.js';
import { countOption } from '../../arguments/numbers.js';
import { parseWpsHook } from '../../arguments/wps-hook.js';
import { readSecretFile } from '../../../files/index.js';
import type { CliIo } from '../../io.js';
import { withBoard } from './board-link.js';
import { addBoardOptions, lineShower, PORT_HELP, showJoined, type BoardFlags } from './options.js';

interface Options extends BoardFlags {
  readonly port: string;
  readonly pinFile?: string;
  readonly ssid?: string;
  readonly hook?: string;
  readonly cancelHook?: string;
  readonly window: number;
}

export function wpsCommand(io: CliIo): Command {
  const command = new Command('wps')
    .description('guide one WPS window: the access point opens it, the log of the board ends it')
    .requiredOption('-p, --port <address>', PORT_HELP)
    .option('--pin-file <path>', "file with the board's PIN (or ESPMINT_WPS_PIN); else the button is used")
    .option('--ssid <name>', 'the network that it must be; default: any')
    .option(
      '--hook <command>',
      'opens the window, such as "hostapd_cli wps_pbc" or, with a PIN, \'hostapd_cli <<< "wps_pin any {{pin}} 120"\'',
    )
    .option('--cancel-hook <command>', 'closes it when it was not used, such as "hostapd_cli wps_cancel"')
    .option(
      '--window <ms>',
      'milliseconds',
      countOption('--window', { min: 1_000, max: WPS_WINDOW_MS }),
      WPS_WINDOW_MS,
    );
  return addBoardOptions(command)
    .option('--json', 'print one JSON object')
    .action((options: Options) => run(io, options));
}

async function run(io: CliIo, options: Options): Promise<void> {
  const { port, ssid, window: windowMs } = options;
  const pinText =
    options.pinFile === undefined ? io.env['ESPMINT_WPS_PIN'] : await readSecretFile(options.pinFile);
  const pin = pinText === undefined || pinText === '' ? undefined : parseWpsPin(pinText);
  const hook = parseWpsHook(options.hook, options.cancelHook, '--hook');
  const joined = await withBoard(io, port, { ...options, firmwareMs: windowMs }, (link, signal) => {
    if (hook === undefined) {
      io.stderr(
        pin === undefined
          ? 'Press the WPS button of the access point now.\n'
          : "Type the board's PIN at the access point now.\n",
      );
    }
    return runWpsWindow(link, {
      pin,
      hook,
      ssid,
      windowMs,
      signal,
      onLine: lineShower(io, options),
      onWarning: ({ code, message }) => io.stderr(`warning: ${message} [${code}]\n`),
      onTick: (leftMs) => {
        const seconds = Math.round(leftMs / 1000);
        if (seconds % 10 === 0) io.stderr(`${seconds} s left\n`);
      },
    });
  });
  showJoined(io, options, joined);
}
