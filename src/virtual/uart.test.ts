// The wire: bytes take their time, in order, and a wrong rate makes nonsense of them.
import { describe, expect, it } from 'vitest';
import { FakeClock } from './testing/fake-clock.js';
import { baudsAgree, garble, Wire } from './uart.js';

function wire(options: { paced: boolean; latencyMs: number }): {
  clock: FakeClock;
  wire: Wire;
  arrived: [number, number][];
} {
  const clock = new FakeClock();
  const arrived: [number, number][] = [];
  return {
    clock,
    arrived,
    wire: new Wire(clock, (bytes) => void arrived.push([clock.now(), bytes.length]), options),
  };
}

describe('the wire', () => {
  it('carries 115200 baud as 11,520 bytes a second', () => {
    const { clock, wire: line, arrived } = wire({ paced: true, latencyMs: 0 });
    line.send(new Uint8Array(1152), 115200, 0);
    clock.advance(1000);
    expect(arrived.reduce((sum, [, count]) => sum + count, 0)).toBe(1152);
    expect(arrived.at(-1)?.[0]).toBeCloseTo(100);
  });

  it('adds the latency of the adapter once, not for each byte', () => {
    const { clock, wire: line, arrived } = wire({ paced: true, latencyMs: 16 });
    line.send(new Uint8Array(10), 1_000_000, 0);
    line.send(new Uint8Array(10), 1_000_000, 0);
    clock.advance(1000);
    expect(arrived.map(([at]) => at)).toEqual([16.1, 16.2].map((at) => expect.closeTo(at) as number));
  });

  it('delivers at once without pacing', () => {
    const { wire: line, arrived } = wire({ paced: false, latencyMs: 16 });
    line.send(new Uint8Array(3), 9600, 0);
    expect(arrived).toEqual([[0, 3]]);
  });

  it('forgets what is under way when it is cut', () => {
    const { clock, wire: line, arrived } = wire({ paced: true, latencyMs: 0 });
    line.send(new Uint8Array(3), 9600, 0);
    line.cut();
    clock.advance(1000);
    expect(arrived).toEqual([]);
  });

  it('takes rates for equal within what a receiver bears', () => {
    expect(baudsAgree(115_200, 117_647)).toBe(true);
    expect(baudsAgree(115_200, 230_400)).toBe(false);
  });

  it('never garbles bytes into themselves', () => {
    const sent = Uint8Array.from({ length: 64 }, (_, n) => n * 4);
    expect(garble(sent, 115_200, 230_400)).not.toEqual(sent);
    expect(garble(sent, 921_600, 115_200).length).toBeGreaterThan(0);
  });
});
