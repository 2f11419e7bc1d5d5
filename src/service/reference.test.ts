// The reference page is made from the contract and names every operation and every event once.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { liveEventSchema, operationList } from './contract/index.js';
import { openApiFile } from './openapi-file.js';
import { httpApiPage } from './reference.js';

const FILE = new URL('../../docs/reference/http-api.md', import.meta.url);

it('docs/reference/openapi.json, which every service answers with, is what the contract says (npm run docs)', () => {
  const file = readFileSync(new URL('../../docs/reference/openapi.json', import.meta.url), 'utf8');
  const { info } = JSON.parse(file) as { info: { version: string } };
  expect(file).toBe(openApiFile(info.version));
});

describe('docs/reference/http-api.md', () => {
  it('is what the contract says (npm run docs)', () => {
    expect(readFileSync(FILE, 'utf8')).toBe(httpApiPage());
  });
  it.each(operationList)('names $method $path once', ({ method, path }) => {
    expect(httpApiPage().split(`| \`${method} ${path}\` |`)).toHaveLength(2);
  });
  it('names every type of live event', () => {
    const types = liveEventSchema.options.map(({ shape }) => [...shape.type.values][0]);
    for (const type of types) expect(httpApiPage()).toContain(`| \`${type}\` |`);
  });
});
