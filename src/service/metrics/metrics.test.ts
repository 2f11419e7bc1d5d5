// Metrics: each run is counted once, and what is not known is not told as nothing.
import { beforeEach, describe, expect, it } from 'vitest';
import { EspmintError } from '../../core/errors/index.js';
import type { RegistryStatus } from '../../registry/index.js';
import type { Job } from '../contract/index.js';
import { Metrics } from './metrics.js';

const NOW_MS = Date.parse('2026-11-30T12:00:00Z');
let status: RegistryStatus;
let failing: boolean;
let metrics: Metrics;
beforeEach(() => {
  status = { reachable: true, pendingSync: 0, conflicts: 2, pushes: { pending: 3, dead: 1 } };
  failing = false;
  metrics = new Metrics({
    version: '1.2.3',
    registry: { status: () => Promise.resolve(status) },
    runs: { read: () => (failing ? Promise.reject(new Error('away')) : Promise.resolve([])) },
    ports: { list: () => [] },
    stationName: () => Promise.resolve('line 1'),
    nowMs: () => NOW_MS,
  });
});

const job = (id: string, more: Partial<Job>): Job => ({
  id,
  port: 'virtual://1',
  slot: 1,
  profile: { name: 'sensor', version: 1 },
  state: 'passed',
  attempt: 1,
  attempts: 3,
  stages: [{ stage: 'write', state: 'done', durationMs: 700 }],
  warnings: [],
  startedAt: '2026-11-30T11:59:00Z',
  durationMs: 900,
  startedBy: 'automatic',
  seen: false,
  ...more,
});
const hear = (told: Job): void => metrics.heard(told);
async function valueOf(sample: string): Promise<string | undefined> {
  const line = (await metrics.text()).split('\n').find((text) => text.startsWith(`${sample} `));
  return line?.slice(sample.length + 1);
}

describe('metrics', () => {
  it('count a run that has ended once, however often it is told', async () => {
    expect(await valueOf('espmint_boards_total{result="passed"}')).toBe('0');
    hear(job('a', {}));
    hear(job('a', { seen: true }));
    expect(await valueOf('espmint_boards_total{result="passed"}')).toBe('1');
    expect(await valueOf('espmint_stage_seconds_sum{stage="write"}')).toBe('0.7');
  });

  it('name the cause of a failure, and take no time from it', async () => {
    const failure = {
      code: 'LINK_TIMEOUT',
      message: '',
      next: '',
      stage: 'connect',
      retryable: true,
    } as const;
    hear(job('a', { state: 'failed', failure }));
    expect(await valueOf('espmint_failures_total{code="LINK_TIMEOUT",stage="connect"}')).toBe('1');
    expect(await valueOf('espmint_board_seconds_count')).toBe('0');
  });

  it('leave a board out of the times that had been done before', async () => {
    hear(job('a', { alreadyDone: true }));
    expect(await valueOf('espmint_boards_total{result="passed"}')).toBe('1');
    expect(await valueOf('espmint_board_seconds_count')).toBe('0');
  });

  it('tell the age of what the registry has not heard', async () => {
    status = { ...status, pendingSync: 2, owedSince: '2026-11-30T11:58:30Z' };
    expect(await valueOf('espmint_outbox_entries')).toBe('2');
    expect(await valueOf('espmint_outbox_oldest_age_seconds')).toBe('90');
  });

  it('keep what they knew of a registry that is away, and know no yield then', async () => {
    expect(await valueOf('espmint_conflicts')).toBe('2');
    failing = true;
    const failure = new EspmintError('REGISTRY_UNREACHABLE', { target: 'db', reason: 'refused' });
    status = { reachable: false, failure, pendingSync: 0, conflicts: 0 };
    expect(await valueOf('espmint_registry_up')).toBe('0');
    expect(await valueOf('espmint_conflicts')).toBe('2');
    expect(await valueOf('espmint_pushes_dead')).toBe('1');
    expect(await valueOf('espmint_final_yield')).toBe('Nan');
  });
});
