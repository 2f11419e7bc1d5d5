// `espmint wifi watch`: does the board get onto its network? Read from its log alone.
import { Command } from 'commander';
import { JOIN_TIMEOUT_MS, watchJoin } from '../../../wifi/index.js';
import type { CliIo } from '../../io.js';
import { withBoard } from './board-link.js';
import {
  addBoardOptions,
  addJoinTimeout,
  lineShower,
  PORT_HELP,
  showJoined,
  type BoardFlags,
} from './options.js';

interface Options extends BoardFlags {
  readonly port: string;
  readonly ssid?: string;
  readonly joinTimeout?: number;
}

export function watchCommand(io: CliIo): Command {
  const command = new Command('watch')
    .description("read a board's log until it is on its network, or says why not")
    .requiredOption('-p, --port <address>', PORT_HELP)
    .option('--ssid <name>', 'the network that it must be; default: any');
  return addJoinTimeout(addBoardOptions(command))
    .option('--json', 'print one JSON object')
    .action((options: Options) => watch(io, options));
}

async function watch(io: CliIo, options: Options): Promise<void> {
  const { port, ssid, joinTimeout = JOIN_TIMEOUT_MS } = options;
  const joined = await withBoard(io, port, { ...options, firmwareMs: joinTimeout }, (link, signal) =>
    watchJoin(link, { ssid, timeoutMs: joinTimeout, signal, onLine: lineShower(io, options) }),
  );
  showJoined(io, options, joined);
}
