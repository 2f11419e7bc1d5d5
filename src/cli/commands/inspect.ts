// `espmint inspect`: everything that one board says of itself, without changing it.
import { Command, Option } from 'commander';
import { hex } from '../../core/text.js';
import type { AppDescription } from '../../core/firmware/image.js';
import { isEspmintError, type EspmintError, type Warning } from '../../core/errors/index.js';
import { settleTable, type FlashSurvey, type FoundTable } from '../../core/flash-survey.js';
import { keysOf, type KnownKeys } from '../../core/masking/nvs-values.js';
import { partitionKind, type Partition } from '../../core/partition-table.js';
import type { Board } from '../../driver/index.js';
import type { Region } from '../../provision/index.js';
import { BACKENDS, connectorFor, dataDirOf, type BackendChoice } from '../compose/compose.js';
import { processUser } from '../../registry/process-user.js';
import type { CliIo } from '../io.js';
import { show } from '../output/show.js';
import { nvsContent, nvsLines } from '../output/nvs-content.js';
import { BAUDS, traceOption } from '../arguments/board-options.js';
import { countOption, numberOption } from '../arguments/numbers.js';
import { withRegistry } from './devices/with-registry.js';

interface Options extends BackendChoice {
  readonly port: string;
  readonly baud: number;
  readonly partitionTableOffset?: number;
  readonly json?: boolean;
  readonly reveal?: boolean;
  readonly reason?: string;
}

interface Findings {
  readonly board: Board;
  readonly found: FoundTable | undefined;
  readonly firmware: AppDescription | undefined;
  /** What cannot be read, and why. */
  readonly problems: readonly EspmintError[];
  readonly region: Region | undefined;
  /** Of the region; undefined where it could not be read. */
  readonly content: Uint8Array | undefined;
  /** What the profiles say of keys; undefined: everything is shown. */
  readonly known: KnownKeys | undefined;
}

const DEFAULT_BAUD = 921_600;

export function inspectCommand(io: CliIo): Command {
  return new Command('inspect')
    .requiredOption('-p, --port <address>', 'device path, tcp://host:port or rfc2217://host:port')
    .option('--baud <rate>', 'highest bits per second to try', countOption('--baud', BAUDS), DEFAULT_BAUD)
    .addOption(new Option('--backend <name>', 'who speaks to the board').choices(BACKENDS))
    .option(
      '--partition-table-offset <bytes>',
      'where the partition table is; it is looked for otherwise',
      numberOption('--partition-table-offset'),
    )
    .addOption(traceOption())
    .option('--json', 'print one JSON object')
    .option('--reveal', 'show secrets too, of a device that the registry knows; needs --reason')
    .option('--reason <text>', 'why they are needed; it is recorded with who asked')
    .action((options: Options, command: Command) => inspect(io, options, command));
}

async function inspect(io: CliIo, options: Options, command: Command): Promise<void> {
  const { BOARD_TIMEOUT_MS, withBoardDeadline } = await import('../../driver/index.js');
  const { port } = options;
  const { signal: stop, boardTimeoutMs: timeoutMs = BOARD_TIMEOUT_MS } = io;
  await withBoardDeadline({ port, timeoutMs, signal: stop }, (signal) =>
    within(signal, io, options, command),
  );
}

async function within(signal: AbortSignal, io: CliIo, options: Options, command: Command): Promise<void> {
  const { port, baud, reveal, reason = '', partitionTableOffset: tableOffsetBytes } = options;
  const onWarning = ({ code, message }: Warning): void => io.stderr(`${port}: ${message} [${code}]\n`);
  const connect = connectorFor(options, dataDirOf(io, command.optsWithGlobals()), io.trace);
  const board = await connect(port, { baud, signal, onWarning });
  try {
    if (reveal === true) {
      // Into the audit trail first: if that fails, nothing is shown.
      await withRegistry(io, command, async (registry) => {
        await registry.reveal(board.facts.mac, reason, { actor: processUser() });
      });
    }
    const known = reveal === true ? undefined : await knownKeys(io, command);
    const findings = { ...(await look(port, board, tableOffsetBytes)), known };
    for (const { code, message } of findings.problems) io.stderr(`${message} [${code}]\n`);
    show(io, options, toRecord(port, findings), describe(port, findings));
    await board.reset();
  } finally {
    await board.close();
  }
}

