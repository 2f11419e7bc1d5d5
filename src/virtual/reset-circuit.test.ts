// The auto-reset circuit: which sequences of the two lines start the chip, and how.
import { describe, expect, it } from 'vitest';
import { ResetCircuit, type BootMode } from './reset-circuit.js';
import { FakeClock } from './testing/fake-clock.js';

/** Steps such as `D1 R0 +100`: DTR, RTS, and ms of waiting. */
function run(sequence: string): (BootMode | 'hold')[] {
  const clock = new FakeClock();
  const seen: (BootMode | 'hold')[] = [];
  const circuit = new ResetCircuit(
    clock,
    () => seen.push('hold'),
    (mode) => seen.push(mode),
  );
  let lines = { dtr: false, rts: false };
  for (const step of sequence.split(' ')) {
    if (step.startsWith('+')) clock.advance(Number(step.slice(1)));
    else {
      for (const [, line, level] of step.matchAll(/([DR])([01])/g)) {
        lines = line === 'D' ? { ...lines, dtr: level === '1' } : { ...lines, rts: level === '1' };
      }
      circuit.set(lines);
    }
  }
  clock.advance(2000);
  return seen;
}

describe('the auto-reset circuit', () => {
  it.each<[string, string, (BootMode | 'hold')[]]>([
    ['both lines in one step (UnixTight)', 'D0R0 D1R1 D0R1 +100 D1R0 +50 D0R0', ['hold', 'download']],
    ['line by line (classic)', 'D0 R1 +100 D1 R0 +50 D0', ['hold', 'download']],
    ['line by line with 100 ms between them', 'D0 +100 R1 +100 D1 +100 R0 +50 D0', ['hold', 'download']],
    ['RTS first, then DTR, 2 ms apart', 'R1 +100 R0 +2 D1 +50 D0', ['hold', 'download']],
    ['a hard reset', 'R1 +100 R0', ['hold', 'application']],
    ['both lines asserted at open', 'D1R1 +500 D0R0', []],
    ['DTR alone', 'D1 +100 D0', []],
    ['both lines left asserted after a reset', 'R1 +100 D1 +2000', ['hold', 'application']],
  ])('%s', (_, sequence, expected) => {
    expect(run(sequence)).toEqual(expected);
  });
});
