// A proof for tests of the registry, in which no chip holds anything.
import type { FlashImage } from '../../src/core/flash-image.js';

/** An image whose digests are these two hex digits over and over. */
export const imageOf = (pair: string): FlashImage => ({
  offsetBytes: 0x9000,
  sizeBytes: 0x6000,
  md5: pair.repeat(16),
  sha256: pair.repeat(32),
});

export const PROOF = { image: imageOf('ab') };
