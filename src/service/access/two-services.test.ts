// Two services on one computer, at two ports: a browser keeps their cookies together, since cookies know no ports.
import type { FastifyInstance } from 'fastify';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createBench, type TestBench } from '../../../test/support/service-bench.js';
import { createApp } from '../app.js';
import { People } from './people.js';

const PASSWORD = 'a long enough password';
let benches: TestBench[];
let apps: FastifyInstance[];
beforeEach(async () => {
  benches = [await createBench(), await createBench()];
  apps = [];
  for (const { parts, dataDir } of benches) {
    await new People(dataDir, { n: 2 ** 10, r: 8, p: 1 }).addUser('lan', 'admin', PASSWORD);
    const app = await createApp(parts, { version: '1.2.3', dataDir });
    await app.ready();
    apps.push(app);
  }
});
afterEach(async () => {
  await Promise.all(apps.map((app) => app.close()));
  await Promise.all(benches.map((bench) => bench.dispose()));
});

it('keep both sessions in one browser, and the cookie of one opens nothing of the other', async () => {
  const jar: Record<string, string> = {};
  const signedIn = async (app: FastifyInstance, cookies = jar): Promise<boolean> =>
    (await app.inject({ url: '/api/v1/ports', cookies })).statusCode === 200;
  const perService: Record<string, string>[] = [];
  for (const app of apps) {
    const answer = await app.inject({
      method: 'POST',
      url: '/api/v1/session',
      payload: { name: 'lan', password: PASSWORD },
    });
    const own = Object.fromEntries(answer.cookies.map(({ name, value }) => [name, value]));
    perService.push(own);
    Object.assign(jar, own);
  }
  expect(Object.keys(jar)).toHaveLength(2);
  for (const app of apps) expect(await signedIn(app)).toBe(true);
  const [first = {}, second = {}] = perService;
  expect(await signedIn(apps[0]!, second)).toBe(false);
  // Under the other's name, too.
  const renamed = Object.fromEntries(
    Object.keys(first).map((name, at) => [name, Object.values(second)[at] ?? '']),
  );
  expect(await signedIn(apps[0]!, renamed)).toBe(false);
});
