// The files of the schema's migrations: each has a number of its own.
import { readdirSync } from 'node:fs';
import { expect, it } from 'vitest';

const names = readdirSync(new URL('../migrations/', import.meta.url)).sort();

it('the migrations are numbered from 1 without gaps, and no number is given twice', () => {
  expect(names.length).toBeGreaterThan(0);
  const numbers = names.map((name) => /^(\d{3})-[a-z0-9-]+\.sql$/.exec(name)?.[1] ?? name);
  expect(numbers).toEqual(names.map((_, index) => String(index + 1).padStart(3, '0')));
});
