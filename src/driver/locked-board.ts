// A board in Secure Download Mode: its ROM still takes uncompressed blocks, but tells no MAC and reads nothing back.
import { getChip, type ChipName, type ChipSpec } from '../core/chips/index.js';
import { EspmintError, isEspmintError } from '../core/errors/index.js';
import type { Mac } from '../core/mac.js';
import type { ChipFacts } from '../core/stages.js';
import type { Board, FirmwareOptions } from './board-contract.js';
import { OP, words } from './protocol/command.js';
import { detectChip } from './connect/detect.js';
import { enterLoader, type EnterOptions } from './connect/enter-loader.js';
import { eraseSpan, writeSpan } from './write/flash-write.js';
import type { Loader } from './protocol/loader.js';
import type { Region } from './write/md5.js';
import { checkReach, checkRegion, type ImageAt } from './write/region.js';
import type { WriteOptions, WriteReport } from './write/region-writer.js';
import type { SecurityState } from './connect/security.js';
import { SECTOR_BYTES, flashSizeCommand } from './connect/spi-flash.js';
import { lendLink, startApplication } from './boot/start-application.js';
import type { Link } from './link/transport.js';
import { watchBoot, type BootReport, type BootWatchOptions } from './boot/watch-boot.js';

/** SYNCs in a row that a link must bear before a begin command, which carries no checksum, is trusted to it. */
const PROOF_SYNCS = 8;
const PROOF_SYNC_TIMEOUT_MS = 500;
const WRITE_ROUNDS = 3;
const ERASED = 0xff;

export interface LockedOptions extends EnterOptions {
  /** What the operator vouches for: the chip does not tell it. */
  readonly mac: Mac;
  readonly expectChip?: string | undefined;
}

/**
 * Connects to a board that connectBoard refused with SECURE_DOWNLOAD. What the mode forbids (reading, MD5, the partition
 * table) is refused with that code by the board's methods; `writeRegion` works and stays unproven.
 *
 * The link stays at 115200 baud: nothing here could tell that a faster one errs.
 * @throws CHIP_NO_ANSWER, CHIP_UNEXPECTED, LINK_TIMEOUT, LINK_CLOSED, CANCELLED
 */
export async function connectLocked(link: Link, options: LockedOptions): Promise<Board> {
  const loader = await enterLoader(link, options);
  const { chip, security } = await detectChip(loader, options.expectChip);
  const { flashEncryption = false, secureBoot = false, secureDownload = false } = security ?? {};
  const state = { flashEncryption, secureBoot, secureDownload };
  return new LockedBoard(loader, chip.name, state, options);
}

class LockedBoard implements Board {
  readonly facts: ChipFacts;
  readonly security: SecurityState;
  readonly #loader: Loader;
  readonly #chip: ChipSpec;
  readonly #signal: AbortSignal | undefined;

  constructor(loader: Loader, chip: ChipName, security: SecurityState, { mac, signal }: LockedOptions) {
    this.#loader = loader;
    // The mode knows no upload into RAM.
    loader.takesHarmless = false;
    this.#chip = getChip(chip);
    this.#signal = signal;
    this.security = security;
    // No register tells package, revision or flash.
    this.facts = {
      chip,
      description: `${this.#chip.displayName} in Secure Download Mode`,
      revision: 'unknown',
      mac,
      flashSizeBytes: 0,
    };
  }

  get baud(): number {
    return this.#loader.link.baud;
  }

  survey(): Promise<never> {
    return this.#refuse('to show what its flash holds');
  }
  readPartitionTable(): Promise<never> {
    return this.#refuse('to show its partition table');
  }
  readFlash(): Promise<never> {
    return this.#refuse('to show what its flash holds');
  }
  md5(): Promise<never> {
    return this.#refuse('the MD5 of its flash');
  }
  verifyRegion(): Promise<never> {
    return this.#refuse('the MD5 that would prove the write');
  }
  eraseFlash(): Promise<never> {
    return this.#refuse('to erase its whole flash');
  }

  /** Erases the region and writes what of the image is not blank. The ROM's word is all that can be had for it. */
  async writeRegion(
    { offsetBytes, image }: ImageAt,
    { onProgress, signal = this.#signal }: WriteOptions = {},
  ): Promise<WriteReport> {
    const region = { offsetBytes, sizeBytes: image.length };
    const stream = withoutBlankEnd(image);
    const { beginHasEncryptWord } = this.#chip.rom;
    const span = { ...region, stream, isPacked: false, beginHasEncryptWord };
    await this.#mended(region, signal, (loader) =>
      stream.length === 0
        ? eraseSpan(loader, region, beginHasEncryptWord)
        : writeSpan(loader, { ...span, onProgress: (share) => onProgress?.(Math.floor(100 * share)) }),
    );
    const sectors = image.length / SECTOR_BYTES;
    return { found: 'other', sectors, sectorsWritten: sectors };
  }

  async eraseRegion(region: Region, { signal = this.#signal }: WriteOptions = {}): Promise<void> {
    const { beginHasEncryptWord } = this.#chip.rom;
    await this.#mended(region, signal, (loader) => eraseSpan(loader, region, beginHasEncryptWord));
  }

  async reset(): Promise<void> {
    await startApplication(this.#loader, this.#chip);
  }

  watchBoot({ signal = this.#signal, ...options }: BootWatchOptions): Promise<BootReport> {
    return watchBoot(this.#loader.link, { ...options, signal });
  }

  useFirmware<T>(use: (link: Link) => Promise<T>, { baud }: FirmwareOptions = {}): Promise<T> {
    return lendLink(this.#loader.link, use, baud);
  }

  async close(): Promise<void> {
    await this.#loader.link.close();
  }

  /** Begins again from the erase when anything was lost or refused: what stands in flash cannot be asked for. */
  async #mended(
    region: Region,
    signal: AbortSignal | undefined,
    act: (loader: Loader) => Promise<void>,
  ): Promise<void> {
    const loader = this.#loader;
    const port = loader.link.address;
    checkRegion(region, { port, flashSizeBytes: 0 });
    checkReach(region, port);
    loader.signal = signal;
    for (let round = 1; ; round++) {
      try {
        await this.#prepare(region);
        await act(loader);
        return;
      } catch (error) {
        const isWorthIt = isEspmintError(error, 'LINK_TIMEOUT') || isEspmintError(error, 'LOADER_REFUSED');
        if (!isWorthIt || round >= WRITE_ROUNDS) throw error;
        await loader.resync(error);
      }
    }
  }

  /** Proves the link, and tells the ROM that the flash ends where the region does: it erases nothing behind it. */
  async #prepare({ offsetBytes, sizeBytes }: Region): Promise<void> {
    const loader = this.#loader;
    for (let count = 0; count < PROOF_SYNCS; count++) {
      if (await loader.sync(PROOF_SYNC_TIMEOUT_MS)) continue;
      const { address: port, baud } = loader.link;
      throw new EspmintError('LINK_DAMAGED', { port, baud, reason: 'a SYNC was lost' });
    }
    await loader.repeat({ op: OP.spiAttach, data: words(0, 0), what: 'attaching the flash' });
    await loader.repeat(flashSizeCommand(offsetBytes + sizeBytes));
  }

  #refuse(what: string): Promise<never> {
    return Promise.reject(new EspmintError('SECURE_DOWNLOAD', { port: this.#loader.link.address, what }));
  }
}

function withoutBlankEnd(image: Uint8Array): Uint8Array {
  let end = image.length;
  while (end > 0 && image[end - 1] === ERASED) end -= 1;
  return image.subarray(0, end);
}
