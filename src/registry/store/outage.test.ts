// When the database is left alone after a failure.
import { afterEach, expect, it, vi } from 'vitest';
import { EspmintError } from '../../core/errors/index.js';
import { Outage } from './outage.js';

afterEach(() => void vi.useRealTimers());

it.each([-3_600_000, 31_536_000_000])(
  'rests for five seconds, also where the clock jumps by %d ms',
  (jumpMs) => {
    vi.useFakeTimers({ toFake: ['Date', 'performance'] });
    const outage = new Outage();
    outage.note(new EspmintError('REGISTRY_TIMEOUT', { target: 'here', what: 'reserve', timeoutMs: 1 }));
    vi.setSystemTime(Date.now() + jumpMs);
    expect(outage.restingFor).toBeDefined();
    vi.advanceTimersByTime(5_001);
    expect(outage.restingFor).toBeUndefined();
  },
);
