// `espmint virtual`: boards that need no hardware, each behind an address that loaders can open.
import { fstatSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { Command } from 'commander';
import { CHIP_NAMES, findChip, type ChipName } from '../../core/chips/index.js';
import { EspmintError } from '../../core/errors/index.js';
import { macDigits, parseMac } from '../../core/mac.js';
import {
  createVirtualBoard,
  mirrorToFile,
  readFlashFile,
  servePty,
  serveRfc2217,
  serveTcp,
  type BoardServer,
  type LeavePolicy,
  type ListenAddress,
  type VirtualBoard,
} from '../../virtual/index.js';
import { reasonOf } from '../files.js';
import { jsonLine, type CliIo } from '../io.js';
import { numberOption } from '../numbers.js';

interface VirtualOptions {
  readonly chip: string;
  readonly chips?: string;
  readonly mac: string;
  readonly count: number;
  readonly listen: readonly string[];
  readonly pty?: boolean;
  readonly flash?: string;
  readonly partitionTable: string;
  readonly whenClientLeaves: string;
  readonly json?: boolean;
}

interface Listener {
  readonly scheme: 'tcp' | 'rfc2217';
  readonly address: ListenAddress;
}

const DEFAULT_LISTEN = 'rfc2217://127.0.0.1:0';

export function virtualCommand(io: CliIo): Command {
  return new Command('virtual')
    .description('run virtual boards until standard input closes or Ctrl-C')
    .option('--chip <name>', 'kind of chip', 'esp32')
    .option('--chips <names>', 'kinds of chip in turn, separated by commas')
    .option('--mac <mac>', 'MAC of the first board; others count up', 'a4:cf:12:34:56:78')
    .option('--count <number>', 'how many boards', numberOption('--count'), 1)
    .option(
      '--listen <url>',
      `tcp:// or rfc2217://host:port, may be given again (default: ${DEFAULT_LISTEN})`,
      collect,
      [],
    )
    .option('--pty', 'give each board a device path')
    .option('--flash <file>', 'keep the flash content in this file')
    .option('--partition-table <table>', 'espmint (NVS of 64 KB), stock, none, or a file', 'espmint')
    .option('--when-client-leaves <policy>', 'reset into the loader, or keep (tcp and device paths)', 'reset')
    .option('--json', 'print one JSON object a line')
    .action((options: VirtualOptions) => runBoards(io, options));
}

const collect = (value: string, all: readonly string[]): string[] => [...all, value];

async function runBoards(io: CliIo, options: VirtualOptions): Promise<void> {
  const closers: (() => Promise<void> | void)[] = [];
  try {
    for (const { board, index } of await createBoards(options, closers)) {
      for (const server of await serveBoard(board, index, options, closers)) {
        io.stdout(
          options.json === true
            ? jsonLine({ type: 'listening', url: server.url, chip: board.chip, mac: board.mac })
            : `${board.chip} ${board.mac} at ${server.url}\n`,
        );
      }
    }
    if (options.json !== true) io.stderr('Running; Ctrl-C stops.\n');
    await untilStopped(io);
  } finally {
    for (const close of closers.reverse()) await close();
  }
}

async function createBoards(
  options: VirtualOptions,
  closers: (() => Promise<void> | void)[],
): Promise<{ board: VirtualBoard; index: number }[]> {
  const { count, flash: flashFile } = options;
  if (count < 1 || count > 256) throw invalid('--count', 'is not between 1 and 256', 'give a smaller number');
  if (flashFile !== undefined && count > 1) {
    throw invalid('--flash', 'names one file for several boards', 'start one process for each board');
  }
  const chips = parseChips(options.chips ?? options.chip);
  const partitionTable = await readPartitionTable(options.partitionTable);
  const flashContent = flashFile === undefined ? undefined : readFlashFile(flashFile);
  const first = macNumber(options.mac);
  return Array.from({ length: count }, (_, index) => {
    const board = createVirtualBoard({
      chip: chips[index % chips.length] ?? 'esp32',
      mac: macText(first + BigInt(index)),
      partitionTable,
      ...(flashContent === undefined ? {} : { flashContent, flashSizeBytes: flashContent.length }),
    });
    closers.push(() => {
      board.dispose();
    });
    if (flashFile !== undefined) closers.push(mirrorToFile(board.flash, flashFile));
    return { board, index };
  });
}

async function serveBoard(
  board: VirtualBoard,
  index: number,
  options: VirtualOptions,
  closers: (() => Promise<void> | void)[],
): Promise<BoardServer[]> {
  const policy = parsePolicy(options.whenClientLeaves);
  const urls = options.listen.length === 0 && options.pty !== true ? [DEFAULT_LISTEN] : options.listen;
  const servers: BoardServer[] = [];
  const keep = (server: BoardServer): void => {
    servers.push(server);
    closers.push(() => server.close());
  };
  for (const { scheme, address } of urls.map(parseListen)) {
    const own = { host: address.host, port: address.port === 0 ? 0 : address.port + index };
    keep(await (scheme === 'tcp' ? serveTcp(board, own, policy) : serveRfc2217(board, own)));
  }
  if (options.pty === true) keep(await servePty(board, `${board.chip}-${index + 1}`, policy));
  return servers;
}

/**
 * Standard input that ends (a pipe) or a signal. A terminal is left to the shell, and a file or /dev/null was never
 * going to stay open, so that only signals end those.
 */
function untilStopped(io: CliIo): Promise<void> {
  return new Promise((resolve) => {
    const stop = (): void => {
      io.signal.removeEventListener('abort', stop);
      io.stdin.off('end', stop).off('close', stop).pause();
      clearInterval(alive);
      resolve();
    };
    // Servers alone keep the process alive, but a board without one would not.
    const alive = setInterval(() => undefined, 60_000);
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

function parseChips(names: string): ChipName[] {
  return names.split(',').map((name) => {
    const chip = findChip(name.trim());
    if (chip !== undefined) return chip.name;
    throw invalid('--chip', `"${name}" is not known`, `choose from ${CHIP_NAMES.join(', ')}`);
  });
}

function parsePolicy(text: string): LeavePolicy {
  if (text === 'reset' || text === 'keep') return text;
  throw invalid('--when-client-leaves', `is "${text}"`, 'give reset or keep');
}

function parseListen(url: string): Listener {
  const [, scheme, host = '', port = ''] = /^(tcp|rfc2217):\/\/(\[[^\]]+\]|[^:/]+):(\d+)$/.exec(url) ?? [];
  if (scheme === undefined || Number(port) > 65_535) {
    throw invalid('--listen', `is "${url}"`, `give it as tcp://host:port or ${DEFAULT_LISTEN}`);
  }
  return {
    scheme: scheme === 'tcp' ? 'tcp' : 'rfc2217',
    address: { host: host.replace(/^\[|\]$/g, ''), port: Number(port) },
  };
}

async function readPartitionTable(choice: string): Promise<'espmint' | 'stock' | 'none' | Uint8Array> {
  if (choice === 'espmint' || choice === 'stock' || choice === 'none') return choice;
  try {
    return new Uint8Array(await readFile(choice));
  } catch (error) {
    throw new EspmintError('FILE_UNREADABLE', { path: choice, reason: reasonOf(error) }, { cause: error });
  }
}

const macNumber = (text: string): bigint => BigInt(`0x${macDigits(parseMac(text))}`);
const macText = (value: bigint): string => parseMac(value.toString(16).padStart(12, '0').slice(-12));

function invalid(field: string, reason: string, hint: string): EspmintError {
  return new EspmintError('INPUT_INVALID', { field, reason, hint });
}