/** Of every profile of this station: the board may be of any of them. */
async function knownKeys(io: CliIo, command: Command): Promise<KnownKeys> {
  const { profileSchema } = await import('../../core/profile/schema.js');
  const { FileProfileStore } = await import('../../service/profiles/profile-store.js');
  const { profiles, damaged } = await new FileProfileStore(dataDirOf(io, command.optsWithGlobals())).list();
  for (const { error } of damaged) io.stderr(`${error.message} [${error.code}]\n`);
  const layouts = profiles.map(({ profile }) => profile.nvs);
  return keysOf([profileSchema.parse({ name: 'default' }).nvs, ...layouts], damaged.length > 0);
}

/** What cannot be read of the flash is a finding too: chip and MAC are shown whatever it holds. */
async function look(
  port: string,
  board: Board,
  tableOffsetBytes: number | undefined,
): Promise<Omit<Findings, 'known'>> {
  const { readFirmware } = await import('../../provision/index.js');
  const problems: EspmintError[] = [];
  const orProblem = async <T>(read: () => Promise<T> | T): Promise<T | undefined> => {
    try {
      return await read();
    } catch (error) {
      if (!isEspmintError(error) || isEspmintError(error, 'CANCELLED')) throw error;
      problems.push(error);
      return undefined;
    }
  };
  const survey = await orProblem(() => board.survey({ tableOffsetBytes }));
  const found =
    survey && (await orProblem(() => settleTable(survey, { port, wantedOffsetBytes: tableOffsetBytes })));
  const region = survey && found && (await orProblem(() => nvsRegion(port, survey, tableOffsetBytes, board)));
  const content = region && (await orProblem(() => board.readFlash(region)));
  const firmware = found && (await orProblem(() => readFirmware(board, found.table)));
  return { board, found, firmware, problems, region, content };
}

/** The region that a run would use. */
async function nvsRegion(
  port: string,
  survey: FlashSurvey,
  tableOffsetBytes: number | undefined,
  board: Board,
): Promise<Region> {
  const { chooseRegion } = await import('../../provision/index.js');
  const { flashSizeBytes } = board.facts;
  return chooseRegion({ force: false, tableOffsetBytes }, { port, survey, flashSizeBytes });
}

function toRecord(
  port: string,
  { board, found, firmware, problems, region, content, known }: Findings,
): { type: string } {
  const record = {
    type: 'board',
    port,
    ...board.facts,
    security: board.security,
    partitionTableOffsetBytes: found?.offsetBytes ?? null,
    partitions: found?.table.partitions ?? null,
    firmware: firmware ?? null,
    nvs:
      region === undefined
        ? null
        : {
            offsetBytes: region.offsetBytes,
            sizeBytes: region.sizeBytes,
            ...nvsContent(content, known),
          },
    problems: problems.map(({ code, message }) => ({ code, message })),
  };
  return record;
}

function describe(
  port: string,
  { board, found, firmware, problems, region, content, known }: Findings,
): string {
  const { facts } = board;
  const lines = [
    `${port}`,
    `  chip        ${facts.description}, revision ${facts.revision}`,
    `  MAC         ${facts.mac}`,
    `  flash       ${facts.flashSizeBytes === 0 ? 'size not known' : `${facts.flashSizeBytes / 0x100000} MB`}`,
    `  encryption  ${board.security.flashEncryption ? 'on' : 'off'}`,
    `  secure boot ${board.security.secureBoot ? 'on' : 'off'}`,
    ...(firmware === undefined ? [] : firmwareLines(firmware)),
    `  partitions${found === undefined ? '' : ` (table at ${hex(found.offsetBytes)})`}`,
    ...(found?.table.partitions.map(partitionLine) ?? [`    ${withoutTable(problems)}`]),
  ];
  if (region !== undefined) {
    lines.push(`  NVS at ${hex(region.offsetBytes)}, ${hex(region.sizeBytes)} bytes`);
    lines.push(...nvsLines(nvsContent(content, known)).map((line) => `    ${line}`));
  }
  return `${lines.join('\n')}\n`;
}

function firmwareLines({ project, version, idfVersion, compiled, elfSha256 }: AppDescription): string[] {
  return [
    `  firmware    ${project} ${version} (ESP-IDF ${idfVersion}, compiled ${compiled})`,
    `  ELF SHA-256 ${elfSha256}`,
  ];
}

function withoutTable([problem]: readonly EspmintError[]): string {
  return problem === undefined ? 'none: this flash has no partition table yet' : 'not known: see above';
}

function partitionLine({ label, type, subtype, offsetBytes, sizeBytes, encrypted }: Partition): string {
  const kind = partitionKind({ type, subtype });
  const place = `${hex(offsetBytes).padEnd(9)} ${hex(sizeBytes).padEnd(9)}`;
  return `    ${label.padEnd(16)} ${kind.padEnd(13)} ${place}${encrypted ? ' encrypted' : ''}`.trimEnd();
}
