// A virtual board: chip, flash and reset circuit behind one serial adapter, ready to be plugged into a host.
import { getChip, type ChipName } from '../core/chips/index.js';
import { VirtualChip } from './chip.js';
import { REAL_CLOCK, type Clock } from './clock.js';
import { usualCrystalMhz, type SecurityFuses } from './efuses.js';
import { FlashMemory } from './flash/memory.js';
import { encodePartitionTable, KNOWN_TABLES, TABLE_ADDRESS } from './partition-table.js';
import { ResetCircuit, type BootMode, type Lines } from './reset-circuit.js';
import { INSTANT, type Timing } from './timing.js';
import { baudsAgree, garble, Wire } from './uart.js';

const MB = 1024 * 1024;

export interface BoardOptions {
  readonly chip?: ChipName;
  /** Lower case with colons. */
  readonly mac?: string;
  readonly revision?: { readonly major: number; readonly minor: number };
  readonly packageVersion?: number;
  /** A power of two. */
  readonly flashSizeBytes?: number;
  /** Start-up content of flash: a known table at 0x8000, a table's bytes, or nothing. */
  readonly partitionTable?: 'espmint' | 'stock' | 'none' | Uint8Array;
  /** Whole flash content from address 0, instead of a partition table. */
  readonly flashContent?: Uint8Array;
  readonly timing?: Timing;
  readonly security?: Partial<SecurityFuses>;
  /** Default: the usual one of that chip. */
  readonly crystalMhz?: number;
  readonly clock?: Clock;
}

/** The host's end of the adapter: what a server or a link in memory drives. */
export interface HostPort {
  write(bytes: Uint8Array): void;
  setLines(lines: Lines): void;
  /** Tells the host's rate. Never called: the link does not carry it, and every rate fits. */
  setBaud(baud: number): void;
  /** Forgets bytes that are on their way to the host. */
  discard(): void;
  /** Takes the plug out. May be called again. */
  unplug(): void;
}

/** What the adapter tells the host. */
export interface HostEvents {
  bytes(bytes: Uint8Array): void;
  /** The adapter is gone: power loss, or a pulled cable. The port is dead from here on. */
  gone(reason: string): void;
}

export interface VirtualBoard {
  readonly chip: ChipName;
  readonly mac: string;
  readonly flash: FlashMemory;
  /** False while a host is plugged in. */
  readonly isFree: boolean;
  /** Connects a host. @throws Error where one is plugged in already */
  plugIn(events: HostEvents): HostPort;
  /** Supply off and on again; IO0 decides. Quiet: the boot log is lost, as before a host listens. */
  powerCycle(mode: BootMode, options?: { readonly quiet?: boolean }): void;
  /** Stops all timers. */
  dispose(): void;
}

export function createVirtualBoard(options: BoardOptions = {}): VirtualBoard {
  return new Board(options);
}

/** Packages that esptool has a plain name for; everything else has package 0. */
const PACKAGES: Partial<Record<ChipName, number>> = { esp32: 1 };
const REVISIONS: Readonly<Record<ChipName, { major: number; minor: number }>> = {
  esp32: { major: 3, minor: 1 },
  esp32s2: { major: 1, minor: 0 },
  esp32s3: { major: 0, minor: 2 },
  esp32c2: { major: 1, minor: 2 },
  esp32c3: { major: 0, minor: 4 },
  esp32c5: { major: 1, minor: 0 },
  esp32c6: { major: 0, minor: 1 },
  esp32c61: { major: 1, minor: 0 },
  esp32h2: { major: 0, minor: 1 },
  esp32p4: { major: 1, minor: 3 },
};
const EVERYTHING_OFF: SecurityFuses = { flashEncryption: false, secureBoot: false, secureDownload: false };

class Board implements VirtualBoard {
  readonly chip: ChipName;
  readonly mac: string;
  readonly flash: FlashMemory;
  private readonly clock: Clock;
  private readonly silicon: VirtualChip;
  private readonly circuit: ResetCircuit;
  private readonly toChip: Wire;
  private readonly toHost: Wire;
  private host: HostEvents | undefined;
  /** The host's rate, where the link tells it. */
  private hostBaud: number | undefined;
  private hasPower = true;

