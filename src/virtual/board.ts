// A virtual board: chip, flash and reset circuit behind one serial adapter, ready to be plugged into a host.
import { type ChipName, getChip } from '../core/chips/index.js';
import {
  type BoardOptions,
  bytesOfMac,
  DEFAULT_MAC,
  flashSizeOf,
  identityOf,
  initialContent,
} from './board-parts.js';
import { VirtualChip } from './chip.js';
import { type Clock, REAL_CLOCK } from './clock.js';
import type { ChipIdentity } from './efuses.js';
import { ChipFaults } from './faults/chip-faults.js';
import { HeldLine, type LineEnd, LineFaults } from './faults/line-faults.js';
import type { Direction, Scenario } from './faults/scenario.js';
import { Radio } from './firmware/wifi/radio.js';
import { FlashMemory } from './flash/memory.js';
import type { FloorRegion } from './ledger/floor.js';
import { Ledger, type LedgerReport } from './ledger/ledger.js';
import { type BootMode, type LineReset, type Lines, ResetCircuit, UsbJtagLines } from './reset-circuit.js';
import { INSTANT, type Timing } from './timing.js';
import { baudsAgree, garble, Wire } from './uart.js';

/** How a board behaves, beside what it is made of. */
export interface BoardBehaviour {
  /** Default: no time passes. */
  readonly timing?: Timing;
  readonly clock?: Clock;
  readonly faults?: Scenario;
  /** Called with what a session cost when its host leaves. */
  readonly onSession?: (report: LedgerReport) => void;
  /** What sessions are to write and prove: the floor then counts finding out what it holds, and the proof of all of it. */
  readonly region?: FloorRegion;
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

export function createVirtualBoard(options: BoardOptions & BoardBehaviour = {}): VirtualBoard {
  return new VirtualBoard(options);
}

export class VirtualBoard {
  readonly chip: ChipName;
  readonly flash: FlashMemory;
  /** What reaches the board without a cable. */
  readonly radio: Radio;
  private macText: string;
  private identity: ChipIdentity;
  private readonly clock: Clock;
  private readonly timing: Timing;
  private readonly silicon: VirtualChip;
  private readonly circuit: LineReset;
  private readonly toChip: Wire;
  private readonly toHost: Wire;
  /** Behind the wires, where faults strike. */
  private readonly lines: Readonly<Record<Direction, HeldLine>>;
  private line: LineFaults | undefined;
  private sabotage: ChipFaults | undefined;
  private ledger: Ledger | undefined;
  private host: HostEvents | undefined;
  /** The host's rate, where the link tells it. */
  private hostBaud: number | undefined;
  private hasPower = true;

  constructor(private readonly options: BoardOptions & BoardBehaviour) {
    this.chip = options.chip ?? 'esp32';
    this.macText = options.mac ?? DEFAULT_MAC;
    this.clock = options.clock ?? REAL_CLOCK;
    this.timing = options.timing ?? INSTANT;
    this.identity = identityOf(options);
    this.radio = new Radio(options.wifi ?? {}, this.identity.mac);
    this.flash = new FlashMemory(flashSizeOf(options), initialContent(options));
    const paced = this.timing.kind === 'real';
    const { clock } = this;
    this.toChip = new Wire(clock, (bytes, baud) => this.arrive('to-chip', bytes, baud), {
      paced,
      latencyMs: 0,
    });
    this.toHost = new Wire(clock, (bytes, baud) => this.arrive('to-host', bytes, baud), {
      paced,
      latencyMs: this.timing.usbLatencyMs,
    });
    this.lines = {
      'to-chip': this.makeLine((bytes) => this.silicon.receive(bytes, this.hostBaud)),
      'to-host': this.makeLine((bytes, baud) => this.tellHost(bytes, baud)),
    };
    this.silicon = this.makeChip();
    this.circuit = this.makeReset();
    if (options.faults !== undefined) this.arm(options.faults);
    this.silicon.boot('application');
  }

  get mac(): string {
    return this.macText;
  }

  /** Whether its application has a serial interface for people or clients. */
  get speaksToUsers(): boolean {
    return /^wifi-/.test(this.options.application ?? '');
  }

  /** False while a host is plugged in. */
  get isFree(): boolean {
    return this.host === undefined;
  }

