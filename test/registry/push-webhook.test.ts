// Pushes to a webhook: signed, at least once, in order, and never a secret where it was not asked for.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openPushes, removeDevice, type NewPushTarget } from '../../src/registry/index.js';
import { queryAt } from './foreign-program.js';
import {
  bodyOf,
  newBoard,
  openBench,
  PACE,
  provision,
  type PushBench,
  SECRET,
  until,
  whileDelivering,
} from './push-bench.js';
import { answer, isSignedWith, type Received, type Receiver, startReceiver } from './push-receivers.js';
import { PROOF } from '../support/proof.js';

let bench: PushBench;
let receiver: Receiver;
beforeAll(async () => {
  bench = await openBench('push-webhook');
});
afterAll(() => bench.close());
beforeEach(async () => {
  receiver = await startReceiver();
});
afterEach(async () => {
  await bench.removeAll();
  await receiver.close();
});

const addWebhook = (more: Partial<NewPushTarget> = {}) => bench.addWebhook({ url: receiver.url, ...more });

describe('a webhook', () => {
  it('is told of a provisioned device with a signature that another implementation verifies', async () => {
    await addWebhook();
    const { mac, uuid, psk } = await provision(bench);
    expect(await bench.pushes.deliverDue()).toEqual({ delivered: 1, failed: 0 });
    const [got] = receiver.received as [Received];
    expect(bodyOf(got)).toMatchObject({
      type: 'device.provisioned',
      version: 1,
      data: { mac, uuid, status: 'provisioned', caUrl: 'https://ca.example.com', firmwareVersion: '1.2.3' },
    });
    expect(got.body).not.toContain(psk);
    expect(isSignedWith(SECRET, got)).toBe(true);
    expect(isSignedWith(SECRET, { ...got, body: got.body.replace(mac, 'a4:cf:12:34:60:ff') })).toBe(false);
    expect(Math.abs(Date.now() / 1000 - Number(got.headers['webhook-timestamp']))).toBeLessThan(5);
  });

  it('is told of each event in its order, and of none twice', async () => {
    await addWebhook();
    const board = newBoard();
    await provision(bench, board);
    await provision(bench, { ...board, policy: 'rotate' });
    await removeDevice({ dataDir: bench.home }, { mac: board.mac }, 'scrapped');
    await provision(bench, { ...board, policy: 'rotate' });
    await bench.pushes.deliverDue();
    await bench.pushes.deliverDue();
    expect(receiver.received.map((got) => bodyOf(got).type)).toEqual([
      'device.provisioned',
      'device.rotated',
      'device.removed',
      'device.restored',
    ]);
    expect(new Set(receiver.received.map(({ headers }) => headers['webhook-id'])).size).toBe(4);
  });

  it('is only told of the events that it asked for, and of no attempt that failed or was confirmed twice', async () => {
    await addWebhook({ events: ['removed'] });
    await bench.pushes.add({ name: 'second', kind: 'webhook', url: receiver.url, events: ['provisioned'] });
    const { id } = await bench.registry.reserve(newBoard());
    await bench.registry.fail(id, { code: 'LINK_TIMEOUT' });
    await bench.registry.confirm(id, PROOF);
    await bench.registry.confirm(id, PROOF);
    await bench.pushes.deliverDue();
    expect(receiver.received.map((got) => bodyOf(got).type)).toEqual(['device.provisioned']);
  });

  it('gets the key only when the target says so, and the audit trail says so first', async () => {
    await addWebhook({ sendKeys: true });
    const { psk, uuid } = await provision(bench);
    receiver.mood = answer(500);
    await bench.pushes.deliverDue();
    receiver.mood = answer(204);
    await until(async () => (await bench.pushes.deliverDue()).delivered === 1);
    expect(bodyOf(receiver.received.at(-1)!).data['psk']).toBe(psk);
    const events = await queryAt(
      bench.home,
      `select detail->>'target' as target from events where kind = 'key pushed' and global_uuid = $1`,
      [uuid],
    );
    expect(events).toEqual([{ target: 'hook' }]);
  });

  it('that fails in every way is tried again with the same id until it works', async () => {
    await addWebhook();
    await provision(bench);
    const moods: Receiver['mood'][] = [
      answer(500, 'oops'),
      answer(429, '', { 'retry-after': '0' }),
      (response) => void response.socket?.destroy(),
      () => undefined,
      answer(302, '', { location: `${receiver.url}/elsewhere` }),
      answer(200, 'thanks'),
    ];
    receiver.mood = (response, got) => moods.shift()?.(response, got);
    const patient = await openPushes({ ...bench.options, pace: { ...PACE, giveUpMs: 60_000 } });
    await whileDelivering(patient, () => until(async () => (await bench.status('hook'))?.pending === 0));
    await patient.close();
    expect(moods).toHaveLength(0);
    expect(receiver.received).toHaveLength(6);
    expect(new Set(receiver.received.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    expect(await bench.status('hook')).toMatchObject({
      pending: 0,
      dead: 0,
      lastDelivered: expect.any(String) as string,
    });
  });

  it('is left alone for as long as it asks with Retry-After', async () => {
    await addWebhook();
    await provision(bench);
    await provision(bench);
    receiver.mood = answer(429, 'slow down', { 'retry-after': '120' });
    expect(await bench.pushes.deliverDue()).toEqual({ delivered: 0, failed: 1 });
    expect(await bench.pushes.deliverDue()).toEqual({ delivered: 0, failed: 0 });
    const { retryAt = '', lastError } = (await bench.status('hook'))!;
    expect(Date.parse(retryAt) - Date.now()).toBeGreaterThan(100_000);
    expect(lastError).toMatchObject({ code: 'PUSH_REFUSED' });
    expect(lastError?.message).toContain('HTTP 429: slow down');
    receiver.mood = answer(204);
    await queryAt(bench.home, `update push_deliveries set due_at = now() + interval '1 hour'`);
    await bench.pushes.setPaused('hook', false);
    expect(await bench.pushes.deliverDue()).toEqual({ delivered: 2, failed: 0 });
  });

  it('that is out of order is told of once, and once when it takes devices again, in each outage', async () => {
    await addWebhook();
    const patient = await openPushes({ ...bench.options, pace: { ...PACE, giveUpMs: 60_000 } });
    const outage = async (): Promise<void> => {
      receiver.mood = answer(503);
      const before = receiver.received.length;
      await provision(bench);
      await provision(bench);
      await until(() => receiver.received.length >= before + 4);
      receiver.mood = answer(204);
      await until(async () => (await bench.status('hook'))?.pending === 0);
    };
    const notes = await whileDelivering(patient, async (kept) => {
      await outage();
      await outage();
      return kept;
    });
    await patient.close();
    const fails = expect.stringContaining('503') as string;
    const isBack = 'The push target "hook" takes devices again.';
    expect(notes).toEqual([fails, isBack, fails, isBack]);
  });

  it('that stays out of order leaves a dead letter without secrets, which can be retried or discarded', async () => {
    await addWebhook({ sendKeys: true, url: `${receiver.url}?token=canary-of-the-query` });
    const { psk, mac } = await provision(bench);
    receiver.mood = (response, { body }) =>
      answer(
        400,
        `cannot take ${body.toUpperCase()} ${psk} ${SECRET} canary-of-the-query ${'x'.repeat(1e6)}`,
      )(response);
    const notes = await whileDelivering(bench.pushes, async (kept) => {
      await until(async () => (await bench.status('hook'))?.dead === 1);
      return kept;
    });
    const [dead] = await bench.pushes.dead();
    expect(dead).toMatchObject({ target: 'hook', mac, event: 'provisioned', code: 'PUSH_REFUSED' });
    expect(dead!.tries).toBeGreaterThan(1);
    expect(dead!.message.length).toBeLessThan(450);
    const shown = JSON.stringify([
      dead,
      notes,
      await bench.pushes.status(),
      await bench.pushes.targets(),
    ]).toLowerCase();
    expect(shown).not.toContain(psk);
    expect(shown).not.toContain(SECRET.slice('whsec_'.length).toLowerCase());
    expect(shown).not.toContain('canary-of-the-query');
    expect(notes.join()).toContain('was given up');

    await expect(bench.pushes.retry(['999999999'])).rejects.toMatchObject({ code: 'PUSH_DELIVERY_UNKNOWN' });
    receiver.mood = answer(204);
    expect(await bench.pushes.retry([dead!.id])).toBe(1);
    expect(await bench.pushes.deliverDue()).toEqual({ delivered: 1, failed: 0 });
    expect(await bench.pushes.discard('all')).toBe(0);
  });

  it('that hangs delays neither another target nor provisioning', async () => {
    receiver.mood = () => undefined;
    await addWebhook();
    const other = await startReceiver();
    await bench.pushes.add({ name: 'other', kind: 'webhook', url: other.url });
    const hangMs = 10_000;
    const patient = await openPushes({ ...bench.options, pace: { ...PACE, timeoutMs: hangMs } });
    await whileDelivering(patient, async () => {
      await provision(bench);
      await until(() => receiver.received.length === 1);
      const started = performance.now();
      await provision(bench);
      await until(() => other.received.length === 2);
      expect(performance.now() - started).toBeLessThan(hangMs / 2);
    });
    await patient.close();
    await other.close();
  });

  it('of which one message is refused still gets those of other devices', async () => {
    await addWebhook();
    const bad = await provision(bench);
    const good = await provision(bench);
    receiver.mood = (response, { body }) => answer(body.includes(bad.mac) ? 422 : 204)(response);
    expect(await bench.pushes.deliverDue()).toMatchObject({ delivered: 1 });
    expect(receiver.received.some(({ body }) => body.includes(good.mac))).toBe(true);
    expect(await bench.status('hook')).toMatchObject({ pending: 1 });
  });

  it('is told by one of many processes only, however many deliver at once', async () => {
    await addWebhook();
    const all = await Promise.all(Array.from({ length: 3 }, () => openPushes(bench.options)));
    for (let count = 0; count < 20; count++) await provision(bench);
    receiver.mood = (response) => void setTimeout(() => answer(204)(response), 5);
    await Promise.all(all.map((one) => one.deliverDue()));
    await Promise.all(all.map((one) => one.close()));
    expect(receiver.received).toHaveLength(20);
    expect(new Set(receiver.received.map(({ headers }) => headers['webhook-id'])).size).toBe(20);
  });

  it('hears of a paused time afterwards, and of a test at once', async () => {
    await addWebhook();
    await bench.pushes.setPaused('hook', true);
    await provision(bench);
    await bench.pushes.deliverDue();
    expect(receiver.received).toHaveLength(0);
    await bench.pushes.test('hook');
    expect(bodyOf(receiver.received[0]!)).toMatchObject({ type: 'test' });
    expect(isSignedWith(SECRET, receiver.received[0]!)).toBe(true);
    await bench.pushes.setPaused('hook', false);
    expect(await bench.pushes.deliverDue()).toEqual({ delivered: 1, failed: 0 });
  });

  it.each([
    ['http://example.com/hook', 'is not encrypted'],
    ['https://user:word@example.com/hook', 'has a user name or password'],
    ['env:PGPASSWORD', 'names a variable that targets may not have'],
    ['ftp://example.com', 'is not encrypted'],
    ['nonsense', 'is not a URL'],
  ])('cannot be at %s', async (url, why) => {
    await expect(addWebhook({ url })).rejects.toThrow(why);
  });

  it('is shown without what may be a token in its address', async () => {
    const { address } = await addWebhook({
      url: 'https://hooks.example.com/services/T00000000000000000000/b?c=d',
    });
    expect(address).toBe('https://hooks.example.com/services/…/b');
  });

  it('may keep its address in the environment of the stations, and says when it is not there', async () => {
    await addWebhook({ url: 'env:ESPMINT_PUSH_URL' });
    await provision(bench);
    expect(await bench.pushes.deliverDue()).toEqual({ delivered: 0, failed: 1 });
    expect((await bench.status('hook'))?.lastError?.message).toContain(
      'ESPMINT_PUSH_URL, which is not set here',
    );
    const station = await openPushes({ ...bench.options, env: { ESPMINT_PUSH_URL: receiver.url } });
    await until(async () => (await station.deliverDue()).delivered === 1);
    await station.close();
  });
});
