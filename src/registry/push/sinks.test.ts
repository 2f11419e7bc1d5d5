import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { testMessage } from './message.js';
import { sealedBox } from '../store/secrets/secret-box.js';
import { openTarget, sealSettings } from './settings.js';
import { maskedReason } from './sink.js';
import { webhookSink } from './webhook-sink.js';

let close: () => void = () => undefined;
afterEach(() => close());

async function deliverTo(listener: RequestListener, { timeoutMs = 10_000 } = {}) {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  close = () => {
    server.closeAllConnections();
    server.close();
  };
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  const sink = webhookSink({ name: 'hook', url, signingSecret: new Uint8Array(32), timeoutMs });
  return sink.deliver(testMessage('11111111-2222-4333-8444-555555555555', true));
}

describe('a webhook', () => {
  it('reads no more of an endless answer than it shows', async () => {
    let sent = 0;
    const failure = await deliverTo((_, response) => {
      response.writeHead(500);
      const more = (): void => {
        if (response.destroyed || sent > 50e6) return;
        sent += 1e5;
        response.write('x'.repeat(1e5), () => setImmediate(more));
      };
      more();
    });
    expect(failure?.error.message.length).toBeLessThan(450);
    expect(sent).toBeLessThan(50e6);
  });

  it('has delivered with the head of a good answer, even when its body never ends', async () => {
    const listener: RequestListener = (_, response) => void response.writeHead(200).write('and so on');
    expect(await deliverTo(listener, { timeoutMs: 1_000 })).toBeUndefined();
  });

  it('takes a redirect for an answer, and asks nobody else', async () => {
    const asked: (string | undefined)[] = [];
    const failure = await deliverTo((request, response) => {
      asked.push(request.url);
      response.writeHead(307, { location: '/elsewhere' }).end();
    });
    expect(asked).toEqual(['/']);
    expect(failure).toMatchObject({ isOfTarget: true, error: { code: 'PUSH_REFUSED' } });
  });

  it.each([
    [422, false],
    [400, false],
    [401, true],
    [503, true],
    // Where it is sent with what it stands for, Node gives no answer and no error.
    [101, true],
  ])('with status %i is out of order itself: %s', async (status, isOfTarget) => {
    const headers = status === 101 ? { connection: 'Upgrade', upgrade: 'h2c' } : {};
    expect(await deliverTo((_, response) => void response.writeHead(status, headers).end())).toMatchObject({
      isOfTarget,
      error: { code: 'PUSH_REFUSED' },
    });
  });

  it.each([
    ['7', 7_000],
    ['99999999', 3_600_000],
    ['soon', undefined],
  ])('that asks with Retry-After: %s waits %s ms', async (header, retryAfterMs) => {
    const failure = await deliverTo(
      (_, response) => void response.writeHead(429, { 'retry-after': header }).end(),
    );
    expect(failure?.retryAfterMs).toBe(retryAfterMs);
  });
});

describe('what the other side says', () => {
  it('is one short line without control characters, keys and secrets', () => {
    const shown = maskedReason(
      `a\u001b[2J\nb  ${'AB'.repeat(16)} c s3(cret d S3(CRET ${'long '.repeat(99)}`,
      ['s3(cret'],
    );
    expect(shown.slice(0, 36)).toBe('a b ******** c ******** d ******** l');
    expect(shown.length).toBeLessThanOrEqual(201);
  });

  it('shows no piece of a key that a parser stumbled over', () => {
    const key = '0123e7df29704f8ace2376ef735e3abc';
    const shown = maskedReason(`time zone "E7DF29704f8ace2376ef735e3" not recognized, near 0123e7 or 735`, [
      key,
    ]);
    expect(shown).toBe('time zone "********" not recognized, near ******** or 735');
  });
});

it('a target whose variable is not set says where to set it, and goes on when it is', async () => {
  const box = sealedBox([{ id: 'a1b2c3d4', bytes: new Uint8Array(32).fill(7) }]);
  const stored = sealSettings(box, 'hook', 'webhook', {
    url: 'env:ESPMINT_PUSH_HOOK',
    signingSecret: 'env:ESPMINT_PUSH_SIGNING',
    sendsKeys: false,
  });
  const open = (env: Record<string, string>): Promise<unknown> =>
    openTarget(
      { name: 'hook', kind: 'webhook', settings: stored },
      { box, env, timeoutMs: 300, registryServer: () => Promise.resolve(undefined) },
    );
  await expect(open({})).rejects.toThrow(
    /ESPMINT_PUSH_HOOK, which is not set here; set it where espmint runs/,
  );
  const url = 'https://erp.example.com/hook';
  await expect(open({ ESPMINT_PUSH_HOOK: url })).rejects.toThrow('ESPMINT_PUSH_SIGNING');
  await expect(
    open({ ESPMINT_PUSH_HOOK: url, ESPMINT_PUSH_SIGNING: 'whsec_' + 'A'.repeat(32) }),
  ).resolves.toMatchObject({ sendsKeys: false });
});
