// Guards what lies beside a region while it is written. Begin commands carry no checksum, so one that was damaged on its
// way may erase elsewhere: the link is proven first, the ROM is bounded, and the neighbours are compared afterwards.
import { EspmintError } from '../../core/errors/index.js';
import { OP, checksumOf, dataBlock, words } from '../protocol/command.js';
import type { Answer, Loader } from '../protocol/loader.js';
import { digestOf, flashMd5, md5Command, regionText, type Region } from './md5.js';
import type { Command } from '../protocol/request.js';
import type { Session } from '../connect/session.js';
import { damagedLink, readingsDiffer } from '../connect/registers.js';
import { BLOCK_BYTES, SECTOR_BYTES, flashSizeCommand } from '../connect/spi-flash.js';
import { stubNameFor } from '../connect/stub.js';
import { STUBS } from '../connect/stubs/index.js';

/** Bytes that must arrive whole before anything is erased: about a third of what a whole run sends. */
const PROOF_BYTES = 640;

export class WriteGuard {
  /** Digests of the neighbours before the first erase, by their place. */
  readonly #before = new Map<string, string>();
  #armed: { readonly loader: Loader; readonly isStub: boolean } | undefined;

  constructor(
    private readonly session: Session,
    private readonly region: Region,
  ) {}

  /** Whether `arm` was done with this loader, and nothing was lost or damaged since. */
  get isReady(): boolean {
    const { loader, canFallBack } = this.session;
    const isSame = this.#armed?.loader === loader && this.#armed.isStub === loader.isStub;
    return isSame && !(loader.hasErred && canFallBack);
  }

  /**
   * To be called before each erase; harmless when repeated. Afterwards the link has just borne a checked block at this
   * rate, the ROM refuses whatever ends behind the region, and the neighbours are as they were at the first call.
   * @param questions ride along: what else is to be known before the erase. All are done again where the link is mended.
   * @returns their answers.
   * @throws LINK_DAMAGED (no lower rate is left), FLASH_CHANGED_OUTSIDE, and what a link throws
   */
  async arm(questions: readonly Command[], signal?: AbortSignal): Promise<readonly Answer[]> {
    return this.session.run(async (loader) => {
      if (loader.hasErred && this.session.canFallBack) throw this.#damaged('an answer was lost');
      const guarded = this.#neighbours(loader);
      // Twice, since answers carry no checksum: a digest that was damaged does not come twice.
      const isNew = !guarded.every((region) => this.session.digests.expects(regionText(region)));
      const readings = [...guarded, ...(isNew ? guarded : [])].map(md5Command);
      const limit = this.#limit(this.region.offsetBytes + this.region.sizeBytes);
      const answers = await this.#askArmed(loader, [...limit, ...readings, ...questions]);
      const digests = answers.slice(limit.length, limit.length + readings.length).map(digestOf);
      for (const [index, region] of guarded.entries()) {
        await this.#note(loader, region, digests[index] ?? '', digests[index + guarded.length]);
      }
      this.#armed = { loader, isStub: loader.isStub };
      return answers.slice(limit.length + readings.length);
    }, signal);
  }

