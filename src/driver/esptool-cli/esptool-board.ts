// The second backend: a board that the user's own esptool speaks to, one process for each operation.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bytesToHex } from '@noble/hashes/utils.js';
import { hex } from '../../core/text.js';
import { EspmintError, isEspmintError } from '../../core/errors/index.js';
import {
  joinSurveys,
  settleTable,
  SURVEY_BYTES,
  surveyFlash,
  surveySector,
  type FlashSurvey,
} from '../../core/flash-survey.js';
import { PARTITION_TABLE_MAX_BYTES, type PartitionTable } from '../../core/partition-table.js';
import { usableHardwareId } from '../../core/hardware-id.js';
import type { ChipFacts } from '../../core/stages.js';
import { findChip } from '../../core/chips/index.js';
import type { Board, FirmwareOptions, OperationOptions, SurveyOptions } from '../board-contract.js';
import { firstLostByte } from '../write/lost-write.js';
import { md5Of, regionText, type Region } from '../write/md5.js';
import { lendLink } from '../boot/start-application.js';
import type { Link } from '../link/transport.js';
import { START_BAUD, openLink } from '../link/open-link.js';
import { checkReach, checkRegion, type ImageAt, ROM_REACH_BYTES } from '../write/region.js';
import type { WriteOptions, WriteReport } from '../write/region-writer.js';
import { securityFromEfuses, type SecurityState } from '../connect/security.js';
import { SECTOR_BYTES } from '../connect/spi-flash.js';
import { watchBoot, type BootReport, type BootWatchOptions } from '../boot/watch-boot.js';
import { diagnose, isWorthRetrying, parseFacts, parseProgress, parseSecurity, parseWord } from './output.js';
import { findEsptool, runCommand, type Esptool, type EsptoolCommand } from './run.js';

export interface EsptoolOptions {
  readonly expectChip?: string | undefined;
  readonly baud?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** How to call esptool; otherwise it is looked for. */
  readonly command?: EsptoolCommand | undefined;
  /** Gives a private folder for images and takes it away again; one for temporary files when absent. */
  readonly withFolder?: FolderLender | undefined;
}

/** Calls with a folder that only this user can enter, which is gone afterwards: images carry keys. */
export type FolderLender = <T>(use: (folder: string) => Promise<T>) => Promise<T>;

/** Chips whose stub sends four address bytes (esptool 5.3 and later; before that fewer, which the write itself notices). */
const FAR_REACHING_STUBS: readonly string[] = ['esp32s3', 'esp32c5', 'esp32c61', 'esp32p4'];
const UNIQUE_ID_BYTES = 16;
const TRIES = 3;
const BASE_TIMEOUT_MS = 60_000;
/** Erase at 40 s and transfer at 115200 baud at 90 s a megabyte, with some room. */
const TIMEOUT_MS_PER_BYTE = 0.2;

/**
 * Asks esptool for the board's facts.
 * @throws ESPTOOL_MISSING, ESPTOOL_TOO_OLD, ESPTOOL_FAILED, CHIP_NO_ANSWER, CHIP_UNEXPECTED, PORT_NOT_FOUND, PORT_BUSY,
 * CANCELLED
 */
export async function connectWithEsptool(port: string, options: EsptoolOptions = {}): Promise<Board> {
  const esptool = await findEsptool(options.command, options.signal);
  const runner = new Runner(esptool, port, options);
  const output = await runner.run('flash-id', [], {});
  const facts = parseFacts(output);
  if (facts === undefined) {
    const reason = `its output names no chip or MAC (version ${esptool.version.text})`;
    throw new EspmintError('ESPTOOL_FAILED', { port, command: 'flash-id', reason });
  }
  expectFamily(port, options.expectChip, facts);
  const security = await readSecurity(runner, facts);
  return new EsptoolBoard(runner, { ...facts, ...(await readUniqueId(runner, facts)) }, security, options);
}

function expectFamily(port: string, expected: string | undefined, { chip }: ChipFacts): void {
  const wanted = expected === undefined ? chip : (findChip(expected)?.name ?? expected);
  if (wanted !== chip) throw new EspmintError('CHIP_UNEXPECTED', { port, expected: wanted, found: chip });
}

/** An ESP32 has no security information: its eFuse words are read one by one. */
async function readSecurity(runner: Runner, { chip: name }: ChipFacts): Promise<SecurityState> {
  const chip = findChip(name);
  if (chip?.rom.securityInfoBytes !== 0) return parseSecurity(await runner.run('get-security-info', [], {}));
  const { flashEncryptionCount, secureBoot } = chip.security;
  const words = new Map<number, number>();
  for (const { address } of [...flashEncryptionCount, ...secureBoot]) {
    words.set(address, parseWord(await runner.run('read-mem', [hex(address)], {})) ?? 0);
  }
  return securityFromEfuses(chip, (address) => words.get(address) ?? 0);
}