  /** Connects a host. @throws Error where one is plugged in already */
  plugIn(events: HostEvents): HostPort {
    if (this.host !== undefined) throw new Error('a host is plugged in already');
    this.swapIfDue();
    this.host = events;
    this.hostBaud = undefined;
    if (!this.hasPower) this.powerCycle('application', { quiet: true });
    this.openLedger();
    const whilePlugged =
      <A extends unknown[]>(run: (...args: A) => void) =>
      (...args: A): void => {
        if (this.host === events) run(...args);
      };
    return {
      write: whilePlugged((bytes: Uint8Array) => this.transmitToChip(bytes)),
      setLines: whilePlugged((lines: Lines) => this.circuit.set(lines)),
      setBaud: whilePlugged((baud: number) => {
        this.hostBaud = baud;
        this.ledger?.rateWasGiven();
      }),
      discard: whilePlugged(() => this.toHost.cut()),
      unplug: whilePlugged(() => this.detach()),
    };
  }

  /** Supply off and on again; IO0 decides. Quiet: the boot log is lost, as before a host listens. */
  powerCycle(mode: BootMode, options: { readonly quiet?: boolean } = {}): void {
    this.hold();
    this.hasPower = true;
    this.silicon.boot(mode, options.quiet);
  }

  /** Replaces whatever faults are armed; counting starts anew. Cells that are stuck stay stuck. */
  arm(scenario: Scenario): void {
    this.line = new LineFaults(scenario);
    this.sabotage = new ChipFaults(scenario, this.flash);
  }

  /** Stops all timers. */
  dispose(): void {
    this.circuit.dispose();
    this.hold();
    this.detach();
  }

  private makeLine(deliver: LineEnd['deliver']): HeldLine {
    return new HeldLine(this.clock, {
      deliver,
      end: (reason) => this.disappear(reason),
    });
  }

  private makeReset(): LineReset {
    const hold = (): void => this.hold();
    const boot = (mode: BootMode): void => this.silicon.boot(mode);
    return this.options.adapter === 'usb-jtag'
      ? new UsbJtagLines(hold, boot)
      : new ResetCircuit(this.clock, hold, boot);
  }

  private makeChip(): VirtualChip {
    return new VirtualChip(
      () => ({
        spec: getChip(this.chip),
        identity: this.identity,
        flash: this.flash,
        timing: this.timing,
        sabotage: this.sabotage,
        application: this.options.application ?? 'stock',
        radio: this.radio,
      }),
      {
        clock: this.clock,
        transmit: (bytes, baud, from) => this.toHost.send(bytes, baud, from),
        transmitterIdleAt: () => this.toHost.idleAt,
        spent: (ms, on) => this.ledger?.spent(ms, on),
        request: () => this.ledger?.request(),
        booted: () => {
          this.ledger?.booted();
          return this.sabotage?.takeBoots() ?? 0;
        },
        powerLost: () => this.disappear('power-loss'),
      },
    );
  }

  /** EN low: what is on the wire from the chip stops; the host's bytes fall on deaf ears. */
  private hold(): void {
    this.silicon.hold();
    this.toChip.cut();
    this.toHost.cut();
    for (const line of Object.values(this.lines)) line.cut();
  }

  private transmitToChip(bytes: Uint8Array): void {
    this.toChip.send(bytes, this.hostBaud ?? this.silicon.uartBaud, this.clock.now());
  }

  private arrive(direction: Direction, bytes: Uint8Array, baud: number): void {
    // What a chip prints while nobody listens is no part of any session.
    if (this.host === undefined) return;
    this.ledger?.bytes(direction, bytes.length, baud);
    const passed = this.line?.pass(direction, bytes, baud) ?? [{ type: 'bytes' as const, bytes }];
    this.lines[direction].push(passed, baud);
  }

  private tellHost(bytes: Uint8Array, baud: number): void {
    const own = this.hostBaud;
    const isClean = own === undefined || baudsAgree(baud, own);
    this.host?.bytes(isClean ? bytes : garble(bytes, baud, own));
  }

  private disappear(reason: 'disconnect' | 'power-loss'): void {
    const { host } = this;
    if (reason === 'power-loss') {
      this.hasPower = false;
      this.hold();
    }
    this.detach();
    host?.gone(reason === 'power-loss' ? 'the board lost its power' : 'the cable was pulled');
  }

  private openLedger(): void {
    if (this.options.onSession === undefined) return;
    const { chip, mac, flash, timing } = this;
    const { region } = this.options;
    this.ledger = new Ledger({ chip, mac, flash, timing, region }, this.clock.now());
  }

  private detach(): void {
    this.host = undefined;
    const report = this.ledger?.close(this.clock.now());
    this.ledger = undefined;
    if (report !== undefined) this.options.onSession?.(report);
  }

  private swapIfDue(): void {
    const mac = this.sabotage?.takeSwap();
    if (mac === undefined) return;
    this.macText = mac;
    this.identity = { ...this.identity, mac: bytesOfMac(mac) };
    this.powerCycle('application', { quiet: true });
  }
}
