// A harmless test of a real board and its link: every reset sequence, every rate, answer times, reading, MD5. It writes
// nothing to the flash.
import { toEspmintError } from '../core/errors/index.js';
import type { ChipFacts } from '../core/stages.js';
import { ProcessBaudMemory } from './connect/baud-memory.js';
import { BAUD_LADDER } from './connect/baud.js';
import { connectBoard } from './board.js';
import type { Board } from './board-contract.js';
import { resetAndSync } from './connect/enter-loader.js';
import { Loader } from './protocol/loader.js';
import { sequencesFor, type ResetSequence } from './connect/reset.js';
import type { Link } from './link/transport.js';

export interface ResetFinding {
  readonly sequence: string;
  readonly ok: boolean;
  readonly durationMs: number;
}

export interface RateFinding {
  readonly baud: number;
  readonly ok: boolean;
  /** Of a rate that failed: the error's code, or `LOWERED` where the connection ended at a lower one. */
  readonly reason?: string;
  readonly connectMs?: number;
  /** Least time from a question to its answer, the MD5 of 4 KB included. */
  readonly answerMs?: number;
  /** By the ROM, 64 bytes an answer; the bytes were checked against the chip's MD5. */
  readonly readBytesPerSecond?: number;
}

/** A chip's facts without those that tell one chip from another. */
interface AnonymousChip {
  readonly chip: string;
  readonly description: string;
  readonly revision: string;
  readonly flashId: number | undefined;
  readonly flashSizeBytes: number;
  readonly crystalMhz: number | undefined;
}

/** Holds nothing that identifies the device: no MAC, no unique id, none of its flash. */
export interface SelfTestReport {
  readonly chip: AnonymousChip | undefined;
  readonly security: Board['security'] | undefined;
  readonly resets: readonly ResetFinding[];
  readonly rates: readonly RateFinding[];
  readonly ok: boolean;
}

export interface SelfTestOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onReset?: (finding: ResetFinding) => void;
  readonly onRate?: (finding: RateFinding) => void;
}

/** Where every board has something: the partition table. */
const SAMPLE = { offsetBytes: 0x8000, sizeBytes: 0x1000 };
const QUESTIONS = 5;

/**
 * Never throws for what the board does: that is a finding.
 * @param open gives a new link to the board; each is closed again.
 * @throws what `open` throws, CANCELLED
 */
export async function selfTest(
  open: () => Promise<Link>,
  options: SelfTestOptions = {},
): Promise<SelfTestReport> {
  const seen: Seen = { chip: undefined, security: undefined };
  const { sequences, bauds } = await withLink(open, (link) =>
    Promise.resolve({ sequences: sequencesFor(link), bauds: ratesFor(link) }),
  );
  const resets: ResetFinding[] = [];
  for (const sequence of sequences) {
    const finding = await withLink(open, (link) => tryReset(link, sequence, options.signal));
    options.onReset?.(finding);
    resets.push(finding);
  }
  const rates: RateFinding[] = [];
  for (const baud of bauds) {
    const finding = await withLink(open, (link) => tryRate(link, baud, seen, options.signal));
    options.onRate?.(finding);
    rates.push(finding);
  }
  const resetsWell = resets.length === 0 || resets.some(({ ok }) => ok);
  return { ...seen, resets, rates, ok: resetsWell && rates.every(({ ok }) => ok) };
}

/** What the last connection said of the board. */
interface Seen {
  chip: SelfTestReport['chip'];
  security: SelfTestReport['security'];
}

function ratesFor(link: Link): readonly number[] {
  return link.hasFixedBaud === true || link.isNativeUsb === true ? [link.baud] : [...BAUD_LADDER].reverse();
}

async function withLink<T>(open: () => Promise<Link>, act: (link: Link) => Promise<T>): Promise<T> {
  const link = await open();
  try {
    return await act(link);
  } finally {
    await link.close();
  }
}

async function tryReset(
  link: Link,
  sequence: ResetSequence,
  signal: AbortSignal | undefined,
): Promise<ResetFinding> {
  const started = performance.now();
  const ok = await resetAndSync(new Loader(link, signal), sequence).catch((error: unknown) => {
    if (signal?.aborted === true) throw error;
    return false;
  });
  return { sequence: sequence.name, ok, durationMs: since(started) };
}

async function tryRate(
  link: Link,
  baud: number,
  seen: Seen,
  signal: AbortSignal | undefined,
): Promise<RateFinding> {
  const started = performance.now();
  try {
    const board = await connectBoard(link, {
      baud,
      baudMemory: new ProcessBaudMemory(),
      stub: 'never',
      signal,
    });
    const connectMs = since(started);
    seen.chip = anonymous(board.facts);
    seen.security = board.security;
    const figures = await measure(board);
    // Whatever was lost on the way, at any step, has lowered the rate.
    const isKept = board.baud === baud;
    await board.reset();
    return isKept
      ? { baud, ok: true, connectMs, ...figures }
      : { baud, ok: false, reason: 'LOWERED', connectMs };
  } catch (error) {
    if (signal?.aborted === true) throw error;
    return { baud, ok: false, reason: toEspmintError(error).code };
  }
}

function anonymous(facts: ChipFacts): AnonymousChip {
  const { chip, description, revision, flashId, flashSizeBytes, crystalMhz } = facts;
  return { chip, description, revision, flashId, flashSizeBytes, crystalMhz };
}

async function measure(board: Board): Promise<Pick<RateFinding, 'answerMs' | 'readBytesPerSecond'>> {
  let answerMs = Infinity;
  for (let count = 0; count < QUESTIONS; count++) {
    const asked = performance.now();
    await board.md5(SAMPLE);
    answerMs = Math.min(answerMs, since(asked));
  }
  const started = performance.now();
  // Checked against the chip's MD5 by the read itself.
  await board.readFlash(SAMPLE);
  const readBytesPerSecond = Math.round((SAMPLE.sizeBytes * 1_000) / (performance.now() - started));
  return { answerMs, readBytesPerSecond };
}

/** Milliseconds, tenths of them. */
const since = (started: number): number => Math.round((performance.now() - started) * 10) / 10;