  constructor(options: BoardOptions) {
    const { chip = 'esp32', mac = 'a4:cf:12:34:56:78', timing = INSTANT, clock = REAL_CLOCK } = options;
    this.chip = chip;
    this.mac = mac;
    this.clock = clock;
    this.flash = new FlashMemory(options.flashSizeBytes ?? 4 * MB, initialContent(options));
    const identity = {
      mac: Uint8Array.from(mac.split(':'), (octet) => Number.parseInt(octet, 16)),
      revision: options.revision ?? REVISIONS[chip],
      packageVersion: options.packageVersion ?? PACKAGES[chip] ?? 0,
      flashSizeBytes: this.flash.sizeBytes,
      security: { ...EVERYTHING_OFF, ...options.security },
      crystalMhz: options.crystalMhz ?? usualCrystalMhz(getChip(chip)),
    };
    const paced = timing.kind === 'real';
    this.toChip = new Wire(
      clock,
      (bytes) => {
        this.arriveAtChip(bytes);
      },
      { paced, latencyMs: 0 },
    );
    this.toHost = new Wire(
      clock,
      (bytes, baud) => {
        this.arriveAtHost(bytes, baud);
      },
      {
        paced,
        latencyMs: timing.usbLatencyMs,
      },
    );
    this.silicon = new VirtualChip(
      { spec: getChip(chip), identity, flash: this.flash, timing },
      {
        clock,
        transmit: (bytes, baud, from) => {
          this.toHost.send(bytes, baud, from);
        },
        transmitterIdleAt: () => this.toHost.idleAt,
        spent: () => undefined,
        powerLost: () => {
          this.disappear('power lost');
        },
      },
    );
    this.circuit = new ResetCircuit(
      clock,
      () => {
        this.hold();
      },
      (mode) => {
        this.silicon.boot(mode);
      },
    );
    this.silicon.boot('application');
  }

  get isFree(): boolean {
    return this.host === undefined;
  }

  plugIn(events: HostEvents): HostPort {
    if (this.host !== undefined) throw new Error('a host is plugged in already');
    this.host = events;
    if (!this.hasPower) this.powerCycle('application', { quiet: true });
    this.hostBaud = undefined;
    const whilePlugged =
      <A extends unknown[]>(run: (...args: A) => void) =>
      (...args: A): void => {
        if (this.host === events) run(...args);
      };
    return {
      write: whilePlugged((bytes: Uint8Array) => {
        this.toChip.send(bytes, this.hostBaud ?? this.silicon.uartBaud, this.clock.now());
      }),
      setLines: whilePlugged((lines: Lines) => {
        this.circuit.set(lines);
      }),
      setBaud: whilePlugged((baud: number) => {
        this.hostBaud = baud;
      }),
      discard: whilePlugged(() => {
        this.toHost.cut();
      }),
      unplug: whilePlugged(() => {
        this.host = undefined;
      }),
    };
  }

  powerCycle(mode: BootMode, options: { readonly quiet?: boolean } = {}): void {
    this.hold();
    this.hasPower = true;
    this.silicon.boot(mode, options.quiet);
  }

  dispose(): void {
    this.circuit.dispose();
    this.hold();
    this.host = undefined;
  }

  private hold(): void {
    this.silicon.hold();
    this.toChip.cut();
    this.toHost.cut();
  }

  private disappear(reason: string): void {
    const { host } = this;
    this.hasPower = false;
    this.hold();
    this.host = undefined;
    host?.gone(reason);
  }

  private arriveAtChip(bytes: Uint8Array): void {
    this.silicon.receive(bytes, this.hostBaud);
  }

  private arriveAtHost(bytes: Uint8Array, baud: number): void {
    const own = this.hostBaud;
    const isClean = own === undefined || baudsAgree(baud, own);
    this.host?.bytes(isClean ? bytes : garble(bytes, baud, own));
  }
}

function initialContent({ flashContent, partitionTable = 'espmint' }: BoardOptions): Uint8Array | undefined {
  if (flashContent !== undefined) return flashContent;
  if (partitionTable === 'none') return undefined;
  const table =
    typeof partitionTable === 'string' ? encodePartitionTable(KNOWN_TABLES[partitionTable]) : partitionTable;
  const content = new Uint8Array(TABLE_ADDRESS + table.length).fill(0xff);
  content.set(table, TABLE_ADDRESS);
  return content;
}
