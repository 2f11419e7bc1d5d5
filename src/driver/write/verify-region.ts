// The proof that a region holds an image: the chip's own word for it, and that it is still the same chip which says so.
import { EspmintError } from '../../core/errors/index.js';
import { macOfWords } from '../connect/chip-mac.js';
import { NO_ANSWER } from '../protocol/loader.js';
import { digestOf, md5Command, md5Of, regionText, type Region, isCurrent, type RegionDigest } from './md5.js';
import type { ImageAt } from './region.js';
import { registerRead } from '../protocol/request.js';
import type { Session } from '../connect/session.js';
import { readingsDiffer } from '../connect/registers.js';
import { meanwhile } from '../wait.js';

/**
 * The proof: the chip's MD5 of the region, by the same chip as before. A board that took the other's place under an open
 * link, with the same bytes in its flash, would pass otherwise.
 * @param known was asked behind the last byte of a write. It is asked again unless nothing was sent to that chip since which
 * may have changed its flash: then only whether it is still the same chip is.
 * @throws VERIFY_MISMATCH and CHIP_CHANGED where two proofs in a row say so; LINK_DAMAGED where no two agree; as Session.run
 */
export async function verifyRegion(
  session: Session,
  { offsetBytes, image }: ImageAt,
  known: RegionDigest | undefined,
  signal?: AbortSignal,
): Promise<void> {
  const region = { offsetBytes, sizeBytes: image.length };
  const [first, expected] = await meanwhile(askProof(session, region, known, signal), () => md5Of(image));
  const { mac: before } = session.facts;
  const isGood = ({ digest, mac }: Proof): boolean => digest === expected && mac === before;
  let proof = first;
  for (let pairs = 1; !isGood(proof); pairs++) {
    const last = proof;
    // Replies carry no checksum: what was damaged on the way does not come twice.
    proof = await askProof(session, region, undefined, signal);
    const isAgreed = proof.digest === last.digest && proof.mac === last.mac;
    if (!isAgreed && !isGood(proof))
      readingsDiffer(session.loader, `the MD5 of ${regionText(region)}`, pairs);
    if (isAgreed) throw failureOf(session, region, expected, proof);
  }
}

function failureOf(session: Session, region: Region, expected: string, { digest, mac }: Proof): EspmintError {
  const port = session.link.address;
  const { mac: before } = session.facts;
  if (mac !== before) return new EspmintError('CHIP_CHANGED', { port, before, after: mac });
  const { offsetBytes: offset, sizeBytes: size } = region;
  return new EspmintError('VERIFY_MISMATCH', { port, offset, size, expected, found: digest });
}

interface Proof {
  readonly digest: string;
  /** As the chip's words say it now. */
  readonly mac: string;
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
  return { digest, mac: macOfWords(highWord, lowWord) };
}
