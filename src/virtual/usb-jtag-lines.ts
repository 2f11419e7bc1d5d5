// DTR and RTS of a chip's own USB-Serial/JTAG port: no transistors, but a table in the chip (ESP32-C3 TRM, "USB
// Serial/JTAG Controller", reset through CDC-ACM): (0,0) clears the download flag, DTR alone sets it, RTS alone resets.
import type { BootMode, LineReset, Lines } from './reset-circuit.js';

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
