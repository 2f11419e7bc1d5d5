import { describe, expect, it } from 'vitest';
import { STAGES } from '../../../core/stages.js';
import type { Job, PortState } from '../../../service/contract/index.js';
import { slotState } from '../../../service/ports/slot-state.js';
import { fitTiles, progressOf, stageMarks, stageOf, tileAction, urgency } from './tile-model.js';

const job = (more: Partial<Job>): Job => ({
  id: 'a',
  port: 'p',
  slot: 1,
  profile: { name: 'sensor', version: 1 },
  state: 'running',
  attempt: 1,
  attempts: 3,
  stages: [],
  warnings: [],
  startedAt: '2026-03-12T10:00:00Z',
  startedBy: 'automatic',
  seen: false,
  ...more,
});
const port = (more: Partial<PortState>): PortState => {
  const facts = { present: true, inspecting: false, ...more };
  const state = slotState(facts);
  return { port: 'p', slot: 1, kind: 'serial', label: 'p', isNativeUsb: false, ...facts, state };
};

const hopeless = {
  code: 'CHIP_UNEXPECTED',
  message: '',
  next: '',
  stage: 'connect' as const,
  retryable: false,
};

describe('a tile', () => {
  it.each([
    ['nothing plugged in', port({ present: false }), 'empty', 'none'],
    ['a board that waits', port({}), 'ready', 'start'],
    ['an inspection', port({ inspecting: true }), 'reading', 'none'],
    ['a running job', port({ job: job({}) }), 'running', 'stop'],
    ['a pass', port({ job: job({ state: 'passed' }) }), 'passed', 'none'],
    ['a failure', port({ job: job({ state: 'failed' }) }), 'failed', 'retry'],
    [
      'a failure whose board is gone',
      port({ present: false, job: job({ state: 'failed' }) }),
      'failed',
      'seen',
    ],
    [
      'a failure that no other run can cure',
      port({ job: job({ state: 'failed', failure: hopeless }) }),
      'failed',
      'seen',
    ],
    ['a stopped job', port({ job: job({ state: 'cancelled' }) }), 'stopped', 'retry'],
    [
      'a job that the service left behind',
      port({ job: job({ state: 'interrupted' }) }),
      'interrupted',
      'retry',
    ],
  ] as const)('with %s', (_, shown, state, action) => {
    expect([shown.state, tileAction(shown)]).toEqual([state, action]);
  });

  it('puts failures first on a phone, then what runs', () => {
    const all = [
      port({ present: false }),
      port({}),
      port({ job: job({}) }),
      port({ job: job({ state: 'failed' }) }),
    ];
    expect(all.map(urgency)).toEqual([4, 3, 1, 0]);
  });
});

describe('progress', () => {
  it('rises from stage to stage and is whole only after a pass', () => {
    const shares = STAGES.map((_, index) =>
      progressOf(job({ stages: STAGES.slice(0, index + 1).map((stage) => ({ stage, state: 'done' })) })),
    );
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
    expect(shares.at(-1)).toBe(99);
    expect(progressOf(job({ state: 'passed' }))).toBe(100);
  });

  it('moves within the write', () => {
    const writing = (percent: number): number =>
      progressOf(job({ percent, stages: [{ stage: 'write', state: 'running' }] }));
    expect(writing(0)).toBe(0);
    expect(writing(100)).toBeGreaterThan(writing(50));
  });
});

describe('the stage strip', () => {
  it('has a mark for each stage, and shows where a job ended', () => {
    const marks = stageMarks(job({ state: 'failed', stages: [{ stage: 'connect', state: 'running' }] }));
    expect(marks.map(({ state }) => state)).toEqual(['failed', ...STAGES.slice(1).map(() => 'waiting')]);
  });

  it('leaves out stages that a product which passed does not have', () => {
    const stages = STAGES.filter((stage) => stage !== 'boot').map((stage) => ({
      stage,
      state: 'done' as const,
    }));
    expect(stageMarks(job({ state: 'passed', stages }))).toHaveLength(STAGES.length - 1);
  });

  it('names the stage of the failure, else the last one begun', () => {
    expect(stageOf(job({ stages: [{ stage: 'write', state: 'running' }] }))).toBe('write');
    expect(stageOf(job({}))).toBe('connect');
  });
});

describe('many slots', () => {
  // The area of the tiles below a bar of two lines and a notice, beside the rail.
  it.each([
    [32, 1282, 768 - 170],
    [32, 1836, 1080 - 170],
    [16, 940, 768 - 170],
  ])('%i of them fit on %i × %i, with room for a number, a word and what to do', (count, width, height) => {
    const { columns, rows, density, gapPx } = fitTiles(count, width, height);
    expect(columns * rows).toBeGreaterThanOrEqual(count);
    expect((width - gapPx * (columns + 1)) / columns).toBeGreaterThan(128);
    expect((height - gapPx * (rows + 1)) / rows).toBeGreaterThan(116);
    expect(density).not.toBe('tiny');
  });

  it('are large when they are few, and two by two when they are four', () => {
    expect(fitTiles(1, 1280, 720)).toMatchObject({ columns: 1, rows: 1, density: 'roomy' });
    expect(fitTiles(4, 1280, 720)).toMatchObject({ columns: 2, rows: 2, density: 'roomy' });
  });
});
