// A board in its loader: what it is, what its flash holds, and the ways to change that. What other layers use of the driver.
import { findChip } from '../core/chips/index.js';
import { EspmintError, isEspmintError } from '../core/errors/index.js';
import type { Mac } from '../core/mac.js';
import type { Loader } from './protocol/loader.js';
import { settleTable, type FlashSurvey } from '../core/flash-survey.js';
import type { PartitionTable } from '../core/partition-table.js';
import type { ChipFacts } from '../core/stages.js';
import type {
  Board,
  FirmwareOptions,
  OperationOptions,
  SurveyOptions,
  VerifyOptions,
} from './board-contract.js';
import { readFlash } from './write/flash-read.js';
import { eraseChip, eraseSpan } from './write/flash-write.js';
import { connectLocked } from './locked-board.js';
import { preferStub, prepareFor } from './connect/loader-switch.js';
import { flashMd5, md5Of, type Region, type RegionDigest } from './write/md5.js';
import { writeRegion, type WriteOptions, type WriteReport } from './write/region-writer.js';
import { checkReach, checkRegion, type ImageAt } from './write/region.js';
import type { SecurityState } from './connect/security.js';
import { Session, type SessionOptions } from './connect/session.js';
import { lendLink, startApplication } from './boot/start-application.js';
import type { Link } from './link/transport.js';
import { surveyBoard } from './survey.js';
import { verifyRegion } from './write/verify-region.js';
import { watchBoot, type BootReport, type BootWatchOptions } from './boot/watch-boot.js';
import { WriteGuard } from './write/write-guard.js';

export interface ConnectOptions extends SessionOptions {
  /**
   * The MAC that the operator vouches for, should the chip be in Secure Download Mode and not tell it: such a board is
   * then written without proof instead of refused. Other boards tell their own.
   */
  readonly trustMac?: Mac | undefined;
}

/**
 * Resets the board into its loader, finds out what it is and raises the baud rate as far as the link bears it. The link
 * belongs to the board from then on, and is closed on an error: the port is free for the next try.
 * @throws CHIP_NO_ANSWER, CHIP_NOT_IN_LOADER, CHIP_UNEXPECTED, CHIP_UNKNOWN, CHIP_NOT_SUPPORTED, CHIP_MAC_BAD,
 * FLASH_NOT_FOUND, SECURE_DOWNLOAD, LINK_TIMEOUT, LINK_CLOSED, CANCELLED
 */
export async function connectBoard(link: Link, options: ConnectOptions = {}): Promise<Board> {
  try {
    return await connect(link, options);
  } catch (error) {
    await link.close();
    throw error;
  }
}

async function connect(link: Link, options: ConnectOptions): Promise<Board> {
  const { expectChip, trustMac } = options;
  if (expectChip !== undefined && findChip(expectChip) === undefined) {
    throw new EspmintError('CHIP_NOT_SUPPORTED', { port: link.address, chip: expectChip });
  }
  try {
    return new LoaderBoard(await Session.open(link, options), options.signal);
  } catch (error) {
    if (trustMac === undefined || !isEspmintError(error, 'SECURE_DOWNLOAD')) throw error;
    return connectLocked(link, { ...options, mac: trustMac });
  }
}

class LoaderBoard implements Board {
  /** What a survey has found blank. */
  #blank: { spans: readonly Region[]; askedBy: Loader; changeCount: number } | undefined;
  /** The chip's word for what a write left behind. */
  readonly #digests = new WeakMap<WriteReport, RegionDigest>();

  constructor(
    private readonly session: Session,
    private readonly signal: AbortSignal | undefined,
  ) {}

  get facts(): ChipFacts {
    return this.session.facts;
  }
  get security(): SecurityState {
    return this.session.security;
  }
  get baud(): number {
    return this.session.link.baud;
  }

