// One provisioning of a virtual board under faults drawn from a seed, and what must hold however it ends.
import {
  ProcessBaudMemory,
  ProcessDigestMemory,
  connectBoard,
  type Board,
  type DigestMemory,
} from '../../src/driver/index.js';
import { md5Of, regionText } from '../../src/driver/write/md5.js';
import { isEspmintError, type EspmintError } from '../../src/core/errors/index.js';
import {
  createVirtualBoard,
  memoryTransport,
  randomScenario,
  type Scenario,
} from '../../src/virtual/index.js';
import { scrambled } from '../support/plug-in.js';

const FLASH_BYTES = 0x10_0000;
const REGION = { offsetBytes: 0x9000, sizeBytes: 0x6000 };
/** Whole connections, as in the provisioning flow. */
const TRIES = 3;
/** Far above what any of the faults can cost with all retries; far below "for ever". */
const DEADLINE_MS = 120_000;

export interface Outcome {
  readonly seed: number;
  readonly scenario: Scenario;
  readonly passed: boolean;
  readonly tries: number;
  /** Of the last try. */
  readonly error?: EspmintError;
  readonly durationMs: number;
  /** What was promised and not kept; empty when all was. */
  readonly broken: readonly string[];
}

export async function runWithFaults(seed: number): Promise<Outcome> {
  const scenario = randomScenario(seed);
  const image = new Uint8Array(REGION.sizeBytes).fill(0xff);
  image.set(scrambled(1_500, seed + 1));
  const content = contentBefore(seed, image);
  const virtual = createVirtualBoard({ flashContent: content, flashSizeBytes: FLASH_BYTES });
  const transport = memoryTransport(new Map([['board', virtual]]));
  const memories = { baudMemory: new ProcessBaudMemory(), digestMemory: digestsBefore(seed, content) };
  virtual.arm(scenario);
  const started = performance.now();
  const broken: string[] = [];
  let error: EspmintError | undefined;
  let tries = 0;
  try {
    do {
      tries += 1;
      error = undefined;
      const link = await transport.open('virtual://board', { baud: 115_200, timeoutMs: 1_000 });
      try {
        await writeAndProve(
          await connectBoard(link, { ...memories, signal: AbortSignal.timeout(DEADLINE_MS) }),
          image,
        );
        if (md5Of(virtual.flash.read(REGION.offsetBytes, REGION.sizeBytes)) !== md5Of(image))
          broken.push('false pass');
      } catch (thrown) {
        if (!isEspmintError(thrown)) broken.push(`untyped failure: ${String(thrown)}`);
        else error = thrown;
      } finally {
        await link.close();
      }
    } while (error !== undefined && error.retryable && tries < TRIES);
    if (error?.code === 'CANCELLED') broken.push('past the deadline');
    if (outsideDigest(virtual.flash.read(0, FLASH_BYTES)) !== outsideDigest(content))
      broken.push('changed outside');
  } finally {
    virtual.dispose();
  }
  const durationMs = performance.now() - started;
  return { seed, scenario, passed: error === undefined, tries, ...(error && { error }), durationMs, broken };
}

/** A full flash whose region is full too, blank, or holds an earlier image. */
function contentBefore(seed: number, image: Uint8Array): Uint8Array {
  const content = scrambled(FLASH_BYTES, seed);
  const { offsetBytes, sizeBytes } = REGION;
  if (seed % 3 === 1) content.fill(0xff, offsetBytes, offsetBytes + sizeBytes);
  if (seed % 3 === 2)
    content.set(
      image.map((byte) => (byte === 0xff ? byte : byte & 0xf0)),
      offsetBytes,
    );
  return content;
}

/** Every other board is not the first of its kind. */
function digestsBefore(seed: number, content: Uint8Array): DigestMemory {
  const digests = new ProcessDigestMemory();
  const before = { offsetBytes: 0, sizeBytes: REGION.offsetBytes };
  if (seed % 2 === 1) digests.note(regionText(before), md5Of(content.subarray(0, REGION.offsetBytes)));
  return digests;
}

async function writeAndProve(board: Board, image: Uint8Array): Promise<void> {
  const target = { offsetBytes: REGION.offsetBytes, image };
  const after = await board.writeRegion(target);
  await board.verifyRegion(target, { after });
}

/** Of all bytes but the region's. */
function outsideDigest(flash: Uint8Array): string {
  const rest = Uint8Array.from(flash).fill(0, REGION.offsetBytes, REGION.offsetBytes + REGION.sizeBytes);
  return md5Of(rest);
}
