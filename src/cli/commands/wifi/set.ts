// `espmint wifi set`: the technician's one command. It finds out what the board speaks, and does it.
import { Command, Option } from 'commander';
import { SET_WAYS, setNetwork, type SetOutcome, type SetWay } from '../../../provision/wifi/set-network.js';
import type { StaticTarget } from '../../../provision/wifi/write-wifi.js';
import { ProtocommClient, type Credentials } from '../../../wifi/index.js';
import { backendOption } from '../../arguments/board-options.js';
import { connectorFor, dataDirOf, type BackendChoice } from '../../compose/compose.js';
import type { CliIo, GlobalOptions } from '../../io.js';
import { show } from '../../output/show.js';
import { openTraced } from '../../compose/trace-file.js';
import { longestMs, withPortal } from './board-link.js';
import { addNetworkOptions, readCredentials, readProof, type NetworkFlags } from './credentials.js';
import {
  addBoardOptions,
  addJoinTimeout,
  lineShower,
  PORT_HELP,
  requireOne,
  type BoardFlags,
} from './options.js';

interface Options extends NetworkFlags, BoardFlags, BackendChoice, GlobalOptions {
  readonly port?: string;
  readonly url?: string;
  readonly mode: SetWay;
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
        .choices(SET_WAYS)
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
  const { ssid } = credentials;
  const address = online.address === undefined ? '' : `, address ${online.address}`;
  const page = online.url === undefined ? '' : `, ${online.url}`;
  const text = `${place}: on "${ssid}" by ${online.way}${address}${page}\n`;
  show(io, options, { type: 'wifi', port: place, ssid, ...online }, text);
}

type Outcome = Omit<SetOutcome, 'way'> & { readonly way: SetOutcome['way'] | 'portal' };

function overCable(
  io: CliIo,
  port: string,
  credentials: Credentials,
  proof: string | undefined,
  options: Options,
): Promise<Outcome> {
  const { mode, baud, restart, target, namespace, username, joinTimeout } = options;
  return setNetwork(port, credentials, {
    way: mode,
    target,
    namespace,
    restart,
    proof,
    username,
    joinTimeoutMs: joinTimeout,
    signal: io.signal,
    timeoutMs: longestMs(io, joinTimeout),
    open: (address, signal) => openTraced(io, address, { baud, signal }),
    connect: connectorFor(options, dataDirOf(io, options), io.trace),
    onLine: lineShower(io, options),
    onStep: (text) => io.stderr(`${port}: ${text}\n`),
    onWarning: ({ code, message }) => io.stderr(`${message} [${code}]\n`),
  });
}

function overHttp(
  io: CliIo,
  url: string,
  credentials: Credentials,
  proof: string | undefined,
  { username, joinTimeout }: Options,
): Promise<Outcome> {
  return withPortal(io, url, joinTimeout, async (transport, signal) => {
    const client = new ProtocommClient(transport, {
      proof,
      username,
      signal,
      joinTimeoutMs: joinTimeout,
      onWarning: ({ code, message }) => io.stderr(`${message} [${code}]\n`),
      onState: ({ state }) => io.stderr(`${url}: the board is ${state}\n`),
    });
    const { address } = await client.provision(credentials.ssid, credentials.password);
    return { way: 'portal', address, proof: 'firmware' };
  });
}
