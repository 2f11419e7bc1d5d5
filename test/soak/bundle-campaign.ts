// One board that is to get a whole firmware, its identity and a row of values, cut off at any moment; and what must hold
// after the cut, and when the run is repeated.
import type { FirmwareBundle } from '../../src/core/firmware/bundle.js';
import { decodeNvs } from '../../src/core/nvs/index.js';
import type { ProvisionResult } from '../../src/core/stages.js';
import { connectBoard } from '../../src/driver/index.js';
import { provisionDevice, type ProvisionPlan } from '../../src/provision/index.js';
import type { Registry, Values } from '../../src/registry/index.js';
import {
  createVirtualBoard,
  memoryTransport,
  type Fault,
  type VirtualBoard,
} from '../../src/virtual/index.js';

const NVS = { offsetBytes: 0x9000, sizeBytes: 0x6000 };
/** Runs without a fault until the board must have passed: a cut may have left the link in the middle of a frame. */
const REPEATS = 3;
/** About all that one run sends, and all that its chip does. */
const SENT_BYTES = 60_000;
const ERASES = 40;
const PROGRAMS = 500;

export interface BundleOutcome {
  readonly seed: number;
  readonly fault: Fault['kind'] | 'stop';
  /** Of the run that was cut. */
  readonly first: string;
  readonly repeats: number;
  /** What was promised and not kept; empty when all was. */
  readonly broken: readonly string[];
}

export interface BundleParts {
  readonly plan: ProvisionPlan;
  readonly firmware: FirmwareBundle;
  /** What every third board holds before: all of it, and it starts. */
  readonly earlier: FirmwareBundle;
  readonly registry: Registry;
  readonly values: Values;
}

const macOf = (seed: number): string =>
  `a4:cf:12:${(seed & 0xffffff).toString(16).padStart(6, '0').match(/../g)?.join(':') ?? ''}`;

/** Numbers from 0 to 1 that follow from the seed. */
function drawing(seed: number): () => number {
  let state = seed * 2_654_435_761;
  return () => {
    state = (Math.imul(state ^ (state >>> 15), 2_246_822_519) + 0x9e37_79b9) | 0;
    return ((state ^ (state >>> 13)) >>> 0) / 2 ** 32;
  };
}

function faultOf(draw: () => number): Fault | number {
  const within = (most: number): number => Math.floor(draw() * most);
  switch (within(6)) {
    case 0:
      return { kind: 'disconnect', direction: 'to-chip', atByte: within(SENT_BYTES) };
    case 1:
      return { kind: 'power-loss', direction: 'to-chip', atByte: within(SENT_BYTES) };
    case 2:
      return { kind: 'power-loss-during', operation: 'erase', nth: 1 + within(ERASES) };
    case 3:
      return { kind: 'power-loss-during', operation: 'program', nth: 1 + within(PROGRAMS) };
    case 4:
      return { kind: 'flip', direction: 'to-chip', atByte: within(SENT_BYTES), count: 1 };
    default:
      // The process is told to stop after so many milliseconds.
      return within(400);
  }
}

export async function runCut(seed: number, parts: BundleParts): Promise<BundleOutcome> {
  const { plan, firmware, earlier, registry, values } = parts;
  const draw = drawing(seed);
  const broken: string[] = [];
  const mac = macOf(seed);
  const board = createVirtualBoard({ mac, partitionTable: 'none' });
  if (seed % 3 === 0) put(board, earlier);
  const transport = memoryTransport(new Map([['board', board]]));
  const run = (signal?: AbortSignal): Promise<ProvisionResult> =>
    provisionDevice(
      'virtual://board',
      plan,
      {
        registry,
        values,
        connect: async (port, how) => {
          const link = await transport.open(port, { baud: 115_200, timeoutMs: 1_000 });
          try {
            return await connectBoard(link, how);
          } catch (error) {
            await link.close();
            throw error;
          }
        },
      },
      { signal },
    );
  try {
    const fault = faultOf(draw);
    if (typeof fault !== 'number') board.arm({ seed, faults: [fault] });
    const first = await run(typeof fault === 'number' ? AbortSignal.timeout(fault) : undefined);
    broken.push(...faultsOf(board, parts, first));
    const row = await values.held('pins', mac);
    let [last, repeats] = [first, 0];
    while (!last.ok && repeats < REPEATS) {
      repeats += 1;
      last = await run();
      broken.push(...faultsOf(board, parts, last));
    }
    if (!last.ok) broken.push(`never passed: ${last.message}`);
    const after = await values.held('pins', mac);
    if (row !== undefined && row.number !== after?.number) broken.push('another row than before the cut');
    if (last.ok && String(nvsOf(board).get('pin')) !== after?.stored['pin'])
      broken.push('the row of another board');
    const kind = typeof fault === 'number' ? 'stop' : fault.kind;
    return { seed, fault: kind, first: first.ok ? 'passed' : first.code, repeats, broken };
  } finally {
    board.dispose();
  }

  function faultsOf(at: VirtualBoard, { firmware: wanted }: BundleParts, result: ProvisionResult): string[] {
    const isNew = holds(at, wanted);
    if (result.ok) return isNew ? [] : ['passed with other bytes than those of the bundle'];
    if (!starts(at, firmware)) return [];
    // A board that starts is all that it was, or all that it is to be, with its identity.
    if (seed % 3 === 0 && holds(at, earlier)) return [];
    if (!isNew) return ['starts half-made'];
    return nvsOf(at).has('psk_secret') ? [] : ['starts without its identity'];
  }
}

const partsOf = ({ builds: [build] }: FirmwareBundle) => build?.parts ?? [];

function put(board: VirtualBoard, bundle: FirmwareBundle): void {
  for (const { offsetBytes, bytes } of partsOf(bundle)) board.flash.bytes.set(bytes, offsetBytes);
}

const holds = (board: VirtualBoard, bundle: FirmwareBundle): boolean =>
  partsOf(bundle).every(
    ({ offsetBytes, bytes }) => Buffer.compare(board.flash.read(offsetBytes, bytes.length), bytes) === 0,
  );

/** The ROM starts a boot loader whose segments are there and add up to its checksum, and says "invalid header" otherwise. */
function starts(board: VirtualBoard, bundle: FirmwareBundle): boolean {
  const loader = partsOf(bundle).find(({ role }) => role === 'bootloader');
  if (loader === undefined) return false;
  const image = board.flash.read(loader.offsetBytes, loader.bytes.length);
  if (image[0] !== 0xe9) return false;
  const view = new DataView(image.buffer, image.byteOffset);
  let [at, checksum] = [24, 0xef];
  for (let segment = 0; segment < (image[1] ?? 0); segment++) {
    const end = at + 8 + view.getUint32(at + 4, true);
    if (end > image.length) return false;
    for (at += 8; at < end; at++) checksum ^= image[at] ?? 0;
  }
  return image[at + 15 - (at % 16)] === checksum;
}

const nvsOf = (board: VirtualBoard): Map<string, unknown> =>
  new Map(
    decodeNvs(board.flash.read(NVS.offsetBytes, NVS.sizeBytes)).values.map(({ key, value }) => [key, value]),
  );
