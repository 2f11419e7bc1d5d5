import { mkdtempSync, rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { EspmintError, type ErrorCode } from '../core/errors/index.js';
import { parseProfile } from '../core/profile/parse.js';
import type { Failed, Passed, ProvisionResult } from '../core/stages.js';
import { connectBoard } from '../driver/index.js';
import { openKeyFile } from '../registry/index.js';
import { createVirtualBoard, memoryTransport, type VirtualBoard } from '../virtual/index.js';
import { provisionDevice } from '../provision/provision-device.js';
import type { StationEvent } from './events.js';
import { SlotMap, Teaching } from './slots.js';
import type { StationSettings } from './settings.js';
import { Station, type StationParts } from './station.js';
import { imageOf } from '../../test/support/proof.js';

const folder = mkdtempSync(join(tmpdir(), 'espmint-station-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const pass = (port: string): Passed => ({
  type: 'result',
  ok: true,
  port,
  chip: 'esp32',
  mac: 'a4:cf:12:34:56:78',
  uuid: '110e3dc9-fa05-568f-a05a-98d00891029d',
  image: imageOf('ab'),
  durationMs: 1,
  stagesMs: {},
});
const FAILURES = {
  LINK_TIMEOUT: new EspmintError('LINK_TIMEOUT', { port: 'p', what: 'sync', timeoutMs: 1 }),
  CHIP_UNEXPECTED: new EspmintError('CHIP_UNEXPECTED', { port: 'p', expected: 'a', found: 'b' }),
  REGISTRY_UNREACHABLE: new EspmintError('REGISTRY_UNREACHABLE', { target: 'db', reason: 'cut' }),
  BATCH_FULL: new EspmintError('BATCH_FULL', { batch: 'b', quantity: 1 }),
  CANCELLED: new EspmintError('CANCELLED', { what: 'it' }),
} satisfies Partial<Record<ErrorCode, EspmintError>>;

const fail = (port: string, code: keyof typeof FAILURES): Failed => {
  const { message, next, retryable } = FAILURES[code];
  return { type: 'result', ok: false, port, code, message, next, retryable, stage: 'connect', durationMs: 1 };
};

/** A station whose boards end as `outcome` says; plugs are plugged and pulled by slot number. */
function bench(run: StationParts['run'], settings: Partial<StationSettings> = {}) {
  const events: StationEvent[] = [];
  const station = new Station(
    { run, onEvent: (event) => events.push(event) },
    { retryPauseMs: 1, ...settings },
  );
  const change =
    (type: 'sighted' | 'arrived' | 'renamed' | 'departed') =>
    (slot: number, board = slot) =>
      station.portChanged({ type, place: `1-${slot}`, port: { path: `port${board}`, isNativeUsb: false } });
  const state = (slot: number): string => {
    const found = station.slots.get(slot);
    return found?.state === 'waiting' ? `waiting for ${found.for}` : (found?.state ?? 'none');
  };
  return {
    station,
    events,
    plug: change('arrived'),
    pull: change('departed'),
    see: change('sighted'),
    rename: change('renamed'),
    state,
  };
}

/** Waits for what must come; fails by itself when it does not. */
async function until(condition: () => boolean): Promise<void> {
  for (let left = 2000; !condition(); left--) {
    if (left === 0) throw new Error('it never came');
    await sleep(5);
  }
}

describe('a slot', () => {
  it('goes from empty to settling, running and passed, and is empty again when the board is removed', async () => {
    const { station, events, see, plug, pull, state } = bench(({ port }) => Promise.resolve(pass(port)));
    see(1);
    plug(1);
    await until(() => state(1) === 'passed');
    pull(1);
    const states = events.flatMap((event) => (event.type === 'slot' ? [event.state] : []));
    expect(states).toEqual(['settling', 'running', 'passed', 'empty']);
    expect(station.slots.get(1)).toMatchObject({ state: 'empty', last: { ok: true } });
  });

  it('runs a board again under the name that its port has by then', async () => {
    const ports: string[] = [];
    const { plug, rename, station } = bench(
      async ({ port }) => {
        ports.push(port);
        await sleep(10);
        return port === 'port7' ? pass(port) : fail(port, 'LINK_TIMEOUT');
      },
      { retries: 2, retryPauseMs: 20 },
    );
    plug(1);
    await until(() => ports.length === 1);
    // While it runs, and while it waits for the next run.
    rename(1, 6);
    await until(() => ports.length === 2);
    await until(() => station.slots.get(1)?.state === 'waiting');
    rename(1, 7);
    await until(() => station.slots.get(1)?.state === 'passed');
    expect(ports).toEqual(['port1', 'port6', 'port7']);
    rename(1, 8);
    expect(station.slots.get(1)).toMatchObject({ state: 'passed', port: 'port8' });
  });

  it('waits for the start key where plugging in does not start', async () => {
    const { station, plug, state } = bench(({ port }) => Promise.resolve(pass(port)), { autoStart: false });
    plug(1);
    await until(() => state(1) === 'waiting for start');
    expect(station.start(2)).toBe(false);
    expect(station.start(1)).toBe(true);
    await until(() => state(1) === 'passed');
  });

  it('runs a board again within the limit when a new run can cure it, and not otherwise', async () => {
    let runs = 0;
    const { plug, pull, state } = bench(
      ({ port }) =>
        Promise.resolve(fail(port, port === 'port1' ? (runs++, 'LINK_TIMEOUT') : 'CHIP_UNEXPECTED')),
      { retries: 2, stopAfter: { onSlot: 0, onStation: 0 } },
    );
    plug(1);
    plug(2);
    await until(() => state(1) === 'failed' && state(2) === 'failed');
    expect(runs).toBe(3);
    pull(1);
    plug(1);
    await until(() => state(1) === 'failed');
    expect(runs).toBe(6);
  });

  it('waits out an outage of the registry without spending its retries', async () => {
    let runs = 0;
    const { plug, state } = bench(
      ({ port }) => Promise.resolve(++runs < 6 ? fail(port, 'REGISTRY_UNREACHABLE') : pass(port)),
      { retries: 0 },
    );
    plug(1);
    await until(() => state(1) === 'passed');
    expect(runs).toBe(6);
  });

  it('says that a board was unplugged, and takes the next one only when the run before has ended', async () => {
    const running = new Set<string>();
    let most = 0;
    const { events, plug, pull, state } = bench(async ({ port }, { signal }) => {
      running.add(port);
      most = Math.max(most, running.size);
      if (port === 'port1') await new Promise((resolve) => signal.addEventListener('abort', resolve));
      await sleep(20);
      running.delete(port);
      return port === 'port1' ? fail(port, 'CANCELLED') : pass(port);
    });
    plug(1);
    pull(1);
    plug(1, 7);
    await until(() => state(1) === 'passed');
    expect(most).toBe(1);
    const results = events.flatMap((event) => (event.type === 'ended' ? [event.result] : []));
    expect(results).toMatchObject([
      { ok: false, code: 'BOARD_REMOVED', port: 'port1' },
      { ok: true, port: 'port7' },
    ]);
  });

  it('ends a run that takes too long', async () => {
    const hang: StationParts['run'] = async ({ port }, { signal }) => {
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      return fail(port, 'CANCELLED');
    };
    const { station, plug, state } = bench(hang, { runTimeoutMs: 20, retries: 0 });
    plug(1);
    await until(() => state(1) === 'failed');
    expect(station.slots.get(1)).toMatchObject({ result: { code: 'RUN_TIMED_OUT', port: 'port1' } });
  });

  it('lets a run wait for its turn at the WPS button longer than it may work, and ends it then too when asked', async () => {
    let turn: () => void = () => undefined;
    const run: StationParts['run'] = async ({ port }, { signal, onEvent }) => {
      onEvent({ type: 'action', port, action: 'wps-turn' });
      const had = await new Promise<boolean>((resolve) => {
        turn = () => resolve(true);
        signal.addEventListener('abort', () => resolve(false));
      });
      if (!had) return fail(port, 'CANCELLED');
      onEvent({ type: 'attempt', port, attempt: 1, of: 1 });
      return pass(port);
    };
    const { plug, pull, state } = bench(run, { runTimeoutMs: 30, retries: 0 });
    plug(1);
    await sleep(150);
    expect(state(1)).toBe('running');
    turn();
    await until(() => state(1) === 'passed');
    plug(2);
    await sleep(150);
    expect(state(2)).toBe('running');
    pull(2);
    await until(() => state(2) === 'empty');
  });
});

describe('a station', () => {
  it('lets no slot delay another: one hangs, the others pass', async () => {
    let release: () => void = () => undefined;
    const hung = new Promise<void>((resolve) => (release = resolve));
    const { station, plug, state } = bench(async ({ slot, port }) => {
      if (slot === 1) await hung;
      return pass(port);
    });
    for (let slot = 1; slot <= 8; slot++) plug(slot);
    await until(() => [2, 3, 4, 5, 6, 7, 8].every((slot) => state(slot) === 'passed'));
    expect(state(1)).toBe('running');
    release();
    await station.drain();
    expect(state(1)).toBe('passed');
  });

  it('runs no more boards at once than allowed, first come first served', async () => {
    let [running, most] = [0, 0];
    const order: number[] = [];
    const { plug, state } = bench(
      async ({ slot, port }) => {
        order.push(slot);
        most = Math.max(most, ++running);
        await sleep(5);
        running -= 1;
        return pass(port);
      },
      { maxRunning: 2 },
    );
    for (let slot = 1; slot <= 6; slot++) plug(slot);
    expect(state(3)).toBe('waiting for seat');
    await until(() => state(6) === 'passed');
    expect(most).toBe(2);
    expect(order).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('blocks a slot that fails three times in a row in the same way, until somebody has looked', async () => {
    let good = false;
    const { station, events, plug, pull, state } = bench(
      ({ port }) => Promise.resolve(good ? pass(port) : fail(port, 'CHIP_UNEXPECTED')),
      { stopAfter: { onSlot: 3, onStation: 0 } },
    );
    for (let board = 0; board < 3; board++) {
      plug(1);
      await until(() => state(1) === 'failed');
      pull(1);
    }
    expect(events).toContainEqual({ type: 'blocked', slot: 1, code: 'CHIP_UNEXPECTED', count: 3 });
    good = true;
    plug(1);
    await until(() => state(1) === 'waiting for clear');
    station.start(1);
    await until(() => state(1) === 'passed');
  });

  it('pauses when the same failure comes on slot after slot, says why, and goes on when told', async () => {
    let good = false;
    const { station, plug, state } = bench(
      ({ port }) => Promise.resolve(good ? pass(port) : fail(port, 'CHIP_UNEXPECTED')),
      { stopAfter: { onSlot: 0, onStation: 4 } },
    );
    for (let slot = 1; slot <= 4; slot++) {
      plug(slot);
      await until(() => state(slot) === 'failed');
    }
    expect(station.mode).toEqual({
      mode: 'paused',
      reason: { by: 'rule', code: 'CHIP_UNEXPECTED', count: 4 },
    });
    plug(5);
    expect(state(5)).toBe('waiting for station');
    good = true;
    station.resume();
    await until(() => state(5) === 'passed');
  });

  it('pauses at the end of the batch without calling it a bad fixture, and goes on if there is more', async () => {
    let full = true;
    const { station, events, plug, state } = bench(
      ({ port }) => Promise.resolve(full ? fail(port, 'BATCH_FULL') : pass(port)),
      { stopAfter: { onSlot: 1, onStation: 1 } },
    );
    plug(1);
    await until(() => station.mode.mode === 'paused' && state(1) === 'waiting for station');
    expect(station.mode).toMatchObject({ mode: 'paused', reason: { by: 'batch', code: 'BATCH_FULL' } });
    expect(events.some(({ type }) => type === 'blocked')).toBe(false);
    full = false;
    station.resume();
    await until(() => state(1) === 'passed');
  });

  it('drains: running boards are finished, no other begins', async () => {
    const { station, plug, state } = bench(
      async ({ port }) => {
        await sleep(20);
        return pass(port);
      },
      { maxRunning: 1 },
    );
    plug(1);
    plug(2);
    await station.drain();
    expect([state(1), state(2)]).toEqual(['passed', 'waiting for seat']);
  });

  it('stops: running boards are told to end, and none passes by that', async () => {
    const { station, plug, state } = bench(async ({ port }, { signal }) => {
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      return fail(port, 'CANCELLED');
    });
    plug(1);
    plug(2);
    await station.stop();
    expect([state(1), state(2)]).toEqual(['failed', 'failed']);
  });
});

describe('slots', () => {
  it('keep the numbers that they were taught, and give others the free ones', () => {
    const teaching = new Teaching();
    for (const place of ['1-4.3', '1-4.1', '1-4.3']) teaching.arrived(place);
    expect(teaching.pins).toEqual([
      { slot: 1, place: '1-4.3' },
      { slot: 2, place: '1-4.1' },
    ]);
    const map = new SlotMap(teaching.pins);
    expect(['1-9', '1-4.1', '1-4.3', '1-8', '1-9'].map((place) => map.slotOf(place))).toEqual([
      3, 2, 1, 4, 3,
    ]);
  });
});

it('provisions 32 virtual boards at once, each with its own key', async () => {
  const registry = await openKeyFile(join(folder, 'keys.jsonl'));
  const boards = new Map<string, VirtualBoard>();
  for (let board = 1; board <= 32; board++) {
    const mac = `a4:cf:12:00:00:${board.toString(16).padStart(2, '0')}`;
    boards.set(`board${board}`, createVirtualBoard({ mac }));
  }
  const transport = memoryTransport(boards);
  const plan = {
    target: { force: false },
    identity: { recipe: 'rfc9562' },
    layout: parseProfile('name: x', 'p').nvs,
    caUrl: 'https://ca.example.com',
    known: 'keep',
    attempts: 3,
    baud: 921_600,
    given: {},
  } as const;
  const connect = async (port: string, { signal }: { signal?: AbortSignal | undefined }) =>
    connectBoard(await transport.open(port, { baud: 115_200, timeoutMs: 1000, signal }), { signal });
  const results: ProvisionResult[] = [];
  const station = new Station({
    run: ({ port }, options) => provisionDevice(port, plan, { connect, registry }, options),
    onEvent: (event) => {
      if (event.type === 'ended') results.push(event.result);
    },
  });
  for (const name of boards.keys()) {
    const port = { path: `virtual://${name}`, isNativeUsb: false };
    station.portChanged({ type: 'arrived', place: port.path, port });
  }
  await until(() => results.length === 32);
  expect(results.filter(({ ok }) => !ok)).toEqual([]);
  const keys = await Promise.all([...boards.values()].map(({ mac }) => registry.reveal(mac, 'test')));
  expect(new Set(keys).size).toBe(32);
  for (const board of boards.values()) board.dispose();
  await registry.close();
}, 60_000);