  async survey({ tableOffsetBytes, signal = this.signal }: SurveyOptions = {}): Promise<FlashSurvey> {
    const { survey, blank } = await surveyBoard(this.session, tableOffsetBytes, signal);
    this.#blank = {
      spans: blank,
      askedBy: this.session.loader,
      changeCount: this.session.loader.changeCount,
    };
    return survey;
  }

  async readPartitionTable(options: SurveyOptions = {}): Promise<PartitionTable | undefined> {
    const question = { port: this.session.link.address, wantedOffsetBytes: options.tableOffsetBytes };
    return settleTable(await this.survey(options), question)?.table;
  }

  async readFlash(region: Region, { signal = this.signal }: OperationOptions = {}): Promise<Uint8Array> {
    this.#checkReach(region);
    return this.session.run(async () => {
      await prepareFor(this.session, { kind: 'read', wireBytes: 0, flashBytes: region.sizeBytes });
      return readFlash(this.session.loader, region);
    }, signal);
  }

  async md5(region: Region, { signal = this.signal }: OperationOptions = {}): Promise<string> {
    this.#checkReach(region);
    if (this.#isKnownBlank(region)) return md5Of(new Uint8Array(region.sizeBytes).fill(0xff));
    return this.session.run((loader) => flashMd5(loader, region), signal);
  }

  async writeRegion(
    target: ImageAt,
    { signal = this.signal, ...options }: WriteOptions = {},
  ): Promise<WriteReport> {
    this.#checkReach({ offsetBytes: target.offsetBytes, sizeBytes: target.image.length });
    const { report, digest } = await writeRegion(this.session, target, { ...options, signal });
    if (digest !== undefined) this.#digests.set(report, digest);
    return report;
  }

  async verifyRegion(target: ImageAt, { after, signal = this.signal }: VerifyOptions = {}): Promise<void> {
    this.#checkReach({ offsetBytes: target.offsetBytes, sizeBytes: target.image.length });
    const known = after === undefined ? undefined : this.#digests.get(after);
    return verifyRegion(this.session, target, known, signal);
  }

  async eraseRegion(region: Region, { signal = this.signal }: OperationOptions = {}): Promise<void> {
    checkRegion(region, this.session.place);
    this.#checkReach(region);
    const { beginHasEncryptWord } = this.session.chip.rom;
    const guard = new WriteGuard(this.session, region);
    await this.session.run(async () => {
      await guard.arm([], signal);
      await eraseSpan(this.session.loader, region, beginHasEncryptWord);
    }, signal);
    await guard.release(signal);
    const image = new Uint8Array(region.sizeBytes).fill(0xff);
    await verifyRegion(this.session, { offsetBytes: region.offsetBytes, image }, undefined, signal);
  }

  async eraseFlash({ signal = this.signal }: OperationOptions = {}): Promise<void> {
    await this.session.run(async () => {
      await preferStub(this.session);
      const { loader, chip, facts } = this.session;
      const whole = { offsetBytes: 0, sizeBytes: facts.flashSizeBytes };
      if (loader.isStub) return eraseChip(loader);
      this.#checkReach(whole);
      await eraseSpan(loader, whole, chip.rom.beginHasEncryptWord);
    }, signal);
  }

  async reset(): Promise<void> {
    await startApplication(this.session.loader, this.session.chip);
  }

  watchBoot({ signal = this.signal, ...options }: BootWatchOptions): Promise<BootReport> {
    return watchBoot(this.session.link, { ...options, signal });
  }

  useFirmware<T>(use: (link: Link) => Promise<T>, { baud }: FirmwareOptions = {}): Promise<T> {
    return lendLink(this.session.link, use, baud);
  }

  async close(): Promise<void> {
    await this.session.link.close();
  }

  /** The chip has just said so, of spans that cover it, and nothing was sent since that may have changed the flash. */
  #isKnownBlank({ offsetBytes, sizeBytes }: Region): boolean {
    const { loader } = this.session;
    if (this.#blank?.askedBy !== loader || this.#blank.changeCount !== loader.changeCount) return false;
    let at = offsetBytes;
    for (const span of this.#blank.spans) {
      if (span.offsetBytes <= at) at = Math.max(at, span.offsetBytes + span.sizeBytes);
    }
    return at >= offsetBytes + sizeBytes;
  }

  #checkReach(region: Region): void {
    checkReach(region, this.session.link.address);
  }
}
