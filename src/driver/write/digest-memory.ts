// Remembers what lay before the regions of earlier boards: boards of one product hold the same boot loader and tables.
//
// A chip's answer carries no checksum, so a digest is believed when it comes twice. One that an earlier board gave twice is
// believed at once: what is damaged on its way does not become another true digest.

/** Digests that were confirmed, by the place that they are of. */
export interface DigestMemory {
  /** Whether a board is likely to hold what an earlier one held there. */
  expects(place: string): boolean;
  knows(place: string, digest: string): boolean;
  /** A board gave it twice, or it was known. */
  note(place: string, digest: string): void;
}

/** Firmware versions that may alternate on one line. */
const DIGESTS_A_PLACE = 16;

export class ProcessDigestMemory implements DigestMemory {
  readonly #places = new Map<string, { readonly digests: Set<string>; isSteady: boolean }>();

  expects(place: string): boolean {
    return this.#places.get(place)?.isSteady ?? false;
  }

  knows(place: string, digest: string): boolean {
    return this.#places.get(place)?.digests.has(digest) ?? false;
  }

  note(place: string, digest: string): void {
    const known = this.#places.get(place);
    if (known === undefined) {
      this.#places.set(place, { digests: new Set([digest]), isSteady: true });
      return;
    }
    known.isSteady = known.digests.has(digest);
    if (known.digests.size >= DIGESTS_A_PLACE) known.digests.clear();
    known.digests.add(digest);
  }
}

/** What connections use that are not given another memory. */
export const PROCESS_DIGEST_MEMORY: DigestMemory = new ProcessDigestMemory();
