// The proof that a region holds an image: the chip's own word for it, and that it is still the same chip which says so.
import { EspmintError } from '../core/errors/index.js';
import { macOfWords } from './chip-mac.js';
import { NO_ANSWER } from './loader.js';
import { digestOf, md5Command, md5Of, type Region } from './md5.js';
import type { ImageAt } from './region-writer.js';
import { registerRead } from './request.js';
import type { Session } from './session.js';
import { meanwhile } from './wait.js';

/**
 * The proof: the chip's MD5 of the region, by the same chip as before. A board that took the other's place under an open
 * link, with the same bytes in its flash, would pass otherwise.
 * @throws VERIFY_MISMATCH, CHIP_CHANGED, as Session.run
 */
export async function verifyRegion(
  session: Session,
  { offsetBytes, image }: ImageAt,
  signal?: AbortSignal,
): Promise<void> {
  const region = { offsetBytes, sizeBytes: image.length };
  const [first, expected] = await meanwhile(askProof(session, region, signal), () => md5Of(image));
  if (first.isSameChip && first.digest === expected) return;
  // Replies carry no checksum: what was damaged on the way does not come twice.
  const second = await askProof(session, region, signal);
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

/** One round trip to a ROM: the words of the MAC ride behind the MD5. */
async function askProof(session: Session, region: Region, signal: AbortSignal | undefined): Promise<Proof> {
  const { high, low } = session.chip.mac;
  const asked = [md5Command(region), registerRead(high), registerRead(low)];
  const [digest = NO_ANSWER, ...words] = await session.run((loader) => loader.repeatAll(asked), signal);
  const [highWord = 0, lowWord = 0] = words.map(({ value }) => value);
  const { mac: before } = session.facts;
  const after = macOfWords(highWord, lowWord);
  return {
    digest: digestOf(digest),
    isSameChip: after === before,
    changed: () => new EspmintError('CHIP_CHANGED', { port: session.link.address, before, after }),
  };
}
