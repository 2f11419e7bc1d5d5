// `espmint wifi smartconfig`: sends credentials over the air to boards that listen, and says why where none answers.
import { Command, Option } from 'commander';
import { EspmintError, isEspmintError, warningOf, invalidInput } from '../../../core/errors/index.js';
import { macBytes, parseMac } from '../../../core/mac.js';
import {
  diagnoseSilence,
  ownNetwork,
  sendSmartConfig,
  watchJoin,
  type SilenceFacts,
} from '../../../wifi/index.js';
import { countOption } from '../../arguments/numbers.js';
import { readSecretFile } from '../../../files/index.js';
import type { CliIo } from '../../io.js';
import { show } from '../../output/show.js';
import { withBoard } from './board-link.js';
import { addNetworkOptions, readCredentials, type NetworkFlags } from './credentials.js';
import { CONSOLE_BAUD, PORT_HELP } from './options.js';

interface Options extends NetworkFlags {
  readonly bssid: string;
  readonly protocol: 'v1' | 'v2';
  readonly keyFile?: string;
  readonly randomIv?: boolean;
  readonly address?: string;
  readonly destination?: string;
  readonly boards: number;
  readonly port?: string;
  readonly timeout?: number;
  readonly json?: boolean;
}

const KEY_VARIABLE = 'ESPMINT_SMARTCONFIG_KEY';
/** The board's log says all it has to say soon after the acknowledgement. */
const LOG_MS = 110_000;

export function smartConfigCommand(io: CliIo): Command {
  return addNetworkOptions(
    new Command('smartconfig').description(
      'send a network over the air to boards in SmartConfig mode (ESPTouch)',
    ),
  )
    .requiredOption('--bssid <mac>', 'MAC of the access point')
    .addOption(
      new Option('--protocol <version>', 'what the firmware listens for').choices(['v1', 'v2']).default('v2'),
    )
    .option('--key-file <path>', `with v2: file with the 16 characters of the AES key (or ${KEY_VARIABLE})`)
    .option(
      '--random-iv',
      'with a key: start the encryption at random; firmware knows it since SmartConfig 3.0.2 (default: zeros)',
    )
    .option('--address <ip>', "this computer's address in that network; default: its first Wi-Fi address")
    .option(
      '--destination <address>',
      'where packets go: an address, or multicast; default: the broadcast address',
    )
    .option(
      '--boards <number>',
      'how many boards to wait for',
      countOption('--boards', { min: 1, max: 100 }),
      1,
    )
    .option('--timeout <ms>', 'milliseconds to send', countOption('--timeout', { min: 1_000, max: 600_000 }))
    .option('-p, --port <address>', `also read a board's log, for the diagnosis: ${PORT_HELP}`)
    .option('--json', 'print one JSON object a board')
    .action((options: Options) => run(io, options));
}

async function run(io: CliIo, options: Options): Promise<void> {
  const { protocol, boards } = options;
  const credentials = await readCredentials(io, options);
  const key = await readKey(io, options);
  if (options.randomIv === true && key === undefined) {
    throw invalidInput(
      '--random-iv',
      'is given without a key to encrypt with',
      'add --key-file, or leave it out',
    );
  }
  const network = await ownNetwork(options.address);
  warn(io, protocol, key !== undefined);
  const log = logOf(io, options);
  let foreign = 0;
  try {
    const report = await sendSmartConfig(
      {
        protocol,
        ...credentials,
        bssid: macBytes(parseMac(options.bssid)),
        key,
        randomIv: options.randomIv,
        address: network.address,
        destination: options.destination ?? (protocol === 'v1' ? '255.255.255.255' : network.broadcast),
        boards,
      },
      {
        signal: io.signal,
        pace: options.timeout === undefined ? undefined : { sendMs: options.timeout },
        onAcknowledgement: (board) =>
          show(
            io,
            options,
            { type: 'board', ...board },
            `${board.mac} is on "${credentials.ssid}", address ${board.address}\n`,
          ),
      },
    );
    foreign = report.foreign;
    if (report.boards.length >= boards) return;
    const seconds = Math.round(report.durationMs / 1000);
    const says = await log.verdict();
    const facts = {
      protocol,
      ssid: credentials.ssid,
      encrypted: key !== undefined,
      network,
      foreign,
      boardSays: says,
    };
    const diagnosis = diagnoseSilence(facts).join(' ');
    throw new EspmintError('SMARTCONFIG_NO_ACKNOWLEDGEMENT', { ssid: credentials.ssid, seconds, diagnosis });
  } finally {
    log.stop();
  }
}

async function readKey(io: CliIo, { protocol, keyFile }: Options): Promise<Uint8Array | undefined> {
  const text = keyFile === undefined ? io.env[KEY_VARIABLE] : await readSecretFile(keyFile);
  if (text === undefined || text === '') return undefined;
  if (protocol === 'v2') return new TextEncoder().encode(text);
  const hint = 'use --protocol v2, or leave the key out';
  throw invalidInput('The SmartConfig key', 'is given, and v1 has none', hint);
}

function warn(io: CliIo, protocol: 'v1' | 'v2', hasKey: boolean): void {
  if (hasKey) return;
  const { code, message } = warningOf('SMARTCONFIG_READABLE', { protocol });
  io.stderr(`warning: ${message} [${code}]\n`);
}

/** A board on a cable tells what it heard, which no packet tells. */
function logOf(
  io: CliIo,
  { port }: Options,
): { verdict(): Promise<SilenceFacts['boardSays']>; stop(): void } {
  if (port === undefined) return { verdict: () => Promise.resolve(undefined), stop: () => undefined };
  const stop = new AbortController();
  let received = false;
  const listening = { trace: io.trace, signal: AbortSignal.any([io.signal, stop.signal]) };
  const watching = withBoard(listening, port, { baud: CONSOLE_BAUD, restart: false }, (link, signal) =>
    watchJoin(link, {
      timeoutMs: LOG_MS,
      waitsForSilentBoard: true,
      signal,
      onLine: (line) => (received ||= /smartconfig.*(got|ssid)/i.test(line)),
    }),
  ).then(
    () => 'joined' as const,
    (error: unknown) => {
      if (!isEspmintError(error, 'WIFI_JOIN_FAILED'))
        return received ? ('received' as const) : ('nothing' as const);
      return /no such network/.test(error.message) ? ('no-network' as const) : ('wrong-password' as const);
    },
  );
  return {
    async verdict() {
      const early = await Promise.race([watching, Promise.resolve('still reading' as const)]);
      if (early !== 'still reading') return early;
      stop.abort();
      return watching;
    },
    stop: () => stop.abort(),
  };
}
