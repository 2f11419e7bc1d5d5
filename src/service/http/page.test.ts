// The dashboard's files as a browser gets them: compressed where it takes that, kept where their name stands for them.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import Fastify, { type FastifyInstance } from 'fastify';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createLog } from '../log.js';
import { answerError } from './errors.js';
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
  }
  app = Fastify();
  app.setErrorHandler(answerError(createLog('silent', () => undefined)));
  await registerPage(app, folder);
});
afterAll(async () => {
  await app.close();
  await rm(folder, { recursive: true, force: true });
});

it.each([
  ['/assets/page-1a2b.js', SCRIPT, /immutable/, /javascript/],
  ['/', FILES['index.html'], /no-cache/, /html/],
])('%s goes out compressed to who takes that, and as it is to others', async (url, text, cached, type) => {
  const plain = await app.inject({ url });
  const small = await app.inject({ url, headers: { 'accept-encoding': 'gzip, deflate, br' } });
  const refused = await app.inject({ url, headers: { 'accept-encoding': 'br, gzip;q=0' } });
  expect(plain.body).toBe(text);
  expect(refused.body).toBe(text);
  for (const { headers } of [plain, refused]) expect(headers['content-encoding']).toBeUndefined();
  expect(gunzipSync(small.rawPayload).toString()).toBe(text);
  expect(small.headers['content-encoding']).toBe('gzip');
  for (const { headers } of [plain, small]) {
    expect(headers).toMatchObject({ vary: 'accept-encoding' });
    expect(headers['cache-control']).toMatch(cached);
    expect(headers['content-type']).toMatch(type);
  }
});

it.each(['/healthz', '/a/place', '/index.html/x', '/assets'])(
  '%s, which is not there, is told in JSON, and as a page to who asks for one',
  async (url) => {
    const plain = await app.inject({ url });
    expect(plain.statusCode).toBe(404);
    expect(plain.headers['content-type']).toMatch(/json/);
    const page = await app.inject({ url, headers: { accept: 'text/html,*/*' } });
    expect(page.statusCode).toBe(404);
    expect(page.headers['content-type']).toMatch(/html/);
    expect(page.body).not.toContain('the page');
  },
);
it('has a head for each file, and takes nothing', async () => {
  const head = await app.inject({ method: 'HEAD', url: '/assets/page-1a2b.js' });
  expect([head.statusCode, head.body]).toEqual([200, '']);
  const post = await app.inject({ method: 'POST', url: '/assets/page-1a2b.js' });
  expect(post.statusCode).toBe(405);
  expect(post.headers['allow']).toBe('GET, HEAD');
});
