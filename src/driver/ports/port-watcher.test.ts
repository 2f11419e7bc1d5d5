import { createServer, type Socket } from 'node:net';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { portFilter } from './port-filter.js';
import { PortTracker, PortWatch, watchPorts, type PortChange } from './port-watcher.js';
import { NetworkPorts } from './ports-network.js';
import type { PortInfo } from './ports.js';

const bridge: PortInfo = {
  path: '/dev/ttyUSB0',
  usbVendorId: '10c4',
  usbProductId: 'ea60',
  serialNumber: '0001',
  location: '1-4.2',
  adapter: 'CP210x',
  isNativeUsb: false,
};
const native: PortInfo = {
  path: '/dev/ttyACM0',
  usbVendorId: '303a',
  usbProductId: '1001',
  serialNumber: 'A4:CF:12:34:56:78',
  location: '1-4.3',
  adapter: 'ESP USB-Serial/JTAG',
  isNativeUsb: true,
};
const modem: PortInfo = {
  path: '/dev/ttyACM9',
  usbVendorId: '12d1',
  usbProductId: '1001',
  isNativeUsb: false,
};

/** Feeds one list every 100 ms and tells what came out of each, with its time; a first sight is not told. */
function play(lists: readonly (readonly PortInfo[])[], tracker = new PortTracker(portFilter())): string[] {
  return lists.flatMap((ports, index) =>
    tracker
      .update(ports, index * 100)
      .filter(({ type }) => type !== 'sighted')
      .map(({ type, place }) => `${index * 100} ${type} ${place}`),
  );
}
const times = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value);

describe('PortTracker', () => {
  it('reports a board once it has stayed, and its end once it has stayed away', () => {
    expect(play([...times(10, [bridge]), ...times(10, [])])).toEqual([
      '400 arrived 1-4.2',
      '1600 departed 1-4.2',
    ]);
  });

  it('does not report the arrival of a contact that only touched', () => {
    expect(play([[bridge], [], ...times(10, [])])).toEqual(['700 departed 1-4.2']);
  });

  it('does not take a plug that bounces for two boards', () => {
    expect(play([[bridge], [], [bridge], [], ...times(6, [bridge]), [], [], ...times(6, [bridge])])).toEqual([
      '400 arrived 1-4.2',
    ]);
  });

  it('counts a blank native-USB chip that enumerates anew every second as one board', () => {
    const flapping = times(20, [times(3, [native]), times(7, [])]).flat(2);
    const names = play(flapping.concat(times(40, [])));
    expect(names.map((line) => line.replace(/^\d+ /, ''))).toEqual(['arrived 1-4.3', 'departed 1-4.3']);
  });

  it('tells two native-USB boards apart that were swapped faster than any debounce', () => {
    const other = { ...native, serialNumber: 'A4:CF:12:34:56:79' };
    expect(play([...times(5, [native]), ...times(5, [other])])).toEqual([
      '400 arrived 1-4.3',
      '500 departed 1-4.3',
      '900 arrived 1-4.3',
    ]);
  });

  it('follows a board to its new name at the same USB location', () => {
    const tracker = new PortTracker(portFilter());
    for (let at = 0; at <= 500; at += 100) tracker.update([native], at);
    const changes = tracker.update([{ ...native, path: '/dev/ttyACM1' }], 600);
    expect(changes).toEqual([{ type: 'renamed', place: '1-4.3', port: { ...native, path: '/dev/ttyACM1' } }]);
  });

  it('keeps the two ports of one adapter apart', () => {
    const second = { ...bridge, path: '/dev/ttyUSB1' };
    expect(play(times(6, [second, bridge]))).toEqual(['400 arrived 1-4.2', '400 arrived 1-4.2#2']);
  });
});

describe('portFilter', () => {
  it('takes only adapters that ESP boards carry unless told otherwise', () => {
    expect([bridge, native, modem].map(portFilter())).toEqual([true, true, false]);
    expect(portFilter({ usbIds: ['12D1:1001'] })(modem)).toBe(true);
    expect(portFilter({ usbIds: ['12d1'] })(modem)).toBe(true);
    expect([bridge, modem].map(portFilter({ paths: ['/dev/ttyACM9'] }))).toEqual([false, true]);
    expect(() => portFilter({ usbIds: ['usb'] })).toThrow(/vendor:product/);
  });
});

