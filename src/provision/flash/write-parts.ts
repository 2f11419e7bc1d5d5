// Brings a board to hold its firmware and its own data in one connection, in an order in which it never starts half-made:
// what it starts from is taken away first and comes back last.
import type { FirmwarePart } from '../../core/firmware/bundle.js';
import type { Board, ImageAt, WriteOptions, WriteReport } from '../../driver/index.js';
import { blankMd5, isBlankRegion } from './board-pages.js';
import { md5Hex } from '../../core/digest.js';
import type { Region } from './region.js';

const SECTOR_BYTES = 0x1000;
/** First to last. The identity goes between the application and what starts the board. */
const ORDER: readonly FirmwarePart['role'][] = ['data', 'app', 'table', 'bootloader'];

export interface PartsWrite {
  readonly board: Board;
  readonly parts: readonly FirmwarePart[];
  readonly identity: ImageAt;
  readonly signal: AbortSignal | undefined;
  /** Bytes of all that is written, and of what is done. */
  readonly onProgress: (doneBytes: number, totalBytes: number) => void;
}

export interface PartsReport {
  readonly identity: WriteReport;
  /** Those that the board did not hold: to be proven. */
  readonly written: readonly FirmwarePart[];
}

/** @returns what was written, unproven but for the parts that were there already: those the chip's MD5 has shown. */
export async function writeParts(write: PartsWrite): Promise<PartsReport> {
  const { board, parts, identity, signal, onProgress } = write;
  const states = await lookAt(board, parts, signal);
  const gate = gateOf(parts);
  const mustWrite = (part: FirmwarePart): boolean => states.get(part) !== 'equal';
  const isFirmwareNew = parts.some(mustWrite);
  // An interrupted run leaves a board that says "invalid header" rather than one that runs with half of its data.
  if (isFirmwareNew && gate !== undefined) {
    await closeGate(board, gate, signal);
    if (states.get(gate) === 'equal') states.set(gate, 'new');
  }
  const steps = ORDER.flatMap((role) => parts.filter((part) => part.role === role && mustWrite(part)));
  const before = steps.filter((part) => part.role === 'data' || (part.role === 'app' && part !== gate));
  const behind = steps.filter((part) => !before.includes(part));
  const totalBytes = steps.reduce((sum, { bytes }) => sum + bytes.length, identity.image.length);
  let doneBytes = 0;
  const put = async (
    target: ImageAt,
    how: Pick<WriteOptions, 'isNew' | 'isShared'>,
  ): Promise<WriteReport> => {
    const { length } = target.image;
    const report = await board.writeRegion(target, {
      ...how,
      signal,
      onProgress: (percent) => onProgress(doneBytes + Math.floor((length * percent) / 100), totalBytes),
    });
    doneBytes += length;
    return report;
  };
  const putPart = (part: FirmwarePart): Promise<WriteReport> =>
    put(
      { offsetBytes: part.offsetBytes, image: part.bytes },
      { isNew: states.get(part) === 'new', isShared: true },
    );
  for (const part of before) await putPart(part);
  const report = await put(identity, {});
  for (const part of behind) await putPart(part);
  return { identity: report, written: steps };
}

/** `new`: its place is blank or begins otherwise and is to be written whole; `changed`: much of it may be there. */
type PartState = 'equal' | 'new' | 'changed';

/** The first sector tells most: the MD5 of megabytes is only asked where that is as it should be. */
async function lookAt(
  board: Board,
  parts: readonly FirmwarePart[],
  signal: AbortSignal | undefined,
): Promise<Map<FirmwarePart, PartState>> {
  const states = new Map<FirmwarePart, PartState>();
  for (const part of parts) states.set(part, await stateOf(board, part, signal));
  return states;
}

async function stateOf(
  board: Board,
  { offsetBytes, bytes }: FirmwarePart,
  signal: AbortSignal | undefined,
): Promise<PartState> {
  const head = { offsetBytes, sizeBytes: SECTOR_BYTES };
  const digest = await board.md5(head, { signal });
  if (digest === md5Hex(bytes.subarray(0, SECTOR_BYTES))) {
    if (bytes.length === SECTOR_BYTES) return 'equal';
    const isEqual = await holds(board, { offsetBytes, sizeBytes: bytes.length }, md5OfPart(bytes), signal);
    return isEqual ? 'equal' : 'changed';
  }
  return digest === blankMd5(SECTOR_BYTES) ? 'new' : 'changed';
}

/** Whether a board holds all of these, without writing anything. */
export async function holdsParts(
  board: Board,
  parts: readonly FirmwarePart[],
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const states = await lookAt(board, parts, signal);
  return [...states.values()].every((state) => state === 'equal');
}

/** @throws VERIFY_MISMATCH */
export async function proveParts(
  board: Board,
  parts: readonly FirmwarePart[],
  signal: AbortSignal | undefined,
): Promise<void> {
  for (const { offsetBytes, bytes } of parts)
    await board.verifyRegion({ offsetBytes, image: bytes }, { signal });
}

/** What the board starts from: the boot loader, or its application where the bundle leaves the boot loader alone. */
function gateOf(parts: readonly FirmwarePart[]): FirmwarePart | undefined {
  return parts.find(({ role }) => role === 'bootloader') ?? parts.find(({ role }) => role === 'app');
}

async function closeGate(
  board: Board,
  { offsetBytes }: FirmwarePart,
  signal: AbortSignal | undefined,
): Promise<void> {
  const first = { offsetBytes, sizeBytes: SECTOR_BYTES };
  if (!(await isBlankRegion(board, first, signal))) await board.eraseRegion(first, { signal });
}

async function holds(
  board: Board,
  region: Region,
  md5: string,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  return (await board.md5(region, { signal })) === md5;
}

/** Parts are the same for every board: hashed once. */
const DIGESTS = new WeakMap<Uint8Array, string>();
function md5OfPart(bytes: Uint8Array): string {
  const known = DIGESTS.get(bytes) ?? md5Hex(bytes);
  DIGESTS.set(bytes, known);
  return known;
}
