import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { PUSH_EVENTS, PUSH_KINDS } from '../../core/push.js';

it.each([
  ['kind', PUSH_KINDS],
  ['event', PUSH_EVENTS],
])('the database takes each %s that the program knows, and no other', (column, known) => {
  const schema = readFileSync(new URL('../migrations/001-schema.sql', import.meta.url), 'utf8');
  const pushes = schema.slice(schema.indexOf('create table push_targets'));
  const [, list = ''] = new RegExp(`\\b${column} +TEXT NOT NULL CHECK \\(${column} IN \\(([^)]*)\\)`).exec(
    pushes,
  )!;
  expect(list.split(', ').sort()).toEqual(known.map((name) => `'${name}'`).sort());
});
