// A unit that waits for the scan of its label: its board may leave, and nobody runs it again by himself.
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { EspmintError } from '../core/errors/index.js';
import type { Failed, Passed } from '../core/stages.js';
import { Station, type StationParts } from './station.js';
import { imageOf } from '../../test/support/proof.js';

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

const notScanned = (port: string): Failed => {
  const { code, message, next, retryable } = new EspmintError('LABEL_SCAN_DIFFERS', {
    expected: 'A',
    scanned: '',
  });
  return { type: 'result', ok: false, port, code, message, next, retryable, stage: 'confirm', durationMs: 1 };
};

function bench(run: StationParts['run'], autoStart: boolean) {
  const station = new Station({ run, onEvent: () => undefined }, { autoStart, retries: 3, retryPauseMs: 1 });
  const change =
    (type: 'arrived' | 'departed') =>
    (slot: number, board = slot) =>
      station.portChanged({ type, place: `1-${slot}`, port: { path: `port${board}`, isNativeUsb: false } });
  const state = (slot: number) => station.slots.get(slot)?.state;
  return { station, plug: change('arrived'), pull: change('departed'), state };
}

async function until(condition: () => boolean): Promise<void> {
  for (let left = 2000; !condition(); left--) {
    if (left === 0) throw new Error('it never came');
    await sleep(5);
  }
}

describe('a slot', () => {
  it('whose unit waits for its scan lets the board go, takes the next one only after it, and shows no pass over that one', async () => {
    let runs = 0;
    let scanned: () => void = () => undefined;
    const { station, plug, pull, state } = bench(async ({ port }) => {
      runs += 1;
      await new Promise<void>((resolve) => (scanned = resolve));
      return pass(port);
    }, false);
    plug(1);
    station.start(1);
    station.scanning(1, true);
    pull(1);
    plug(1, 2);
    expect(station.slots.get(1)).toMatchObject({ state: 'running', scanning: true, removed: true });
    await until(() => runs === 1);
    scanned();
    await until(() => state(1) !== 'running');
    expect(station.slots.get(1)).toMatchObject({ state: 'waiting', for: 'start', port: 'port2' });
    // And one that nobody replaces leaves an empty slot.
    station.start(1);
    station.scanning(1, true);
    pull(1);
    await until(() => runs === 2);
    scanned();
    await until(() => state(1) === 'empty');
  });

  it('does not run a board again whose label was not scanned or not printed: that needs a person', async () => {
    let runs = 0;
    const { plug, state } = bench(({ port }) => {
      runs += 1;
      return Promise.resolve(notScanned(port));
    }, true);
    plug(1);
    await until(() => state(1) === 'failed');
    expect(runs).toBe(1);
  });
});
