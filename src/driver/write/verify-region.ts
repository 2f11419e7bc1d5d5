// The proof that a region holds an image: the chip's own word for it, and that it is still the same chip which says so.
import { EspmintError } from '../../core/errors/index.js';
import { macOfWords } from '../connect/chip-mac.js';
import { NO_ANSWER } from '../protocol/loader.js';
import { digestOf, md5Command, md5Of, type Region } from './md5.js';
import { isCurrent, type RegionDigest } from './region-digest.js';
import type { ImageAt } from './region-writer.js';
import { registerRead } from '../protocol/request.js';
import type { Session } from '../connect/session.js';
import { meanwhile } from '../wait.js';

/**
 * The proof: the chip's MD5 of the region, by the same chip as before. A board that took the other's place under an open
 * link, with the same bytes in its flash, would pass otherwise.
 * @param known was asked behind the last byte of a write. It is asked again unless nothing was sent to that chip since which
 * may have changed its flash: then only whether it is still the same chip is.
 * @throws VERIFY_MISMATCH, CHIP_CHANGED, as Session.run
 */
export async function verifyRegion(
  session: Session,
  { offsetBytes, image }: ImageAt,
  known: RegionDigest | undefined,
  signal?: AbortSignal,
): Promise<void> {
  const region = { offsetBytes, sizeBytes: image.length };
  const [first, expected] = await meanwhile(askProof(session, region, known, signal), () => md5Of(image));
  if (first.isSameChip && first.digest === expected) return;
  // Replies carry no checksum: what was damaged on the way does not come twice.
  const second = await askProof(session, region, undefined, signal);
  if (!second.isSameChip) throw second.changed();
  if (second.digest === expected) return;
  throw new EspmintError('VERIFY_MISMATCH', {
    port: session.link.address,
    offset: offsetBytes,
    size: image.length,
    expected,
    found: second.digest,
  });
}

interface Proof {
  readonly digest: string;
  readonly isSameChip: boolean;
  readonly changed: () => EspmintError;
}

/** One round trip to a ROM: the words of the MAC ride behind the MD5, or go alone where that is known. */
async function askProof(
  session: Session,
  region: Region,
  known: RegionDigest | undefined,
  signal: AbortSignal | undefined,
): Promise<Proof> {
  const { high, low } = session.chip.mac;
  const macWords = [registerRead(high), registerRead(low)];
  const { digest, values } = await session.run(async (loader) => {
    // Decided anew after the link was mended: that went through a reset.
    const md5 = known !== undefined && isCurrent(known, loader, region) ? known.md5 : undefined;
    const asked = md5 === undefined ? [md5Command(region), ...macWords] : macWords;
    const answers = await loader.repeatAll(asked);
    const digest = md5 ?? digestOf(answers[0] ?? NO_ANSWER);
    return { digest, values: answers.slice(-macWords.length).map(({ value }) => value) };
  }, signal);
  const [highWord = 0, lowWord = 0] = values;
  const { mac: before } = session.facts;
  const after = macOfWords(highWord, lowWord);
  return {
    digest,
    isSameChip: after === before,
    changed: () => new EspmintError('CHIP_CHANGED', { port: session.link.address, before, after }),
  };
}