/** esptool does not print it: its words are read in one go. */
async function readUniqueId(runner: Runner, { chip: name }: ChipFacts): Promise<Pick<ChipFacts, 'uniqueId'>> {
  const [first] = findChip(name)?.uniqueId ?? [];
  if (first === undefined) return {};
  const bytes = await runner.withFile(async (path) => {
    await runner.run('dump-mem', [hex(first), String(UNIQUE_ID_BYTES), path], {});
    return new Uint8Array(await readFile(path));
  });
  const uniqueId = usableHardwareId(bytesToHex(bytes));
  return uniqueId === undefined ? {} : { uniqueId };
}

interface RunnerOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onLine?: ((line: string) => void) | undefined;
  readonly bytes?: number;
  /** Starts the application afterwards instead of staying in the loader. */
  readonly leave?: boolean;
}

/** Calls esptool in the spelling of its version, and again where the link failed. */
class Runner {
  constructor(
    readonly esptool: Esptool,
    readonly port: string,
    readonly options: EsptoolOptions,
  ) {}

  async run(command: string, args: readonly string[], options: RunnerOptions): Promise<string> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.#once(command, args, options);
      } catch (error) {
        if (tries >= TRIES || !isWorthRetrying(error)) throw error;
      }
    }
  }

  /** Calls with the path of a file that only this user can read, and takes it away again. */
  withFile<T>(act: (path: string) => Promise<T>): Promise<T> {
    const { withFolder = temporaryFolder } = this.options;
    return withFolder((folder) => act(join(folder, 'image.bin')));
  }

  async #once(command: string, args: readonly string[], options: RunnerOptions): Promise<string> {
    const { signal = this.options.signal, onLine, bytes = 0, leave = false } = options;
    const { baud = START_BAUD } = this.options;
    const spell = (word: string): string =>
      this.esptool.version.major >= 5 ? word : word.replaceAll('-', '_');
    const before = ['--before', spell('default-reset')];
    const after = ['--after', spell(leave ? 'hard-reset' : 'no-reset')];
    const all = ['--port', this.port, '--baud', String(baud), ...before, ...after, spell(command), ...args];
    const timeoutMs = BASE_TIMEOUT_MS + bytes * TIMEOUT_MS_PER_BYTE;
    const { exitCode, output } = await runCommand(this.esptool.command, all, { timeoutMs, signal, onLine });
    if (exitCode === 0) return output;
    throw diagnose(output, this.port, command);
  }
}

class EsptoolBoard implements Board {
  constructor(
    private readonly runner: Runner,
    readonly facts: ChipFacts,
    readonly security: SecurityState,
    private readonly options: EsptoolOptions,
  ) {}

  get baud(): number {
    return this.options.baud ?? START_BAUD;
  }

  async survey({ tableOffsetBytes: alsoAt, signal }: SurveyOptions = {}): Promise<FlashSurvey> {
    const flashSizeBytes = this.facts.flashSizeBytes || SURVEY_BYTES;
    const sizeBytes = Math.min(SURVEY_BYTES, flashSizeBytes);
    const start = surveyFlash(await this.readFlash({ offsetBytes: 0, sizeBytes }, { signal }));
    if (alsoAt === undefined || alsoAt < sizeBytes || alsoAt >= flashSizeBytes) return start;
    const further = { offsetBytes: alsoAt, sizeBytes: PARTITION_TABLE_MAX_BYTES };
    return joinSurveys(start, surveySector(alsoAt, await this.readFlash(further, { signal })));
  }

  async readPartitionTable(options: SurveyOptions = {}): Promise<PartitionTable | undefined> {
    const question = { port: this.runner.port, wantedOffsetBytes: options.tableOffsetBytes };
    return settleTable(await this.survey(options), question)?.table;
  }

  async readFlash(
    { offsetBytes, sizeBytes }: Region,
    { signal }: OperationOptions = {},
  ): Promise<Uint8Array> {
    this.#checkReach({ offsetBytes, sizeBytes });
    return this.runner.withFile(async (path) => {
      const args = [String(offsetBytes), String(sizeBytes), path];
      await this.runner.run('read-flash', args, { signal, bytes: sizeBytes });
      return new Uint8Array(await readFile(path));
    });
  }

  /** esptool has no command for it: the region is read. */
  async md5(region: Region, options: OperationOptions = {}): Promise<string> {
    return md5Of(await this.readFlash(region, options));
  }

