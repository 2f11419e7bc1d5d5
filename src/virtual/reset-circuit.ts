// The auto-reset circuit of a development board: two transistors and a capacitor between DTR/RTS and IO0/EN.
import type { Clock } from './clock.js';

/** As the host sets them: true = asserted. */
export interface Lines {
  readonly dtr: boolean;
  readonly rts: boolean;
}

/** What makes resets out of the lines. */
export interface LineReset {
  set(lines: Lines): void;
  /** Stops its timers. */
  dispose(): void;
}

export type BootMode = 'download' | 'application';

/** How long EN stays low after its transistor lets go, ms: 10 kΩ and 0.1 to 1 µF on common boards. */
const EN_RISE_MS = 5;
/**
 * Longest time that both lines may stay asserted between EN's release and IO0's fall, ms. Clients that set one line
 * at a time go through (1,1); behind a network their two steps are some 100 ms apart. A board's capacitor would not
 * wait so long: this patience is the circuit's only untruth.
 */
const BETWEEN_LINES_MS = 600;

/**
 * EN is low only while RTS is asserted and DTR is not; IO0 is low only while DTR is asserted and RTS is not. The boot
 * mode is what IO0 shows when EN rises.
 */
export class ResetCircuit implements LineReset {
  private lines: Lines = { dtr: false, rts: false };
  private held = false;
  private cancelRise: () => void = () => undefined;

  /** @param boot called when EN rises. @param hold called when EN falls. */
  constructor(
    private readonly clock: Clock,
    private readonly hold: () => void,
    private readonly boot: (mode: BootMode) => void,
  ) {}

  set(lines: Lines): void {
    if (lines.dtr === this.lines.dtr && lines.rts === this.lines.rts) return;
    this.lines = lines;
    this.cancelRise();
    if (lines.rts && !lines.dtr) {
      this.held = true;
      this.hold();
    } else if (this.held) {
      const patienceMs = lines.rts && lines.dtr ? BETWEEN_LINES_MS : EN_RISE_MS;
      this.cancelRise = this.clock.at(this.clock.now() + patienceMs, () => this.rise());
    }
  }

  dispose(): void {
    this.cancelRise();
  }

  private rise(): void {
    this.held = false;
    this.boot(this.lines.dtr && !this.lines.rts ? 'download' : 'application');
  }
}

// DTR and RTS of a chip's own USB-Serial/JTAG port: no transistors, but a table in the chip (ESP32-C3 TRM, "USB
// Serial/JTAG Controller", reset through CDC-ACM): (0,0) clears the download flag, DTR alone sets it, RTS alone resets.

export class UsbJtagLines implements LineReset {
  private lines: Lines = { dtr: false, rts: false };
  private wantsDownload = false;

  /** @param boot called when a reset ends. @param hold called when it begins. */
  constructor(
    private readonly hold: () => void,
    private readonly boot: (mode: BootMode) => void,
  ) {}

  set(lines: Lines): void {
    const { dtr, rts } = lines;
    const isReset = rts && !dtr;
    const wasReset = this.lines.rts && !this.lines.dtr;
    this.lines = lines;
    if (isReset && !wasReset) this.hold();
    // The flag that counts is the one set before the reset.
    if (!isReset && wasReset) this.boot(this.wantsDownload ? 'download' : 'application');
    if (dtr && !rts) this.wantsDownload = true;
    if (!dtr && !rts) this.wantsDownload = false;
  }

  dispose(): void {
    this.wantsDownload = false;
  }
}
