// `espmint wifi scan`: the networks that a board sees, which is what counts, not those that this computer sees.
import { Command } from 'commander';
import { EspmintError } from '../../../core/errors/index.js';
import {
  cautionOf,
  ConsoleTransport,
  findWay,
  ProtocommClient,
  type SeenNetwork,
} from '../../../wifi/index.js';
import type { CliIo } from '../../io.js';
import { printable } from '../../output/printable.js';
import { lister } from '../../output/show.js';
import type { Row } from '../../output/table.js';
import { withBoard, withPortal } from './board-link.js';
import { readProof } from './credentials.js';
import { addBoardOptions, lineShower, PORT_HELP, requireOne, type BoardFlags } from './options.js';

interface Options extends BoardFlags {
  readonly port?: string;
  readonly url?: string;
  readonly popFile?: string;
  readonly username?: string;
}

export function scanCommand(io: CliIo): Command {
  const command = new Command('scan')
    .description('list the networks that a board sees (Improv, unified provisioning)')
    .option('-p, --port <address>', PORT_HELP)
    .option('--url <url>', "the board's own portal, such as http://192.168.4.1")
    .option('--pop-file <path>', 'file with the proof of possession (or ESPMINT_WIFI_POP)')
    .option('--username <name>', 'user name of security 2', 'wifiprov');
  return addBoardOptions(command)
    .option('--json', 'print one JSON object a network')
    .action(async (options: Options) => list(io, await scan(io, options), options));
}

async function scan(io: CliIo, options: Options): Promise<SeenNetwork[]> {
  const { port, url, username } = options;
  requireOne(port, url);
  const secrets = { proof: await readProof(io, options.popFile), username };
  if (url !== undefined) {
    return withPortal(io, url, undefined, (transport, signal) =>
      new ProtocommClient(transport, { ...secrets, signal }).scan(),
    );
  }
  return withBoard(io, port ?? '', options, async (link, signal) => {
    const onLine = lineShower(io, options);
    const found = await findWay(link, { ways: ['improv', 'protocomm'], signal, onLine });
    if (found?.way === 'improv') return found.client.scan();
    if (found?.way === 'protocomm') {
      const transport = new ConsoleTransport(link, { signal, onLine });
      return new ProtocommClient(transport, { ...secrets, signal }).scan();
    }
    throw new EspmintError('WIFI_MODE_UNKNOWN', { port: link.address, tried: 'improv, protocomm' });
  });
}

function list(io: CliIo, networks: readonly SeenNetwork[], { json }: Options): void {
  const heads = ['NETWORK', 'SIGNAL', 'SECURITY', 'CHANNEL'];
  lister<SeenNetwork>(io, { json }, { type: 'network', heads, cells })(networks);
  if (json === true) return;
  if (networks.length === 0) return io.stdout('the board sees no network\n');
  for (const network of networks) {
    const caution = cautionOf(network);
    if (caution !== undefined) io.stdout(`${printable(`"${network.ssid}"`)} ${caution}\n`);
  }
  io.stdout('A hidden network is not listed: give its name with --ssid.\n');
}

function cells({ ssid, rssi, secured, security, channel }: SeenNetwork): Row {
  return [
    ssid,
    rssi === undefined ? undefined : `${rssi} dBm`,
    security ?? (secured ? 'secured' : 'open'),
    channel?.toString(),
  ];
}
