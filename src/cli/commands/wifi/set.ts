// `espmint wifi set`: the technician's one command. It finds out what the board speaks, and does it.
import { Command, Option } from 'commander';
import { EspmintError } from '../../../core/errors/index.js';
import {
  bringOnline,
  findWay,
  HttpTransport,
  masker,
  ProtocommClient,
  type Credentials,
  type FoundWay,
  type Online,
} from '../../../wifi/index.js';
import { JOIN_TIMEOUT_MS } from '../../../wifi/index.js';
import { backendOption } from '../../arguments/board-options.js';
import type { BackendChoice } from '../../compose/compose.js';
import { jsonLine, type CliIo, type GlobalOptions } from '../../io.js';
import { withBoard } from './board-link.js';
import { addNetworkOptions, readCredentials, readProof, type NetworkFlags } from './credentials.js';
import {
  addBoardOptions,
  addJoinTimeout,
  lineShower,
  PORT_HELP,
  requireOne,
  type BoardFlags,
} from './options.js';
import { writeWifiToNvs, type StaticTarget } from './write-nvs.js';

const MODES = ['auto', 'improv', 'protocomm', 'console', 'nvs'] as const;

interface Options extends NetworkFlags, BoardFlags, BackendChoice, GlobalOptions {
  readonly port?: string;
  readonly url?: string;
  readonly mode: (typeof MODES)[number];
  readonly popFile?: string;
  readonly username?: string;
  readonly target: StaticTarget;
  readonly namespace: string;
  readonly joinTimeout?: number;
}

export function setCommand(io: CliIo): Command {
  const command = addNetworkOptions(
    new Command('set')
      .description('hand a network to a board: by Improv, unified provisioning, its console, or into NVS')
      .option('-p, --port <address>', PORT_HELP)
      .option('--url <url>', "the board's own portal, such as http://192.168.4.1 (unified provisioning)"),
  )
    .addOption(
      new Option('--mode <way>', 'how; auto tries what the board answers to, and NVS last')
        .choices(MODES)
        .default('auto'),
    )
    .option('--pop-file <path>', 'file with the proof of possession (or ESPMINT_WIFI_POP)')
    .option('--username <name>', 'user name of security 2', 'wifiprov')
    .addOption(
      new Option('--target <keys>', 'with nvs: keys of the firmware, or the store of esp_wifi')
        .choices(['zc', 'net80211', 'both'])
        .default('zc'),
    )
    .option('--namespace <name>', 'with nvs: namespace of wifi_ssid and wifi_password', 'zc')
    .addOption(backendOption());
  return addJoinTimeout(addBoardOptions(command))
    .option('--json', 'print one JSON object')
    .action((_, command: Command) => set(io, command.optsWithGlobals<Options>()));
}

async function set(io: CliIo, options: Options): Promise<void> {
  const { port, url } = options;
  requireOne(port, url);
  const credentials = await readCredentials(io, options);
  const proof = await readProof(io, options.popFile);
  const online = await (port === undefined
    ? overHttp(io, url ?? '', credentials, proof, options)
    : overCable(io, port, credentials, proof, options));
  const place = port ?? url ?? '';
  if (options.json === true) {
    io.stdout(jsonLine({ type: 'wifi', port: place, ssid: credentials.ssid, ...online }));
    return;
  }
  const address = online.address === undefined ? '' : `, address ${online.address}`;
  io.stdout(
    `${place}: on "${credentials.ssid}" by ${online.way}${address}${online.url === undefined ? '' : `, ${online.url}`}\n`,
  );
}

type Outcome = Omit<Online, 'way'> & { readonly way: Online['way'] | 'portal' | 'nvs' };

async function overCable(
  io: CliIo,
  port: string,
  credentials: Credentials,
  proof: string | undefined,
  options: Options,
): Promise<Outcome> {
  const { mode } = options;
  if (mode !== 'nvs') {
    const done = await withBoard(io, port, options, async (link) => {
      const say = (text: string): void => io.stderr(`${port}: ${text}\n`);
      if (mode === 'auto') say('finding out what the board speaks');
      const onLine = lineShower(io, options);
      const mask = masker([credentials.password, proof]);
      const ways: readonly FoundWay['way'][] | undefined = mode === 'auto' ? undefined : [mode];
      const found = await findWay(link, { ways, signal: io.signal, onLine: (line) => onLine(mask(line)) });
      if (found === undefined) return undefined;
      say(describe(found));
      return bringOnline(link, found, credentials, {
        proof,
        username: options.username,
        joinTimeoutMs: options.joinTimeout,
        signal: io.signal,
        onLine,
        onStep: say,
        onWarning: (code, message) => io.stderr(`${message} [${code}]\n`),
      });
    });
    if (done !== undefined) return done;
    if (mode !== 'auto') throw new EspmintError('WIFI_MODE_UNKNOWN', { port, tried: mode });
    io.stderr(`${port}: it speaks none of these; writing the credentials into its NVS\n`);
  }
  const joined = await writeWifiToNvs(io, port, credentials, {
    ...options,
    joinTimeoutMs: options.joinTimeout ?? JOIN_TIMEOUT_MS,
    onStep: (text) => io.stderr(`${port}: ${text}\n`),
    onWarning: (code, message) => io.stderr(`${message} [${code}]\n`),
  });
  return { way: 'nvs', address: joined.address, proof: masker([credentials.password])(joined.line) };
}

async function overHttp(
  io: CliIo,
  url: string,
  credentials: Credentials,
  proof: string | undefined,
  { username, joinTimeout }: Options,
): Promise<Outcome> {
  const transport = new HttpTransport(url, { signal: io.signal });
  try {
    const client = new ProtocommClient(transport, {
      proof,
      username,
      signal: io.signal,
      joinTimeoutMs: joinTimeout,
      onWarning: (code, message) => io.stderr(`${message} [${code}]\n`),
      onState: ({ state }) => io.stderr(`${url}: the board is ${state}\n`),
    });
    const { address } = await client.provision(credentials.ssid, credentials.password);
    return {
      way: 'portal',
      address,
      proof: 'the firmware says by unified provisioning that it is connected',
    };
  } finally {
    transport.close();
  }
}

function describe(found: FoundWay): string {
  if (found.way === 'improv')
    return `it speaks Improv${found.provisioned ? ', and is on a network already' : ''}`;
  if (found.way === 'console') return `it has a console with the commands of ${found.preset}`;
  const { version, security } = found.version;
  return `it speaks unified provisioning ${version}, security ${security}`;
}
