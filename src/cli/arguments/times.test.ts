import { expect, it } from 'vitest';
import { systemZone } from '../../core/times.js';
import { shownTime } from '../output/format.js';
import { parseTime } from './times.js';

it('What a command shows can be typed as it is, with its zone or without it', () => {
  for (const ms of [Date.UTC(2026, 10, 24, 13, 5, 9), Date.UTC(2026, 5, 1, 23, 59, 59)]) {
    const shown = shownTime(new Date(ms).toISOString());
    expect(parseTime(shown, '--since')).toBe(ms);
    expect(parseTime(shown.slice(0, 19), '--until')).toBe(ms);
  }
  expect(systemZone()).not.toBe('');
});

it('A day that ends a period is in it', () => {
  const length = (parseTime('2026-11-24', '--until') ?? 0) - (parseTime('2026-11-24', '--since') ?? 0);
  expect(length).toBe(86_400_000);
});
