// One board's work for the bench of the device: how its flash stands before, and what our driver does with it.
import { gunzipSync } from 'node:zlib';
import { readFileSync } from 'node:fs';
import { connectBoard, openLink } from '../../src/driver/index.js';
import type { Link } from '../../src/driver/link/transport.js';
import { CORPUS } from '../../test/support/nvs-corpus.js';
import { scrambled } from '../../test/support/plug-in.js';
import type { BoardSetup } from './board-apart.js';

export const OFFSET_BYTES = 0x9000;
export const SIZE_BYTES = 0x10000;
const FLASH_BYTES = 0x40_0000;
/** Source of the image, for the tools that are compared with us. */
export const CSV = `${CORPUS}01-seed.csv`;
const image = new Uint8Array(gunzipSync(readFileSync(`${CORPUS}01-seed.bin.gz`)));

export interface Setting {
  /**
   * `earlier`: an image with another identity. `used`: full of something else, so that all of it must be erased, with an
   * application behind it, so that no erase may reach beyond.
   */
  readonly flash: 'blank' | 'earlier' | 'used';
  readonly baud: number;
  readonly latencyMs: number;
}

/** An image like ours whose values are others: its data sector differs, its blank tail does not. */
function earlierImage(): Uint8Array {
  return image.map((byte, at) => (byte === 0xff || at < 0x40 ? byte : byte & 0xf0));
}

export function setupOf({ flash, latencyMs }: Setting): BoardSetup {
  const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
  const content = {
    blank: {},
    earlier: { [OFFSET_BYTES]: base64(earlierImage()) },
    used: {
      [OFFSET_BYTES]: base64(scrambled(SIZE_BYTES, 1)),
      [OFFSET_BYTES + SIZE_BYTES]: base64(scrambled(SIZE_BYTES, 2)),
    },
  };
  const region = { offsetBytes: OFFSET_BYTES, sizeBytes: SIZE_BYTES };
  return { latencyMs, flashSizeBytes: FLASH_BYTES, region, content: content[flash] };
}

/**
 * MAC, partition table, write, proof, reset, in one connection. Milliseconds, opening of the port included.
 * @param watch may put something between: what crosses the link is to be seen.
 */
export async function ours(
  port: string,
  { baud }: Setting,
  watch: (link: Link) => Link = (link) => link,
): Promise<number> {
  const started = performance.now();
  const link = watch(await openLink(port));
  const board = await connectBoard(link, { baud });
  await board.readPartitionTable();
  const after = await board.writeRegion({ offsetBytes: OFFSET_BYTES, image });
  await board.verifyRegion({ offsetBytes: OFFSET_BYTES, image }, { after });
  await board.reset();
  const elapsedMs = performance.now() - started;
  await board.close();
  return elapsedMs;
}