describe('watchPorts', () => {
  it('goes on after a list that could not be had, and takes nothing for gone meanwhile', async () => {
    const stop = new AbortController();
    const changes: PortChange[] = [];
    const failures: unknown[] = [];
    let [turn, now] = [0, 0];
    await watchPorts({
      list: () => {
        if (++turn === 40) stop.abort();
        return turn > 10 && turn < 30 ? Promise.reject(new Error('udev is away')) : Promise.resolve([bridge]);
      },
      accepts: portFilter(),
      onChange: (change) => changes.push(change),
      onFailure: (error) => failures.push(error),
      signal: stop.signal,
      intervalMs: 100,
      clock: {
        now: () => now,
        sleep: (ms) => {
          now += ms;
          return Promise.resolve();
        },
      },
    });
    expect(changes.map(({ type }) => type)).toEqual(['sighted', 'arrived']);
    expect(failures).toHaveLength(1);
  });
});

describe('a watch that is asked to look because a link has ended', () => {
  const watchOf = (there: () => boolean) => {
    const stop = new AbortController();
    const changes: PortChange[] = [];
    let [now, looks] = [0, 0];
    const watch = new PortWatch({
      list: () => {
        looks += 1;
        return Promise.resolve(there() ? [bridge] : []);
      },
      accepts: portFilter(),
      onChange: (change) => changes.push(change),
      onFailure: () => undefined,
      signal: stop.signal,
      clock: {
        now: () => now,
        sleep: (ms) => {
          now += ms;
          return Promise.resolve();
        },
      },
    });
    return { watch, changes, looks: () => looks };
  };

  it('tells of a board that was pulled before it answers', async () => {
    let isThere = true;
    const { watch, changes } = watchOf(() => isThere);
    for (let turn = 0; turn < 4; turn++) await watch.settled(bridge.path);
    expect(changes.map(({ type }) => type)).toEqual(['sighted']);
    isThere = false;
    await watch.settled(bridge.path);
    expect(changes.map(({ type }) => type)).toEqual(['sighted', 'departed']);
  });

  it('looks once where the board is still there', async () => {
    const { watch, changes, looks } = watchOf(() => true);
    await watch.settled(bridge.path);
    expect(looks()).toBe(1);
    expect(changes.map(({ type }) => type)).toEqual(['sighted']);
  });

  it('gives up where the ports cannot be listed any more', async () => {
    let turn = 0;
    const { watch, changes } = watchOf(() => {
      turn += 1;
      if (turn === 2) return false;
      if (turn > 2) throw new Error('udev is away');
      return true;
    });
    await watch.settled(bridge.path);
    await watch.settled(bridge.path);
    expect(changes.map(({ type }) => type)).toEqual(['sighted']);
  });
});

describe('NetworkPorts', () => {
  const listen = async (port = 0): Promise<{ port: number; seen: Socket[]; end: () => Promise<void> }> => {
    const seen: Socket[] = [];
    const server = createServer((socket) => {
      seen.push(socket);
      socket.on('error', () => undefined);
      socket.resume();
    });
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    const end = async (): Promise<void> => {
      for (const socket of seen) socket.destroy();
      server.close();
      await once(server, 'close');
    };
    return { port: (server.address() as { port: number }).port, seen, end };
  };

  it('sees a server that takes connections, not one that refuses, and leaves an open board alone', async () => {
    const { port, seen, end } = await listen();
    const url = `tcp://127.0.0.1:${port}`;
    const ports = new NetworkPorts([url, 'tcp://127.0.0.1:1']);
    expect((await ports.list()).map(({ path }) => path)).toEqual([url]);
    await ports.duringRun(url, async () => {
      const board = await ports.opening(url, () => Promise.resolve({ close: () => Promise.resolve() }));
      expect((await ports.list()).map(({ path }) => path)).toEqual([url]);
      expect(seen).toHaveLength(1);
      await board.close();
    });
    await end();
    expect(await ports.list()).toEqual([]);
  });

  it('notices another board during a run whose own one was closed, however quick the hands were', async () => {
    const first = await listen();
    const url = `tcp://127.0.0.1:${first.port}`;
    const ports = new NetworkPorts([url]);
    const tracker = new PortTracker(() => true, { settleMs: 0, goneMs: 0, nativeGoneMs: 0 });
    const changes = async (): Promise<string[]> =>
      tracker.update(await ports.list(), performance.now()).map(({ type }) => type);
    expect(await changes()).toEqual(['sighted', 'arrived']);
    await ports.duringRun(url, async () => {
      const board = await ports.opening(url, () => Promise.resolve({ close: () => Promise.resolve() }));
      await board.close();
      expect(await changes()).toEqual([]);
      await first.end();
      const second = await listen(first.port);
      const noticed: string[] = [];
      await expect
        .poll(async () => noticed.push(...(await changes())) && noticed)
        .toEqual(['departed', 'sighted', 'arrived']);
      await second.end();
    });
  });

  it('refuses an address that it could not probe', () => {
    expect(() => new NetworkPorts(['/dev/ttyUSB0'])).toThrow(/tcp:\/\//);
  });
});
