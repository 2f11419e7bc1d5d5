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
/** Package and revision; on an ESP32 the same words tell on which pins its flash is. */
const PACKAGE: readonly Frame[] = [READ, READ];
/** Whether flash is encrypted: plain data must not be written then. */
const ENCRYPTION = READ;

export interface WireNeeds {
  /** Bytes of content, as short as they can be made; undefined where nothing changes. */
  readonly contentBytes: number | undefined;
  /** The chip must erase before it can take content. */
  readonly mustErase: boolean;
  /** Which chip it is and where the region lies must be found out: what that takes on this chip. Absent: all is known. */
  readonly mustFind?: Finding | undefined;
  /** What the flash holds is asked for first. */
  readonly mustLook: boolean;
}

/** What a chip must be asked before a next step can be put into words. */
export interface Finding {
  /** Registers that the word of CHANGE_BAUDRATE is made of. */
  readonly rateRegisters: number;
  /** Attaching its flash takes the pins from its eFuses. */
  readonly hasPads: boolean;
}

export interface WireRates {
  /** In force when a chip has just started, bits per second: the loader of a link that carries no rate listens there. */
  readonly startBaud: number;
  /** Best rate of the link. */
  readonly baud: number;
  /** Of each answer that must be waited for. */
  readonly latencyMs: number;
}

export interface WireFloor {
  readonly wireMs: number;
  readonly wireBytes: number;
  /** Answers that must be there before the next bytes can be known. */
  readonly roundTrips: number;
}

/** The cheaper of raising the rate and staying. */
export function wireFloor(needs: WireNeeds, rates: WireRates): WireFloor {
  const staying = costOf(exchanges(needs, false), { ...rates, baud: rates.startBaud });
  const raising = costOf(exchanges(needs, true), rates);
  const totalMs = ({ wireMs, roundTrips }: WireFloor): number => wireMs + roundTrips * rates.latencyMs;
  return totalMs(raising) < totalMs(staying) ? raising : staying;
}

function exchanges(needs: WireNeeds, raises: boolean): readonly Exchange[] {
  const { mustFind, mustLook, contentBytes } = needs;
  const look = mustLook ? [MD5] : [];
  const asked =
    mustFind === undefined
      ? asking(raises, [...MAC, ...(contentBytes === undefined ? [] : [ATTACH]), ...look])
      : finding(raises, mustFind, look);
  if (contentBytes === undefined) return asked;
  const data: Frame = [DATA[0] + contentBytes, DATA[1]];
  const isApart = needs.mustErase && data[0] > FIFO_BYTES;
  return isApart ? [...asked, atBest([BEGIN]), atBest([data, MD5])] : [...asked, atBest([BEGIN, data, MD5])];
}

const atStart = (frames: readonly Frame[]): Exchange => ({ frames, rate: 'start' });
const atBest = (frames: readonly Frame[]): Exchange => ({ frames, rate: 'best' });

/** The rate is measured by SYNC, and has changed when CHANGE_BAUDRATE is answered; the content depends on the MAC. */
function asking(raises: boolean, questions: readonly Frame[]): readonly Exchange[] {
  return [atStart(raises ? [SYNC, CHANGE_BAUD] : [SYNC]), atBest(questions)];
}

/** Of somebody who knows nothing but the region: where a chip has its registers follows from its magic word. */
function finding(raises: boolean, chip: Finding, look: readonly Frame[]): readonly Exchange[] {
  const early = [
    ...(raises ? new Array<Frame>(chip.rateRegisters).fill(READ) : []),
    ...(chip.hasPads ? PACKAGE : []),
  ];
  const late = [...MAC, ENCRYPTION, ...(chip.hasPads ? [] : PACKAGE), ATTACH, MD5, ...look];
  return [
    atStart([SYNC, READ]),
    ...(early.length > 0 ? [atStart(early)] : []),
    ...(raises ? [atStart([CHANGE_BAUD])] : []),
    atBest(late),
  ];
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
