// `espmint virtual`: boards that need no hardware, each behind an address that loaders can open.
import { appendFileSync, fstatSync } from 'node:fs';
import { Command } from 'commander';
import {
  APPLICATIONS,
  createVirtualBoard,
  mirrorToFile,
  readFlashFile,
  serveAir,
  servePortal,
  servePty,
  serveRfc2217,
  serveTcp,
  type BoardServer,
  type VirtualBoard,
  type VirtualWifi,
} from '../../virtual/index.js';
import { unwritable } from '../../files/index.js';
import { jsonLine, type CliIo } from '../io.js';
import { show } from '../output/show.js';
import { collect } from '../arguments/board-options.js';
import { countOption } from '../arguments/numbers.js';
import {
  countMacs,
  countUniqueIds,
  DEFAULT_LISTEN,
  parseAdapter,
  parseAddress,
  parseApplication,
  parseChips,
  parseCount,
  parseFlashSize,
  parseListen,
  parsePolicy,
  parseSecurity,
  parseTiming,
  readFaults,
  readPartitionTable,
  type VirtualOptions,
} from './virtual-options.js';

/** What was opened, to be closed in reverse order. */
type Closers = (() => Promise<void> | void)[];

export function virtualCommand(io: CliIo): Command {
  return new Command('virtual')
    .option('--chip <name>', 'kind of chip', 'esp32')
    .option('--chips <names>', 'kinds of chip in turn, separated by commas')
    .option('--mac <mac>', 'MAC of the first board; others count up', 'a4:cf:12:34:56:78')
    .option('--unique-id <hex>', 'unique id of the first chip, 32 hex digits; others count up')
    .option('--count <number>', 'how many boards', countOption('--count', { min: 1 }), 1)
    .option(
      '--listen <url>',
      `tcp:// or rfc2217://host:port, may be given again (default: ${DEFAULT_LISTEN})`,
      collect,
    )
    .option('--pty', 'give each board a device path')
    .option('--flash <file>', 'keep the flash content in this file')
    .option('--flash-size <bytes>', 'size of the flash, such as 4M', parseFlashSize)
    .option('--partition-table <table>', 'espmint (NVS of 64 KB), stock, none, or a file', 'espmint')
    .option(
      '--application <name>',
      `what runs after a reset: ${Object.keys(APPLICATIONS).join(', ')}`,
      'stock',
    )
    .option('--wifi <file>', 'networks around the boards, and how their Wi-Fi firmware behaves (JSON)')
    .option(
      '--portal <url>',
      "http://host:port: serve each board's portal and its access point's WPS commands",
    )
    .option('--air <url>', 'udp://host:port: hear SmartConfig packets')
    .option('--adapter <kind>', 'bridge (auto-reset circuit), or usb-jtag: its own USB port', 'bridge')
    .option('--security <list>', 'of secure-boot, flash-encryption, secure-download')
    .option('--timing <kind>', 'instant, or real: as long as a real board takes', 'instant')
    .option(
      '--usb-latency <ms>',
      'latency of the serial adapter',
      countOption('--usb-latency', { min: 0, max: 1000 }),
    )
    .option('--ledger <file>', 'append one JSON line for each session: what it cost')
    .option('--faults <file>', 'scenario of faults, or seed:NUMBER for faults by chance')
    .option('--when-client-leaves <policy>', 'reset into the loader, or keep (tcp and device paths)', 'reset')
    .option('--json', 'print one JSON object a line')
    .action((options: VirtualOptions) => runBoards(io, options));
}

async function runBoards(io: CliIo, options: VirtualOptions): Promise<void> {
  const closers: Closers = [];
  try {
    const boards = await createBoards(options, closers);
    for (const [index, board] of boards.entries()) {
      const { chip, mac } = board;
      for (const { url } of await serveBoard(board, index, options, closers)) {
        show(io, options, { type: 'listening', url, chip, mac }, `${chip} ${mac} at ${url}\n`);
      }
    }
    if (options.json !== true) io.stderr('Running; Ctrl-C stops.\n');
    await untilInputEnds(io);
  } finally {
    for (const close of closers.reverse()) await close();
  }
}

async function wifiOf(file: string): Promise<VirtualWifi> {
  const { readWifi } = await import('./virtual-wifi.js');
  return readWifi(file);
}

