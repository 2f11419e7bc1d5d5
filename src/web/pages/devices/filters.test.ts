// Filters of the device list between address, page and service.
import { describe, expect, it } from 'vitest';
import { countFurther, filtersOf, queryOf } from './filters.js';

const NONE = filtersOf({ path: ['devices'], query: {} });

describe('filters of the device list', () => {
  it('are empty without any, and then ask for nothing', () => {
    expect(countFurther(NONE)).toBe(0);
    expect(queryOf(NONE)).toEqual({});
  });

  it('come from the address', () => {
    const filters = filtersOf({ path: ['devices'], query: { text: 'a4', batch: 'WO-7', other: 'x' } });
    expect(countFurther(filters)).toBe(1);
    expect(queryOf(filters)).toEqual({ text: 'a4', batch: 'WO-7' });
  });

  it('name days as they are: the service knows when they begin and end where it stands', () => {
    const days = { from: '2026-12-31', to: '2026-12-31' };
    expect(queryOf({ ...NONE, ...days })).toEqual({ since: '2026-12-31', until: '2026-12-31' });
  });

  it('pass over a day that is none', () => {
    expect(queryOf({ ...NONE, from: 'yesterday' })).toEqual({});
  });
});
