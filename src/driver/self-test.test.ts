// The self-test of a board: what it finds on a good link and on a bad one, and that it leaves no trace.
import { afterEach, expect, it } from 'vitest';
import { createVirtualBoard, memoryTransport, type VirtualBoard } from '../virtual/index.js';
import { md5Of } from './write/md5.js';
import { selfTest, type RateFinding } from './self-test.js';
import type { Link } from './link/transport.js';

let virtual: VirtualBoard | undefined;
afterEach(() => virtual?.dispose());

function opener(board: VirtualBoard): () => Promise<Link> {
  virtual = board;
  const transport = memoryTransport(new Map([['board', board]]));
  return () => transport.open('virtual://board', { baud: 115_200, timeoutMs: 1_000 });
}

it('finds a good board good, at every rate, and leaves its flash as it was', async () => {
  const board = createVirtualBoard({ mac: 'a4:cf:12:34:56:78', partitionTable: 'stock' });
  const held = (): string => md5Of(board.flash.read(0, board.flash.sizeBytes));
  const before = held();
  const rates: RateFinding[] = [];
  const report = await selfTest(opener(board), { onRate: (finding) => rates.push(finding) });
  expect(report.ok).toBe(true);
  expect(report.chip).toMatchObject({ chip: 'esp32', flashSizeBytes: 0x40_0000 });
  expect(report.resets.length).toBeGreaterThan(1);
  expect(report.resets.every(({ ok }) => ok)).toBe(true);
  expect(rates.map(({ baud }) => baud)).toEqual([115_200, 230_400, 460_800, 921_600]);
  expect(rates.every(({ readBytesPerSecond = 0 }) => readBytesPerSecond > 0)).toBe(true);
  expect(held()).toBe(before);
  expect(JSON.stringify(report)).not.toMatch(/a4:cf:12|a4cf12/i);
});

it('names the rates that a link does not bear', async () => {
  const faults = { seed: 1, faults: [{ kind: 'baud-limit', baud: 230_400, oneIn: 20 }] } as const;
  const report = await selfTest(opener(createVirtualBoard({ faults })));
  expect(report.ok).toBe(false);
  expect(report.rates.map(({ ok }) => ok)).toEqual([true, true, false, false]);
  expect(report.rates.at(-1)?.reason).toBe('LOWERED');
}, 30_000);
