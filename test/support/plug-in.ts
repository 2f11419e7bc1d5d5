// A virtual board on a link in memory, counted, and spoilt where a test wants it.
import { createVirtualBoard, memoryTransport, type VirtualBoard } from '../../src/virtual/index.js';
import { MeteredLink, type Spoiler } from './metered-link.js';

export const TEST_MAC = 'a4:cf:12:34:56:78';

export interface Plugged {
  readonly virtual: VirtualBoard;
  readonly link: MeteredLink;
}

type Options = Parameters<typeof createVirtualBoard>[0];
let plugged = 0;

/** A port of its own for each board. The caller disposes of the board. */
export async function plugIn(options: Options = {}, spoiler: Spoiler = {}): Promise<Plugged> {
  const virtual = createVirtualBoard({ mac: TEST_MAC, ...options });
  const name = `board-${++plugged}`;
  const transport = memoryTransport(new Map([[name, virtual]]));
  const link = await transport.open(`virtual://${name}`, { baud: 115_200, timeoutMs: 1_000 });
  return { virtual, link: new MeteredLink(link, spoiler) };
}

/** Bytes that do not compress, the same for the same seed. */
export function scrambled(sizeBytes: number, seed: number): Uint8Array {
  let state = seed;
  return Uint8Array.from({ length: sizeBytes }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 24;
  });
}