  /** At a rate that can be lowered nothing is asked again: what is lost there is reason to lower it. */
  async #askArmed(loader: Loader, asked: readonly Command[]): Promise<readonly Answer[]> {
    const address = await this.#proofAddress(loader);
    if (address === undefined) return loader.repeatAll(asked);
    return (await loader.sendAll([proofBegin(address), proofBlock(), ...asked])).slice(2);
  }

  /**
   * After a write: lifts the bound and compares. Nothing where nothing was armed.
   * @param isPlaced each begin command was sent once, to a place that differed from the image and now holds it: then all
   * of them arrived as they were sent, and there is nothing to compare.
   * @throws FLASH_CHANGED_OUTSIDE
   */
  async release(signal?: AbortSignal, isPlaced = false): Promise<void> {
    if (this.#armed === undefined) return;
    const { loader } = this.session;
    if (isPlaced && !loader.isStub && !loader.hasErred) loader.sendLater(...this.#limitToFlash());
    else await this.session.run((current) => this.#compare(current), signal);
    this.#armed = undefined;
  }

  async #compare(loader: Loader): Promise<void> {
    const guarded = this.#neighbours(loader).filter((region) => this.#before.has(regionText(region)));
    const ask = (): Promise<readonly string[]> => askAll(loader, guarded, this.#limitToFlash());
    const isKept = (digests: readonly string[]): boolean =>
      guarded.every((region, index) => this.#before.get(regionText(region)) === digests[index]);
    let digests = await ask();
    for (let pairs = 1; !isKept(digests); pairs++) {
      const last = digests;
      digests = await ask();
      if (isKept(digests)) return;
      if (digests.join() === last.join()) throw this.#changed(guarded);
      readingsDiffer(loader, guarded.map(regionText).join(' or '), pairs);
    }
  }

  /**
   * Up to 64 KB before the region: with the usual tables that is the boot loader and the partition table. What lies
   * behind it the ROM's bound protects; a stub has none, but a size that grew on its way takes the next sector along.
   */
  #neighbours({ isStub }: Loader): readonly Region[] {
    const { offsetBytes, sizeBytes } = this.region;
    const end = offsetBytes + sizeBytes;
    const start = Math.max(0, offsetBytes - BLOCK_BYTES);
    const neighbours: Region[] = [];
    if (start < offsetBytes) neighbours.push({ offsetBytes: start, sizeBytes: offsetBytes - start });
    if (isStub && end < this.session.place.flashSizeBytes) {
      neighbours.push({ offsetBytes: end, sizeBytes: SECTOR_BYTES });
    }
    return neighbours;
  }

  /** @param second reading, where it was asked for already. It need not be where the first is known to be true. */
  async #note(loader: Loader, region: Region, first: string, second: string | undefined): Promise<void> {
    const place = regionText(region);
    const before = this.#before.get(place);
    const isKnown = first === before || this.session.digests.knows(place, first);
    if (!isKnown && first !== (second ?? (await flashMd5(loader, region))))
      throw this.#damaged(`two readings of ${place} differ`);
    if (before !== undefined && before !== first) throw this.#changed([region]);
    this.#before.set(place, first);
    this.session.digests.note(place, first);
  }

  /** A ROM refuses what ends behind the size that was set. */
  #limit(sizeBytes: number): readonly Command[] {
    if (this.session.loader.isStub || this.session.facts.flashSizeBytes === 0) return [];
    return [flashSizeCommand(sizeBytes)];
  }

  #limitToFlash(): readonly Command[] {
    return this.#limit(this.session.facts.flashSizeBytes);
  }

  /** RAM that a checked block may go to; undefined where there is no lower rate to choose, or the chip may refuse it. */
  async #proofAddress(loader: Loader): Promise<number | undefined> {
    const { chip, revision, security, canFallBack } = this.session;
    const stub = stubNameFor(chip, revision, security);
    if (!canFallBack || loader.isStub || stub === undefined) return undefined;
    return (await STUBS[stub]?.())?.textAddress;
  }

  #damaged(reason: string): EspmintError<'LINK_DAMAGED'> {
    return damagedLink(this.session.loader, reason);
  }

  #changed(regions: readonly Region[]): EspmintError<'FLASH_CHANGED_OUTSIDE'> {
    const port = this.session.link.address;
    return new EspmintError('FLASH_CHANGED_OUTSIDE', { port, where: regions.map(regionText).join(' or ') });
  }
}

async function askAll(
  loader: Loader,
  regions: readonly Region[],
  first: readonly Command[],
): Promise<readonly string[]> {
  const answers = await loader.repeatAll([...first, ...regions.map(md5Command)]);
  return answers.slice(first.length).map(digestOf);
}

const PROVING = 'a block that proves the link';

function proofBegin(address: number): Command {
  return { op: OP.memBegin, data: words(PROOF_BYTES, 1, PROOF_BYTES, address), what: PROVING };
}

/** Bits in every order, none of them a frame delimiter; the loader refuses it unless its checksum fits. */
function proofBlock(): Command {
  const block = Uint8Array.from({ length: PROOF_BYTES }, (_, index) => (index * 89 + 7) % 0xbf);
  return { op: OP.memData, data: dataBlock(block, 0), checksum: checksumOf(block), what: PROVING };
}
