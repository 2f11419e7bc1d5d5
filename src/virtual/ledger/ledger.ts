// What one session cost: round trips, bytes, flash operations, and where the time went.
import type { ChipName } from '../../core/chips/index.js';
import { BLOCK_BYTES, type FlashMemory, type FlashOperation } from '../flash/memory.js';
import type { TimeSpentOn } from '../steps.js';
import type { Timing } from '../timing.js';
import { byteMs } from '../uart.js';
import { floorOf, type Floor, type FloorRegion } from './floor.js';

/** Times in ms by the timing table, whether or not the session was paced. */
export interface LedgerReport {
  readonly chip: string;
  readonly mac: string;
  /** Bytes to the board that were followed by bytes from it, counted once for each turn. */
  readonly roundTrips: number;
  /** Whole frames that the loader took. */
  readonly requests: number;
  readonly bytesToChip: number;
  readonly bytesToHost: number;
  /** Times that the chip started. */
  readonly boots: number;
  readonly sectorsErased: number;
  readonly blocksErased: number;
  readonly pagesProgrammed: number;
  readonly bytesProgrammed: number;
  /** Highest rate of the session, bits per second. */
  readonly highestBaud: number;
  readonly timeMs: Readonly<Record<TimeSpentOn | 'wireToChip' | 'wireToHost' | 'latency', number>>;
  /** By the clock, from plug-in to unplug. */
  readonly elapsedMs: number;
  readonly floor: Floor;
}

export interface LedgerSubject {
  readonly chip: ChipName;
  readonly mac: string;
  readonly flash: FlashMemory;
  readonly timing: Timing;
  /** What sessions are to write and prove, for the floor. */
  readonly region?: FloorRegion | undefined;
}

type Direction = 'to-chip' | 'to-host';

/** Counts from its making on. */
export class Ledger {
  private readonly before: Uint8Array;
  private readonly stopObserving: () => void;
  private readonly time = {
    boot: 0,
    erase: 0,
    program: 0,
    md5: 0,
    command: 0,
    wireToChip: 0,
    wireToHost: 0,
    latency: 0,
  };
  private readonly count = {
    roundTrips: 0,
    requests: 0,
    bytesToChip: 0,
    bytesToHost: 0,
    boots: 0,
    sectorsErased: 0,
    blocksErased: 0,
    pagesProgrammed: 0,
    bytesProgrammed: 0,
  };
  private highestBaud = 0;
  /** Of the first bytes to the chip, where the link carries no rate. */
  private startBaud: number | undefined;
  private carriesRates = false;
  private lastDirection: Direction = 'to-host';

  /** @param startedAt moment of the plug-in. */
  constructor(
    private readonly subject: LedgerSubject,
    private readonly startedAt: number,
  ) {
    this.before = subject.flash.bytes.slice();
    this.stopObserving = subject.flash.observe({
      before: (operation) => {
        this.countOperation(operation);
        return 'done';
      },
    });
  }

  bytes(direction: Direction, count: number, baud: number): void {
    this.highestBaud = Math.max(this.highestBaud, baud);
    if (direction === 'to-chip') {
      this.startBaud ??= baud;
      this.count.bytesToChip += count;
      this.time.wireToChip += count * byteMs(baud);
    } else {
      this.count.bytesToHost += count;
      this.time.wireToHost += count * byteMs(baud);
      if (this.lastDirection === 'to-chip') {
        this.count.roundTrips += 1;
        this.time.latency += this.subject.timing.usbLatencyMs;
      }
    }
    this.lastDirection = direction;
  }

  /** The host has set its rate: it may begin at any. */
  rateWasGiven(): void {
    this.carriesRates = true;
  }

  booted(): void {
    this.count.boots += 1;
  }

  request(): void {
    this.count.requests += 1;
  }

  spent(ms: number, on: TimeSpentOn): void {
    this.time[on] += ms;
  }

  /** @param now moment of the unplug. */
  close(now: number): LedgerReport {
    this.stopObserving();
    const { chip, mac, flash, timing, region } = this.subject;
    const baud = this.highestBaud;
    const startBaud = this.carriesRates ? baud : (this.startBaud ?? baud);
    return {
      chip,
      mac,
      ...this.count,
      highestBaud: baud,
      timeMs: { ...this.time },
      elapsedMs: now - this.startedAt,
      floor: floorOf({ chip, before: this.before, after: flash.bytes, timing, baud, startBaud, region }),
    };
  }

  private countOperation({ kind, size }: FlashOperation): void {
    if (kind === 'program') {
      this.count.pagesProgrammed += 1;
      this.count.bytesProgrammed += size;
    } else if (size === BLOCK_BYTES) this.count.blocksErased += 1;
    else this.count.sectorsErased += 1;
  }
}
