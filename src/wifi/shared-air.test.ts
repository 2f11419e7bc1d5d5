// Boards of one network share a sender; those of another wait, but never behind boards that came after them.
import { describe, expect, it } from 'vitest';
import type { AirSocket } from './smartconfig/air-socket.js';
import { SharedAir } from './shared-air.js';

const NETWORK = {
  interfaceName: 'w',
  address: '192.168.1.2',
  broadcast: '192.168.1.255',
  bssid: '02:00:00:00:00:01',
};

function quietAir(): SharedAir {
  const socket: AirSocket = {
    send: () => Promise.resolve(),
    onMessage: () => undefined,
    close: () => undefined,
  };
  return new SharedAir({
    open: () => Promise.resolve(socket),
    network: () => Promise.resolve(NETWORK),
    pace: { packetMs: 1, firstMs: 0, guideMs: 5, dataMs: 5, listenMs: 0 },
  });
}

/** A board that waits until it is told to leave. */
function board(air: SharedAir, ssid: string, sending: string[], name: string) {
  const stop = new AbortController();
  const ended = air
    .smartConfig({ protocol: 'v2', ssid, password: 'password' }, name, {
      signal: stop.signal,
      onSending: () => sending.push(name),
    })
    .catch((error: unknown) => error);
  return {
    leave: async () => {
      stop.abort();
      expect(await ended).toMatchObject({ code: 'CANCELLED' });
    },
  };
}

describe('SmartConfig for many boards', () => {
  it('serves another network before boards that come to the first one later', async () => {
    const air = quietAir();
    const sending: string[] = [];
    const first = board(air, 'A', sending, 'a1');
    await expect.poll(() => sending).toEqual(['a1']);
    const second = board(air, 'A', sending, 'a2');
    expect(sending).toEqual(['a1', 'a2']);
    const other = board(air, 'B', sending, 'b1');
    const late = board(air, 'A', sending, 'a3');
    await first.leave();
    await second.leave();
    await expect.poll(() => sending).toEqual(['a1', 'a2', 'b1']);
    await other.leave();
    await expect.poll(() => sending).toEqual(['a1', 'a2', 'b1', 'a3']);
    await late.leave();
  });

  it('a board that leaves while it waits holds nobody up', async () => {
    const air = quietAir();
    const sending: string[] = [];
    const [first, gone, next] = ['A', 'B', 'C'].map((ssid) => board(air, ssid, sending, ssid));
    await expect.poll(() => sending).toEqual(['A']);
    await gone?.leave();
    await first?.leave();
    await expect.poll(() => sending).toEqual(['A', 'C']);
    await next?.leave();
  });
});