  async writeRegion(
    { offsetBytes, image }: ImageAt,
    { signal, onProgress }: WriteOptions = {},
  ): Promise<WriteReport> {
    this.#check({ offsetBytes, sizeBytes: image.length });
    let highest = -1;
    const report = (percent: number): void => {
      if (percent <= highest) return;
      highest = percent;
      onProgress?.(percent);
    };
    const onLine = (line: string): void => {
      const percent = parseProgress(line);
      if (percent !== undefined) report(percent);
    };
    const alias = aliasOf({ offsetBytes, sizeBytes: image.length });
    const before = alias && (await this.md5(alias, { signal }));
    const write = (): Promise<void> =>
      this.runner.withFile(async (path) => {
        await writeFile(path, image, { mode: 0o600 });
        // Nothing is patched in the image: it is no bootloader.
        const args = [String(offsetBytes), path];
        await this.runner.run('write-flash', args, { signal, onLine, bytes: image.length });
      });
    await write().catch(async (error: unknown) => {
      if (!isUnconfirmed(error)) throw error;
      await write().catch((again: unknown) => this.#tellWorn(again, { offsetBytes, image }, signal));
    });
    if (alias && (await this.md5(alias, { signal })) !== before) {
      const { port } = this.runner;
      throw new EspmintError('FLASH_CHANGED_OUTSIDE', { port, where: regionText(alias) });
    }
    report(100);
    const sectors = image.length / SECTOR_BYTES;
    return { found: 'other', sectors, sectorsWritten: sectors };
  }

  /** After a second write that the chip's MD5 did not confirm: the bytes decide. */
  async #tellWorn(error: unknown, target: ImageAt, signal: AbortSignal | undefined): Promise<never> {
    if (!isUnconfirmed(error)) throw error;
    const { offsetBytes, image } = target;
    const whole = { offsetBytes: 0, sizeBytes: image.length };
    const found = await this.readFlash({ offsetBytes, sizeBytes: image.length }, { signal });
    const at = firstLostByte(found, target, whole);
    const { port } = this.runner;
    if (at !== undefined) throw new EspmintError('FLASH_WORN', { port, offset: at }, { cause: error });
    throw contradiction(port, target, error);
  }

  async verifyRegion({ offsetBytes, image }: ImageAt, { signal }: OperationOptions = {}): Promise<void> {
    try {
      await this.runner.withFile(async (path) => {
        await writeFile(path, image, { mode: 0o600 });
        await this.runner.run('verify-flash', [String(offsetBytes), path], { signal, bytes: image.length });
      });
    } catch (error) {
      if (!isEspmintError(error, 'ESPTOOL_FAILED') || !/verif/i.test(error.details.reason)) throw error;
      throw contradiction(this.runner.port, { offsetBytes, image }, error);
    }
  }

  async eraseRegion(region: Region, { signal }: OperationOptions = {}): Promise<void> {
    this.#check(region);
    const args = [String(region.offsetBytes), String(region.sizeBytes)];
    await this.runner.run('erase-region', args, { signal, bytes: region.sizeBytes });
  }

  async eraseFlash({ signal }: OperationOptions = {}): Promise<void> {
    await this.runner.run('erase-flash', [], { signal, bytes: this.facts.flashSizeBytes });
  }

  async reset(): Promise<void> {
    await this.runner.run('read-mac', [], { leave: true });
  }

  async watchBoot(options: BootWatchOptions): Promise<BootReport> {
    const { signal = this.options.signal } = options;
    const link = await openLink(this.runner.port, { signal });
    try {
      return await watchBoot(link, { ...options, signal });
    } finally {
      await link.close();
    }
  }

  async useFirmware<T>(use: (link: Link) => Promise<T>, options: FirmwareOptions = {}): Promise<T> {
    const { signal = this.options.signal, baud } = options;
    const link = await openLink(this.runner.port, { signal });
    try {
      return await lendLink(link, use, baud);
    } finally {
      await link.close();
    }
  }

  /** Nothing stays open between two commands. */
  close(): Promise<void> {
    return Promise.resolve();
  }

  #check(region: Region): void {
    checkRegion(region, { port: this.runner.port, flashSizeBytes: this.facts.flashSizeBytes });
    this.#checkReach(region);
  }

  /** esptool itself does not refuse it: with a stub that drops the fourth byte it writes to the start of the flash. */
  #checkReach(region: Region): void {
    if (!FAR_REACHING_STUBS.includes(this.facts.chip)) checkReach(region, this.runner.port);
  }
}

/** Where a region beyond 16 MB would land if a stub dropped the fourth byte of its address. */
function aliasOf({ offsetBytes, sizeBytes }: Region): Region | undefined {
  if (offsetBytes + sizeBytes <= ROM_REACH_BYTES) return undefined;
  return { offsetBytes: offsetBytes % ROM_REACH_BYTES, sizeBytes };
}

const temporaryFolder: FolderLender = async (use) => {
  const folder = await mkdtemp(join(tmpdir(), 'espmint-'));
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

/** Whether a write went through, and then the chip's MD5 was not that of the file. */
function isUnconfirmed(error: unknown): boolean {
  return isEspmintError(error, 'ESPTOOL_FAILED') && /md5 of file does not match/i.test(error.details.reason);
}

function contradiction(
  port: string,
  { offsetBytes: offset, image }: ImageAt,
  cause: unknown,
): EspmintError<'VERIFY_MISMATCH'> {
  const details = { port, offset, size: image.length, expected: md5Of(image), found: 'another' };
  return new EspmintError('VERIFY_MISMATCH', details, { cause });
}
