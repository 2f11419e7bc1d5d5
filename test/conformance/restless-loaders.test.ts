// Properties of the driver towards chips that are not in any other test: legal ones, drawn from a seed, always pass, and
// damaged ones never pass wrongly. ESPMINT_PEER_RUNS=2000 ESPMINT_PEER_SEED=1 runs more of them.
import { describe, expect, it } from 'vitest';
import { CHIP_NAMES, type ChipName } from '../../src/core/chips/index.js';
import { isEspmintError } from '../../src/core/errors/index.js';
import { connectBoard } from '../../src/driver/index.js';
import { md5Of } from '../../src/driver/write/md5.js';
import { createVirtualBoard, memoryTransport } from '../../src/virtual/index.js';
import { scrambled } from '../support/plug-in.js';
import { randomFrom, RestlessLink } from '../support/restless-link.js';

const RUNS = Number(process.env['ESPMINT_PEER_RUNS'] ?? 12);
/** Damage costs retries, and so time. */
const DAMAGED_RUNS = Math.ceil(RUNS / 3);
/** Most of its time each waits for an answer that does not come. */
const AT_ONCE = 4;
const FIRST_SEED = Number(process.env['ESPMINT_PEER_SEED'] ?? 1);
const FLASH_BYTES = 0x10_0000;
const REGION = { offsetBytes: 0x9000, sizeBytes: 0x6000 };
/** Of a connection and all that is done in it: far above what a loader's habits cost. */
const DEADLINE_MS = 60_000;

interface Ending {
  readonly seed: number;
  readonly chip: ChipName;
  readonly habits: string;
  /** `passed`, or why not. */
  readonly result: string;
  readonly isImageThere: boolean;
  readonly isRestUntouched: boolean;
}

/** Writes and proves an image on a chip with the habits of that seed. Always a ROM: a stub is our own program. */
async function runSeed(seed: number, damage: number): Promise<Ending> {
  const random = randomFrom(seed);
  const chip = CHIP_NAMES[seed % CHIP_NAMES.length] ?? 'esp32';
  const content = random() < 0.5 ? scrambled(FLASH_BYTES, seed) : new Uint8Array(FLASH_BYTES).fill(0xff);
  const image = new Uint8Array(REGION.sizeBytes).fill(0xff);
  image.set(scrambled(1 + Math.floor(random() * 3_000), seed + 7));
  const virtual = createVirtualBoard({ chip, flashContent: content, flashSizeBytes: FLASH_BYTES });
  const inner = await memoryTransport(new Map([['board', virtual]])).open('virtual://board', {
    baud: 115_200,
    timeoutMs: 1_000,
  });
  const link = new RestlessLink(inner, random, damage);
  const at = { offsetBytes: REGION.offsetBytes, image };
  let result = 'passed';
  try {
    const signal = AbortSignal.timeout(DEADLINE_MS);
    const board = await connectBoard(link, { stub: 'never', signal });
    await board.writeRegion(at, { signal });
    await board.verifyRegion(at, { signal });
  } catch (error) {
    result = isEspmintError(error) ? `${error.code}: ${error.message}` : `untyped: ${String(error)}`;
  } finally {
    await link.close();
    virtual.dispose();
  }
  const held = virtual.flash.read(0, FLASH_BYTES);
  const outside = (flash: Uint8Array): string =>
    md5Of(Uint8Array.from(flash).fill(0, REGION.offsetBytes, REGION.offsetBytes + REGION.sizeBytes));
  return {
    seed,
    chip,
    habits: JSON.stringify(link.habits),
    result,
    isImageThere:
      md5Of(held.subarray(REGION.offsetBytes, REGION.offsetBytes + REGION.sizeBytes)) === md5Of(image),
    isRestUntouched: outside(held) === outside(content),
  };
}

async function runAll(runs: number, damage: number): Promise<readonly Ending[]> {
  const endings: Ending[] = [];
  let seed = FIRST_SEED;
  const work = async (): Promise<void> => {
    while (seed < FIRST_SEED + runs) endings.push(await runSeed(seed++, damage));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return endings;
}

describe('the driver', () => {
  it(
    `passes with ${RUNS} loaders that answer in any way that the protocol allows, from seed ${FIRST_SEED} on`,
    async () => {
      const wrong = (await runAll(RUNS, 0)).filter(
        ({ result, isImageThere, isRestUntouched }) =>
          result !== 'passed' || !isImageThere || !isRestUntouched,
      );
      expect(wrong).toEqual([]);
    },
    DEADLINE_MS * RUNS,
  );

  it(
    `never passes wrongly with ${DAMAGED_RUNS} loaders whose answers are damaged, from seed ${FIRST_SEED} on`,
    async () => {
      const wrong = (await runAll(DAMAGED_RUNS, 0.03)).filter(
        ({ result, isImageThere, isRestUntouched }) =>
          (result === 'passed' && !isImageThere) ||
          !isRestUntouched ||
          result.startsWith('untyped') ||
          result.startsWith('CANCELLED'),
      );
      expect(wrong).toEqual([]);
    },
    DEADLINE_MS * RUNS,
  );
});
