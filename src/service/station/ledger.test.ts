// The day's figures: boards, not jobs, and where their time went.
import { describe, expect, it } from 'vitest';
import type { Job } from '../contract/index.js';
import { Ledger } from './ledger.js';

const HOUR_MS = 3_600_000;
const NOON = Date.parse('2026-05-04T12:00:00Z');

let count = 0;
function job(mac: string | undefined, at: number, change: Partial<Job> = {}): Job {
  return {
    id: `job ${++count}`,
    port: 'p',
    slot: 1,
    profile: { name: 'sensor', version: 1 },
    state: 'passed',
    attempt: 1,
    attempts: 3,
    stages: [],
    warnings: [],
    startedAt: new Date(at - 1000).toISOString(),
    endedAt: new Date(at).toISOString(),
    startedBy: 'lan',
    seen: false,
    mac,
    ...change,
  };
}
const failed = (mac: string | undefined, at: number, code = 'LINK_TIMEOUT'): Job =>
  job(mac, at, {
    state: 'failed',
    failure: { code, message: `${code} at ${at}`, next: '', stage: 'write', retryable: true },
  });

function ledgerOf(...jobs: Job[]): Ledger {
  const ledger = new Ledger();
  for (const one of jobs) ledger.add(one);
  return ledger;
}

describe('figures', () => {
  it('count a board that passed at the second try once, and not as first-pass yield', () => {
    const ledger = ledgerOf(failed('a', NOON), job('a', NOON + 1), job('b', NOON + 2));
    expect(ledger.figures(0, NOON + 3)).toMatchObject({ passed: 2, failed: 0, firstPassYield: 0.5 });
  });
  it('count a board by its last result', () => {
    const ledger = ledgerOf(job('a', NOON), failed('a', NOON + 1));
    expect(ledger.figures(0, NOON + 2)).toMatchObject({ passed: 0, failed: 1, firstPassYield: 1 });
  });
  it('count each failure before the MAC is known by itself', () => {
    const ledger = ledgerOf(failed(undefined, NOON), failed(undefined, NOON + 1));
    expect(ledger.figures(0, NOON + 2)).toMatchObject({ failed: 2, firstPassYield: 0 });
  });
  it('say nothing of a yield while nothing has ended', () => {
    expect(ledgerOf().figures(0, NOON)).toMatchObject({ passed: 0, hours: [], stages: [] });
    expect(ledgerOf().figures(0, NOON).firstPassYield).toBeUndefined();
  });
  it('leave out what was before, and what was only stopped', () => {
    const ledger = ledgerOf(job('a', NOON - 1), job('b', NOON, { state: 'cancelled' }), job('c', NOON));
    expect(ledger.figures(NOON, NOON + 1)).toMatchObject({ passed: 1, failed: 0 });
  });
  it('show every hour, also one without boards', () => {
    const ledger = ledgerOf(
      job('a', NOON),
      job('b', NOON + 2 * HOUR_MS + 1),
      failed('c', NOON + 2 * HOUR_MS),
    );
    const { hours, lastHour } = ledger.figures(0, NOON + 2 * HOUR_MS + 2);
    expect(hours.map(({ passed, failed: bad }) => [passed, bad])).toEqual([
      [1, 0],
      [0, 0],
      [1, 1],
    ]);
    expect(lastHour).toBe(1);
  });
  it('put the most frequent failure first, with its newest message', () => {
    const ledger = ledgerOf(failed('a', NOON, 'FLASH_NOT_FOUND'), failed('b', NOON), failed('c', NOON + 1));
    expect(ledger.figures(0, NOON + 2).failures).toEqual([
      { code: 'LINK_TIMEOUT', count: 2, example: `LINK_TIMEOUT at ${NOON + 1}` },
      { code: 'FLASH_NOT_FOUND', count: 1, example: `FLASH_NOT_FOUND at ${NOON}` },
    ]);
  });
  it('tell median and 95th percentile of each stage, in order', () => {
    const jobs = Array.from({ length: 100 }, (_, index) =>
      job(`m${index}`, NOON, {
        stages: [
          { stage: 'write', state: 'done', durationMs: 1000 + index },
          { stage: 'connect', state: 'done', durationMs: index + 1 },
        ],
      }),
    );
    expect(ledgerOf(...jobs).figures(0, NOON + 1).stages).toEqual([
      { stage: 'connect', count: 100, medianMs: 50, p95Ms: 95 },
      { stage: 'write', count: 100, medianMs: 1049, p95Ms: 1094 },
    ]);
  });
  it('of a batch tell what had to be done again', () => {
    const ledger = ledgerOf(failed('a', NOON), job('a', NOON + 1), failed('b', NOON), job('c', NOON));
    expect(ledger.batch(NOON)).toEqual({ passed: 2, failed: 1, reworked: 1 });
  });
});
