// The service on a real socket: live events with replay, sign-in, exposure, and a stop in good order.
import { EventEmitter, once } from 'node:events';
import http from 'node:http';
import { mkdir, readFile, symlink, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { systemZone } from '../core/times.js';
import { thisProcess } from '../registry/spool/owner.js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EventReader, type ReadEvent } from '../../test/support/event-reader.js';
import { createBench, type TestBench } from '../../test/support/service-bench.js';
import { People, peopleFile } from './access/people.js';
import { ownPorts } from './ports/slot-file.js';
import { startService, type RunningService, type StartOptions } from './start.js';

const PASSWORD = 'a long enough password';
const CHEAP = { n: 2 ** 10, r: 8, p: 1 };
const PROFILE = { settings: { name: 'sensor', caUrl: 'https://ca.example.com' } };

let bench: TestBench;
const closers: (() => Promise<void>)[] = [];

beforeEach(async () => {
  bench = await createBench(2);
});
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
  await bench.dispose();
});

async function start(options: Partial<StartOptions> = {}): Promise<RunningService> {
  const service = await startService(bench.parts, {
    version: '1.2.3',
    dataDir: bench.dataDir,
    port: 0,
    portIntervalMs: 20,
    ...options,
  });
  closers.push(() => service.close());
  return service;
}

async function post(url: string, body: object, headers: Record<string, string> = {}): Promise<Response> {
  const type = { 'content-type': 'application/json' };
  return fetch(url, { method: 'POST', body: JSON.stringify(body), headers: { ...type, ...headers } });
}

const numberOf = (id: string): number => Number(id.split('-')[1]);

const isPass = ({ data }: ReadEvent): boolean =>
  (data['job'] as { state?: string } | undefined)?.state === 'passed';

async function runBoard(url: string, port: string): Promise<void> {
  const started = await post(`${url}/api/v1/jobs`, { ports: [port], profile: { name: 'sensor' } });
  expect(started.status).toBe(200);
}

describe('live events', () => {
  it('tell a reader of a whole run, and one who comes back of what it missed', async () => {
    const { url } = await start();
    await post(`${url}/api/v1/profiles`, { profile: PROFILE });
    const first = await EventReader.open(`${url}/api/v1/events`);
    const whole = await EventReader.open(`${url}/api/v1/events`);
    await whole.waitFor(({ data }) => data.type === 'hello');
    await runBoard(url, 'virtual://1');
    // Its connection may have brought more by now than this, the whole run even: what counts is what it says it has seen.
    const { id: left = '' } = await first.waitFor(({ data }) => data.type === 'job');
    first.close();
    await whole.waitFor(isPass);
    const back = await EventReader.open(`${url}/api/v1/events`, { lastEventId: left });
    await back.waitFor(isPass);
    expect(back.events.some(({ data }) => data.type === 'reset')).toBe(false);
    const numbers = back.events.flatMap(({ id }) => (id === undefined ? [] : [numberOf(id)]));
    expect(numbers).toEqual(numbers.map((_, index) => numberOf(left) + 1 + index));
    whole.close();
    back.close();
  });

  it('tell who comes back to a restarted service to load everything anew', async () => {
    const before = await start();
    const reader = await EventReader.open(`${before.url}/api/v1/events`);
    await expect.poll(() => reader.lastId).toBeDefined();
    await before.close();
    await expect.poll(() => reader.ended).toBe(true);
    const { url } = await start();
    const back = await EventReader.open(`${url}/api/v1/events`, { lastEventId: reader.lastId ?? '' });
    await back.waitFor(({ data }) => data.type === 'reset');
    back.close();
  });
});

