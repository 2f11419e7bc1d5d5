// `espmint inspect`: everything that one board says of itself, without changing it.
import { Command, Option } from 'commander';
import { EspmintError } from '../../core/errors/index.js';
import { decodeNvs, type NvsValue } from '../../core/nvs/index.js';
import { isSecretKey } from '../../core/secret-keys.js';
import { partitionKind, type Partition, type PartitionTable } from '../../core/partition-table.js';
import type { Board } from '../../driver/index.js';
import { chooseRegion, type Region } from '../../provision/index.js';
import { BACKENDS, connectorFor, type BackendChoice } from '../compose/compose.js';
import { jsonLine, type CliIo } from '../io.js';
import { BAUDS } from '../arguments/board-options.js';
import { countOption } from '../arguments/numbers.js';
import { formatHex } from '../output/format.js';

interface Options extends BackendChoice {
  readonly port: string;
  readonly baud: number;
  readonly json?: boolean;
}

interface Findings {
  readonly board: Board;
  readonly table: PartitionTable | undefined;
  readonly region: Region | undefined;
  readonly values: readonly NvsValue[];
}

const DEFAULT_BAUD = 921_600;

export function inspectCommand(io: CliIo): Command {
  return new Command('inspect')
    .requiredOption('-p, --port <address>', 'device path, tcp://host:port or rfc2217://host:port')
    .option('--baud <rate>', 'highest bits per second to try', countOption('--baud', BAUDS), DEFAULT_BAUD)
    .addOption(new Option('--backend <name>', 'who speaks to the board').choices(BACKENDS))
    .option('--json', 'print one JSON object')
    .action((options: Options) => inspect(io, options));
}

async function inspect(io: CliIo, { port, baud, json, ...choice }: Options): Promise<void> {
  const onWarning = (code: string, message: string): void => io.stderr(`${port}: ${message} [${code}]\n`);
  const board = await connectorFor(choice)(port, { baud, signal: io.signal, onWarning });
  try {
    const findings = await look(port, board);
    io.stdout(json === true ? jsonLine(toRecord(port, findings)) : describe(port, findings));
    await board.reset();
  } finally {
    await board.close();
  }
}

async function look(port: string, board: Board): Promise<Findings> {
  const table = await board.readPartitionTable();
  const region = table === undefined ? undefined : nvsRegion(port, table, board);
  const values = region === undefined ? [] : decodeNvs(await board.readFlash(region)).values;
  return { board, table, region, values };
}

/** The region that a run would use; a table without one is something to show, not to fail on. */
function nvsRegion(port: string, table: PartitionTable, board: Board): Region | undefined {
  try {
    return chooseRegion({ force: false }, { port, table, flashSizeBytes: board.facts.flashSizeBytes });
  } catch (error) {
    if (error instanceof EspmintError) return undefined;
    throw error;
  }
}

function toRecord(port: string, { board, table, region, values }: Findings): { type: string } {
  const record = {
    type: 'board',
    port,
    ...board.facts,
    security: board.security,
    partitions: table?.partitions ?? null,
    nvs: region === undefined ? null : { ...region, values: values.map(maskedValue) },
  };
  return record;
}

function describe(port: string, { board, table, region, values }: Findings): string {
  const { facts } = board;
  const lines = [
    `${port}`,
    `  chip        ${facts.description}, revision ${facts.revision}`,
    `  MAC         ${facts.mac}`,
    `  flash       ${facts.flashSizeBytes === 0 ? 'size not known' : `${facts.flashSizeBytes / 0x100000} MB`}`,
    `  encryption  ${board.security.flashEncryption ? 'on' : 'off'}`,
    `  secure boot ${board.security.secureBoot ? 'on' : 'off'}`,
    '  partitions',
    ...(table?.partitions.map(partitionLine) ?? ['    none: this flash has no partition table yet']),
  ];
  if (region !== undefined) {
    lines.push(`  NVS at ${formatHex(region.offsetBytes)}, ${formatHex(region.sizeBytes)} bytes`);
    lines.push(...(values.length === 0 ? ['    empty'] : values.map((value) => `    ${valueLine(value)}`)));
  }
  return `${lines.join('\n')}\n`;
}

function partitionLine({ label, type, subtype, offsetBytes, sizeBytes, encrypted }: Partition): string {
  const kind = partitionKind({ type, subtype });
  const place = `${formatHex(offsetBytes).padEnd(9)} ${formatHex(sizeBytes).padEnd(9)}`;
  return `    ${label.padEnd(16)} ${kind.padEnd(13)} ${place}${encrypted ? ' encrypted' : ''}`.trimEnd();
}

function maskedValue({ namespace, key, type, value }: NvsValue): { [name: string]: string | number } {
  const shown = isSecretKey(key)
    ? '***'
    : typeof value === 'object'
      ? `${value.length} bytes`
      : String(value);
  return { namespace, key, type, value: shown };
}

function valueLine(value: NvsValue): string {
  const { namespace, key, type, value: shown } = maskedValue(value);
  return `${namespace}:${key} ${type} = ${shown}`;
}
