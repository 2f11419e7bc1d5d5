// The test of a CA URL against servers that answer, fail, send elsewhere, stay silent, or are not there.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { caHandlers } from '../handlers/ca.js';
import { probeCa } from './ca-probe.js';

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
  server = undefined;
});

interface Asked {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: readonly string[];
}

/** @param status 0: the server takes the question and never answers */
async function serve(status: number, headers: Record<string, string> = {}) {
  const asked: Asked[] = [];
  server = createServer((request, response) => {
    asked.push({ method: request.method, url: request.url, headers: Object.keys(request.headers).sort() });
    if (status > 0) response.writeHead(status, headers).end('x'.repeat(100_000));
  });
  const listening = server;
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
  const { port } = listening.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, asked };
}

const unaborted = (): AbortSignal => new AbortController().signal;

describe('the test of a CA URL', () => {
  it.each([200, 401, 101])('takes %i as an answer: somebody is there', async (status) => {
    const { url } = await serve(status, status === 101 ? { connection: 'Upgrade', upgrade: 'h2c' } : {});
    const result = await probeCa(url, unaborted());
    expect(result).toMatchObject({ ok: true, status });
    expect(result.durationMs).toBeGreaterThan(0);
  });

  it('asks once, with a bare GET', async () => {
    const { url, asked } = await serve(200);
    await probeCa(`${url}/enrol`, unaborted());
    expect(asked).toEqual([{ method: 'GET', url: '/enrol', headers: ['connection', 'host'] }]);
  });

  it('does not follow a redirect', async () => {
    const { url, asked } = await serve(302, { location: '/elsewhere' });
    expect(await probeCa(url, unaborted())).toMatchObject({ ok: true, status: 302 });
    expect(asked).toHaveLength(1);
  });

  it('says that a server which reports its own failure is not well', async () => {
    const { url } = await serve(503);
    expect(await probeCa(url, unaborted())).toMatchObject({ ok: false, status: 503, code: 'CA_FAULTY' });
  });

  it('gives up on a server that says nothing', async () => {
    const { url } = await serve(0);
    const result = await probeCa(url, unaborted(), 100);
    expect(result).toMatchObject({ ok: false, code: 'CA_UNREACHABLE' });
    expect(result.message).toContain('no answer within 0.1 s');
  });

  it('says that nothing listens there, or that there is no TLS', async () => {
    const { url } = await serve(200);
    const tls = await probeCa(url.replace('http:', 'https:'), unaborted());
    expect(tls).toMatchObject({ ok: false, code: 'CA_UNREACHABLE' });
    const closed = await serve(200).then(({ url: other }) => {
      server?.close();
      return other;
    });
    const result = await probeCa(closed, unaborted());
    expect(result).toMatchObject({ ok: false, code: 'CA_UNREACHABLE' });
    expect(result.message).toContain('nothing listens there');
  });

  it.each([
    'ftp://ca.example.com',
    'file:///etc/passwd',
    'https://user:pw@ca.example.com',
    'ca',
    'http://localhost',
    'http://169.254.169.254/latest',
  ])('refuses %s before it asks anybody', async (url) => {
    const { testCa } = caHandlers();
    const call = { signal: unaborted() } as Parameters<typeof testCa>[1];
    await expect(testCa({ body: { url } } as Parameters<typeof testCa>[0], call)).rejects.toMatchObject({
      code: 'CA_URL_INVALID',
    });
  });
});