describe('sign-in', () => {
  async function withPeople(): Promise<string> {
    const people = new People(bench.dataDir, CHEAP);
    await people.addUser('lan', 'admin', PASSWORD);
    return (await start()).url;
  }
  async function signIn(url: string) {
    const answer = await post(`${url}/api/v1/session`, { name: 'lan', password: PASSWORD });
    const [cookie = ''] = answer.headers.getSetCookie();
    const { csrfToken } = (await answer.json()) as { csrfToken: string };
    return { cookie: cookie.split(';')[0] ?? '', attributes: cookie, csrfToken };
  }

  it('gives a cookie that scripts cannot read and other sites cannot send', async () => {
    const url = await withPeople();
    const { attributes } = await signIn(url);
    expect(attributes).toMatch(/HttpOnly/);
    expect(attributes).toMatch(/SameSite=Strict/);
    expect(attributes).toMatch(/Path=\//);
  });
  it('asks for the token of the session with everything that changes something', async () => {
    const url = await withPeople();
    const { cookie, csrfToken } = await signIn(url);
    const label = { label: 'line 1', role: 'operator' };
    expect((await fetch(`${url}/api/v1/users`, { headers: { cookie } })).status).toBe(200);
    const without = await post(`${url}/api/v1/tokens`, label, { cookie });
    expect(await without.json()).toMatchObject({ code: 'CSRF_TOKEN_WRONG' });
    const wrong = await post(`${url}/api/v1/tokens`, label, { cookie, 'x-csrf-token': 'x' });
    expect(wrong.status).toBe(403);
    const right = await post(`${url}/api/v1/tokens`, label, { cookie, 'x-csrf-token': csrfToken });
    expect(right.status).toBe(200);
  });
  it('ends with sign-out, for that session only', async () => {
    const url = await withPeople();
    const [one, two] = [await signIn(url), await signIn(url)];
    const who = async (cookie: string): Promise<unknown> =>
      (await fetch(`${url}/api/v1/session`, { headers: { cookie } })).json();
    const headers = { cookie: one.cookie, 'x-csrf-token': one.csrfToken };
    await fetch(`${url}/api/v1/session`, { method: 'DELETE', headers });
    expect(await who(one.cookie)).toEqual({ signInRequired: true, zone: systemZone() });
    expect(await who(two.cookie)).toMatchObject({ user: { name: 'lan', role: 'admin' } });
  });
  it('says the same of a wrong name and a wrong password, and slows down after a few', async () => {
    const url = await withPeople();
    const bodies: unknown[] = [];
    for (const name of ['lan', 'nobody']) {
      const answer = await post(`${url}/api/v1/session`, { name, password: 'wrong password' });
      expect(answer.status).toBe(401);
      bodies.push(await answer.json());
    }
    expect(bodies[0]).toEqual(bodies[1]);
    for (let tries = 0; tries < 4; tries++) {
      await post(`${url}/api/v1/session`, { name: 'lan', password: 'wrong password' });
    }
    const throttled = await post(`${url}/api/v1/session`, { name: 'lan', password: PASSWORD });
    expect(throttled.status).toBe(429);
    expect(Number(throttled.headers.get('retry-after'))).toBeGreaterThan(0);
  });
  it('checks few passwords of one address at once, refuses the others early, and shuts nobody out', async () => {
    const url = await withPeople();
    const guess = (_: unknown, index: number): Promise<Response> =>
      post(`${url}/api/v1/session`, { name: `name${index}`, password: 'wrong password' });
    const answers = await Promise.all(Array.from({ length: 40 }, guess));
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThan(20);
    expect(await refused[0]?.json()).toMatchObject({ code: 'SIGN_IN_BUSY', retryable: true });
    expect(refused[0]?.headers.get('retry-after')).toBe('2');
    expect((await signIn(url)).csrfToken).toBeDefined();
  });
  it('has a cookie of its own on each of two services of one host', async () => {
    const names: string[] = [];
    for (const dataDir of ['one', 'two'].map((name) => join(bench.dataDir, name))) {
      await new People(dataDir, CHEAP).addUser('lan', 'admin', PASSWORD);
      names.push((await signIn((await start({ dataDir })).url)).cookie.split('=')[0] ?? '');
    }
    expect(names[0]).toMatch(/^espmint_session_/);
    expect(names[0]).not.toBe(names[1]);
  });
});

describe('without people', () => {
  const ask = async (url: string, headers: Record<string, string>, path = '/users'): Promise<number> =>
    new Promise((resolve, reject) => {
      http
        .get(`${url}/api/v1${path}`, { headers }, (answer) => {
          answer.resume();
          resolve(answer.statusCode ?? 0);
        })
        .on('error', reject);
    });

  it('who sits at this computer may do everything', async () => {
    const { url } = await start({ allowedHosts: ['plant.example.com'] });
    expect(await ask(url, {})).toBe(200);
  });
  it.each([
    ['another name than its own', { host: 'plant.example.com' }],
    ['Forwarded', { forwarded: 'for=203.0.113.9' }],
    ['X-Forwarded-For', { 'x-forwarded-for': '127.0.0.1' }],
    ['X-Forwarded-Host', { 'x-forwarded-host': 'localhost' }],
    ['X-Real-IP', { 'x-real-ip': '127.0.0.1' }],
    ['Via', { via: '1.1 proxy' }],
    ['CF-Connecting-IP', { 'cf-connecting-ip': '203.0.113.9' }],
  ] as [string, Record<string, string>][])(
    'nobody is let in through a proxy, told by %s',
    async (_, headers) => {
      const { url } = await start({ allowedHosts: ['plant.example.com'] });
      expect(await ask(url, headers)).toBe(401);
      expect(await ask(url, headers, '/events')).toBe(401);
      const session = await post(`${url}/api/v1/session`, { name: 'lan', password: PASSWORD }, headers);
      expect(await session.json()).toMatchObject({ code: 'NOBODY_CAN_SIGN_IN' });
    },
  );
  it('nobody is let in from the address of a proxy that is believed, whatever the request says', async () => {
    const { url } = await start({ trustedProxies: ['127.0.0.0/8'] });
    expect(await ask(url, {})).toBe(401);
  });
  it.each([
    ['may not be read', async (path: string) => writeFile(path, '{')],
    ['is a folder', async (path: string) => mkdir(path)],
    ['is a link that leads nowhere', async (path: string) => symlink('/nowhere/people.json', path)],
    ['is gone', async (path: string) => writeFile(path.replace('people', 'sessions'), '{"sessions":[]}')],
  ])('nobody is let in when the file of people %s', async (_, damage) => {
    const { url } = await start();
    const path = peopleFile(bench.dataDir);
    await mkdir(dirname(path), { recursive: true });
    await damage(path);
    const answer = await fetch(`${url}/api/v1/devices`);
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({ code: 'STATE_UNREADABLE' });
  });
});

describe('behind a proxy that is believed', () => {
  const from = (address: string): Record<string, string> => ({
    'x-forwarded-for': address,
    'x-forwarded-proto': 'https',
  });
  it('the address of the client counts, and the cookie is for HTTPS only', async () => {
    await new People(bench.dataDir, CHEAP).addUser('lan', 'admin', PASSWORD);
    const { url } = await start({ trustedProxies: ['127.0.0.1'] });
    const tries = async (password: string, address: string): Promise<Response> =>
      post(`${url}/api/v1/session`, { name: 'lan', password }, from(address));
    for (let count = 0; count < 5; count++) await tries('wrong password', '203.0.113.9');
    expect((await tries(PASSWORD, '203.0.113.9')).status).toBe(429);
    const right = await tries(PASSWORD, '203.0.113.10');
    expect(right.status).toBe(200);
    expect(right.headers.getSetCookie()[0]).toMatch(/; Secure/);
  });
  it('which is no address is refused at the start', async () => {
    await expect(start({ trustedProxies: ['the proxy'] })).rejects.toMatchObject({ code: 'INPUT_INVALID' });
  });
});

describe('other addresses than loopback', () => {
  it('are refused without TLS', async () => {
    await expect(start({ host: '0.0.0.0' })).rejects.toMatchObject({ code: 'PLAIN_HTTP_REFUSED' });
  });
  it('are refused while nobody could sign in', async () => {
    await expect(start({ host: '0.0.0.0', insecureHttp: true })).rejects.toMatchObject({
      code: 'USERS_MISSING',
    });
  });
  it('ask everybody to sign in', async () => {
    await new People(bench.dataDir, CHEAP).addUser('lan', 'admin', PASSWORD);
    const { url } = await start({ host: '0.0.0.0', insecureHttp: true });
    expect((await fetch(`${url}/api/v1/ports`)).status).toBe(401);
  });
});

describe('starting and stopping', () => {
  it('says which address is taken', async () => {
    const { url } = await start();
    const port = Number(new URL(url).port);
    const dataDir = join(bench.dataDir, 'other');
    await expect(start({ port, dataDir })).rejects.toMatchObject({ code: 'LISTEN_FAILED' });
    // What it had taken is free again.
    await start({ dataDir });
  });
  it('leaves the jobs of a service that runs on the same data alone, and says whose they are', async () => {
    const first = await start();
    const refused = await start().catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'DATA_DIR_UNUSABLE' });
    expect(String(refused)).toContain(`process ${process.pid} on ${hostname()}; stop that one first`);
    await first.close();
    await start();
  });
  it('does not share the ports with a station, whoever comes first', async () => {
    const service = await start();
    await expect(ownPorts(bench.dataDir)).rejects.toThrow(
      'an `espmint serve` or `espmint station` for all ports uses it',
    );
    await service.close();
    const leave = await ownPorts(bench.dataDir);
    await expect(start()).rejects.toMatchObject({ code: 'DATA_DIR_UNUSABLE' });
    await leave();
    await start();
  });
  it.each([
    ['was killed', JSON.stringify({ ...thisProcess(), pid: 2 ** 22 - 1 })],
    ['left an empty mark at a power cut', ''],
  ])('takes over from one that %s', async (_, mark) => {
    const folder = join(bench.dataDir, 'service');
    await mkdir(folder, { mode: 0o700 });
    await writeFile(join(folder, 'owner.json'), mark);
    await utimes(join(folder, 'owner.json'), 0, 0);
    await start();
    expect(JSON.parse(await readFile(join(folder, 'owner.json'), 'utf8'))).toEqual(thisProcess());
  });
  it('ends the work of a request that would hold up the end, and says why', async () => {
    const working = new EventEmitter();
    const begun = once(working, 'begun');
    const service = await start({
      wrapHandlers: (handlers) => ({
        ...handlers,
        version: async (_, { signal }) => {
          working.emit('begun');
          await once(signal, 'abort');
          throw new Error('a query was cancelled');
        },
      }),
    });
    const answered = fetch(`${service.url}/api/v1/version`);
    await begun;
    await service.close();
    const answer = await answered;
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({ code: 'SERVICE_STOPPING' });
    expect(answer.headers.get('connection')).toBe('close');
  });
  it('lets a running board finish, tells everybody, and takes no new one', async () => {
    const service = await start();
    const { url } = service;
    await post(`${url}/api/v1/profiles`, { profile: PROFILE });
    const reader = await EventReader.open(`${url}/api/v1/events`);
    await reader.waitFor(({ data }) => data.type === 'hello');
    await runBoard(url, 'virtual://1');
    await service.close();
    const types = reader.events.map(({ data }) => data.type);
    expect(types).toContain('stopping');
    expect(reader.events.some(isPass)).toBe(true);
    await expect(fetch(`${url}/api/v1/ports`)).rejects.toThrow();
  });
});
