// A chip's own USB port: the sequence that resets it into its loader, and those that do not.
import { describe, expect, it } from 'vitest';
import { type BootMode, UsbJtagLines } from './reset-circuit.js';

function run(...steps: readonly [dtr: number, rts: number][]): (BootMode | 'hold')[] {
  const seen: (BootMode | 'hold')[] = [];
  const lines = new UsbJtagLines(
    () => seen.push('hold'),
    (mode) => seen.push(mode),
  );
  for (const [dtr, rts] of steps) lines.set({ dtr: dtr === 1, rts: rts === 1 });
  return seen;
}

describe('the USB-Serial/JTAG port', () => {
  it('enters the loader by DTR first, then RTS, passing through both', () => {
    expect(run([0, 0], [1, 0], [1, 1], [0, 1], [0, 0])).toEqual(['hold', 'download']);
  });
  it('starts the application by RTS alone', () => {
    expect(run([0, 0], [0, 1], [0, 0])).toEqual(['hold', 'application']);
  });
  it('does not take the sequence of the auto-reset circuit for a wish to load', () => {
    expect(run([0, 0], [0, 1], [1, 0], [0, 0])).toEqual(['hold', 'application']);
  });
});
