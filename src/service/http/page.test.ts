// The dashboard's files as a browser gets them: compressed where it takes that, kept where their name stands for them.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import Fastify, { type FastifyInstance } from 'fastify';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { registerPage } from './page.js';

const SCRIPT = 'console.log("the page");'.repeat(100);
const FILES = { 'index.html': '<!doctype html><title>the page</title>', 'assets/page-1a2b.js': SCRIPT };
let app: FastifyInstance;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'espmint-page-'));
  await mkdir(join(folder, 'assets'));
  for (const [name, text] of Object.entries(FILES)) {
    await writeFile(join(folder, name), text);
    await writeFile(join(folder, `${name}.gz`), gzipSync(text));
  }
  app = Fastify();
  await registerPage(app, folder);
});
afterAll(async () => {
  await app.close();
  await rm(folder, { recursive: true, force: true });
});

it.each([
  ['/assets/page-1a2b.js', SCRIPT, /immutable/, /javascript/],
  ['/', FILES['index.html'], /no-cache/, /html/],
  ['/a/place/in/the/page', FILES['index.html'], /no-cache/, /html/],
])('%s goes out compressed to who takes that, and as it is to others', async (url, text, cached, type) => {
  const plain = await app.inject({ url });
  const small = await app.inject({ url, headers: { 'accept-encoding': 'gzip, deflate, br' } });
  expect(plain.body).toBe(text);
  expect(plain.headers['content-encoding']).toBeUndefined();
  expect(gunzipSync(small.rawPayload).toString()).toBe(text);
  expect(small.headers['content-encoding']).toBe('gzip');
  for (const { headers } of [plain, small]) {
    expect(headers).toMatchObject({ vary: 'accept-encoding' });
    expect(headers['cache-control']).toMatch(cached);
    expect(headers['content-type']).toMatch(type);
  }
});
