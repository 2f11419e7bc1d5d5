// The bytes and the waits that no client can do without: the protocol's cheapest use for one change of flash.
import { byteMs } from '../uart.js';

/**
 * What goes one way before the other side's next bytes can be known. Inside it everything overlaps: requests are sent
 * one behind the other, replies come while later requests are still under way.
 */
interface Exchange {
  /** Bytes of each request, and of its replies, with their C0 at both ends and without escapes. */
  readonly frames: readonly Frame[];
  readonly rate: 'start' | 'best';
}
type Frame = readonly [request: number, reply: number];

const SYNC_REPLIES = 8;
/** A register read: 4 bytes of data; its value stands in the reply's head. */
const READ: Frame = [14, 14];
const SYNC: Frame = [46, SYNC_REPLIES * 14];
const CHANGE_BAUD: Frame = [18, 14];
const ATTACH: Frame = [18, 14];
/** A ROM answers in 32 characters. */
const MD5: Frame = [26, 46];
const BEGIN: Frame = [26, 14];
/** Of a data block: its frame without the content. */
const DATA: Frame = [26, 14];

/** The receive FIFO of a UART: what is longer must wait until the loader has erased and listens again. */
const FIFO_BYTES = 128;

const MAC: readonly Frame[] = [READ, READ];
/** Of somebody who was told nothing but the region: magic word, package and revision; then the partition table. */
const FINDING: readonly Frame[] = [READ, READ, READ, MD5];

export interface WireNeeds {
  /** Bytes of content, as short as they can be made; undefined where nothing changes. */
  readonly contentBytes: number | undefined;
  /** The chip must erase before it can take content. */
  readonly mustErase: boolean;
  /** Which chip it is and where the region lies must be found out. */
  readonly mustFind: boolean;
  /** What the flash holds is asked for first. */
  readonly mustLook: boolean;
}

export interface WireRates {
  /** In force when a chip has just started, bits per second: the loader of a link that carries no rate listens there. */
  readonly startBaud: number;
  /** Best rate of the link. */
  readonly baud: number;
}

export interface WireFloor {
  readonly wireMs: number;
  readonly wireBytes: number;
  /** Answers that must be there before the next bytes can be known. */
  readonly roundTrips: number;
}

/** The cheaper of raising the rate and staying. */
export function wireFloor(needs: WireNeeds, rates: WireRates): WireFloor {
  const staying = costOf(exchanges(needs, false), { startBaud: rates.startBaud, baud: rates.startBaud });
  const raising = costOf(exchanges(needs, true), rates);
  return raising.wireMs < staying.wireMs ? raising : staying;
}

function exchanges(needs: WireNeeds, raises: boolean): readonly Exchange[] {
  // The rate is measured by SYNC, and has changed when CHANGE_BAUDRATE is answered.
  const connect: Exchange = { frames: raises ? [SYNC, CHANGE_BAUD] : [SYNC], rate: 'start' };
  const usesFlash = needs.mustFind || needs.contentBytes !== undefined;
  // The content depends on the MAC, its place on the partition table, what is to be done on what is there.
  const questions = [
    ...MAC,
    ...(usesFlash ? [ATTACH] : []),
    ...(needs.mustFind ? FINDING : []),
    ...(needs.mustLook ? [MD5] : []),
  ];
  const ask: Exchange = { frames: questions, rate: 'best' };
  if (needs.contentBytes === undefined) return [connect, ask];
  const data: Frame = [DATA[0] + needs.contentBytes, DATA[1]];
  const isApart = needs.mustErase && data[0] > FIFO_BYTES;
  return isApart
    ? [connect, ask, { frames: [BEGIN], rate: 'best' }, { frames: [data, MD5], rate: 'best' }]
    : [connect, ask, { frames: [BEGIN, data, MD5], rate: 'best' }];
}

function costOf(steps: readonly Exchange[], { startBaud, baud }: WireRates): WireFloor {
  const cost = { wireMs: 0, wireBytes: 0, roundTrips: steps.length };
  for (const { frames, rate } of steps) {
    const requests = frames.map(([request]) => request);
    const replies = frames.map(([, reply]) => reply);
    // The last reply begins when its request is whole, the first when the first is.
    const serialBytes = Math.max(sum(requests) + (replies.at(-1) ?? 0), (requests[0] ?? 0) + sum(replies));
    const bitsPerSecond = rate === 'start' ? startBaud : baud;
    cost.wireMs += bitsPerSecond > 0 ? serialBytes * byteMs(bitsPerSecond) : 0;
    cost.wireBytes += sum(requests) + sum(replies);
  }
  return cost;
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