async function createBoards(options: VirtualOptions, closers: Closers): Promise<VirtualBoard[]> {
  const count = parseCount(options);
  const chips = parseChips(options.chips ?? options.chip);
  const { flash: flashFile, ledger } = options;
  // Before a session has something to tell: then it would be too late to say no.
  if (ledger !== undefined) appendLedger(ledger, '');
  const flashContent = flashFile === undefined ? undefined : readFlashFile(flashFile);
  const flashSizeBytes = flashContent?.length ?? options.flashSize;
  const faults = await readFaults(options.faults);
  const wifi = options.wifi === undefined ? {} : { wifi: await wifiOf(options.wifi) };
  const common = {
    partitionTable: await readPartitionTable(options.partitionTable),
    application: parseApplication(options.application),
    ...wifi,
    security: parseSecurity(options.security, chips),
    adapter: parseAdapter(options.adapter),
    timing: parseTiming(options),
    ...(flashContent === undefined ? {} : { flashContent }),
    ...(flashSizeBytes === undefined ? {} : { flashSizeBytes }),
    ...(faults === undefined ? {} : { faults }),
    ...(ledger === undefined
      ? {}
      : {
          onSession: (report: object) => {
            appendLedger(ledger, jsonLine({ type: 'session', ...report }));
          },
        }),
  };
  const macs = countMacs(options.mac, count);
  const kinds = macs.map((_, index) => chips[index % chips.length] ?? 'esp32');
  const uniqueIds = countUniqueIds(options.uniqueId, kinds);
  return macs.map((mac, index) => {
    const uniqueId = uniqueIds[index];
    const board = createVirtualBoard({
      ...common,
      ...(uniqueId === undefined ? {} : { uniqueId }),
      chip: kinds[index] ?? 'esp32',
      mac,
    });
    closers.push(() => board.dispose());
    if (flashFile !== undefined) closers.push(mirrorToFile(board.flash, flashFile));
    return board;
  });
}

/** @throws FILE_UNWRITABLE */
function appendLedger(path: string, text: string): void {
  try {
    appendFileSync(path, text);
  } catch (error) {
    throw unwritable(path, error);
  }
}

async function serveBoard(
  board: VirtualBoard,
  index: number,
  options: VirtualOptions,
  closers: Closers,
): Promise<BoardServer[]> {
  const policy = parsePolicy(options.whenClientLeaves);
  const urls = options.listen ?? (options.pty === true ? [] : [DEFAULT_LISTEN]);
  const servers: BoardServer[] = [];
  const keep = (server: BoardServer): void => {
    servers.push(server);
    closers.push(() => server.close());
  };
  for (const { scheme, address } of urls.map(parseListen)) {
    // A fixed port is the first board's; the others follow.
    const own = { host: address.host, port: address.port === 0 ? 0 : address.port + index };
    keep(await (scheme === 'tcp' ? serveTcp(board, own, policy) : serveRfc2217(board, own)));
  }
  if (options.portal !== undefined) {
    const { host, port } = parseAddress('--portal', 'http', options.portal);
    keep(await servePortal(board, { host, port: port === 0 ? 0 : port + index }));
  }
  if (options.air !== undefined) keep(await serveAir(board, parseAddress('--air', 'udp', options.air)));
  if (options.pty === true) keep(await servePty(board, `${board.chip}-${index + 1}`, policy));
  return servers;
}

/**
 * Standard input that ends (a pipe), or a signal. A terminal is left to the shell, and a file or /dev/null was never
 * going to stay open, so that only signals end those.
 */
function untilInputEnds(io: CliIo): Promise<void> {
  return new Promise((resolve) => {
    const stop = (): void => {
      io.signal.removeEventListener('abort', stop);
      io.stdin.off('end', stop).off('close', stop).pause();
      resolve();
    };
    if (io.signal.aborted) {
      stop();
      return;
    }
    io.signal.addEventListener('abort', stop);
    if (canEnd(io.stdin)) io.stdin.on('end', stop).on('close', stop).resume();
  });
}

function canEnd(stdin: CliIo['stdin']): boolean {
  if (!('fd' in stdin) || typeof stdin.fd !== 'number') return true;
  const kind = fstatSync(stdin.fd);
  return kind.isFIFO() || kind.isSocket();
}
