// Slots stay with their place; tiles show what the station's people need to see, and no longer.
import { describe, expect, it } from 'vitest';
import type { PortInfo } from '../../driver/index.js';
import type { Job, LiveEvent } from '../contract/index.js';
import { serialPlace, Slots } from './slots.js';
import { StationPorts } from './station-ports.js';

const usb = (path: string, location?: string): PortInfo => ({
  path,
  usbVendorId: '10c4',
  isNativeUsb: false,
  ...(location === undefined ? {} : { location }),
});

describe('slots', () => {
  const slotsOf = (slots: Slots) => [...slots.all].map(([slot, { port, present }]) => [slot, port, present]);
  it('keep their number when a board is unplugged and comes back under another name', () => {
    const slots = new Slots();
    slots.update([usb('/dev/ttyUSB0', '1-1'), usb('/dev/ttyUSB1', '1-2')].map(serialPlace));
    slots.update([usb('/dev/ttyUSB1', '1-2')].map(serialPlace));
    expect(slotsOf(slots)).toEqual([
      [1, '/dev/ttyUSB0', false],
      [2, '/dev/ttyUSB1', true],
    ]);
    slots.update([usb('/dev/ttyUSB1', '1-2'), usb('/dev/ttyUSB7', '1-1')].map(serialPlace));
    expect(slotsOf(slots)).toEqual([
      [1, '/dev/ttyUSB7', true],
      [2, '/dev/ttyUSB1', true],
    ]);
  });
  it('tell the two ports of one adapter apart by their names', () => {
    const slots = new Slots();
    const pair = [usb('/dev/ttyUSB0', '1-1'), usb('/dev/ttyUSB1', '1-1')].map(serialPlace);
    slots.update(pair);
    slots.update([...pair].reverse());
    expect(slotsOf(slots)).toEqual([
      [1, '/dev/ttyUSB0', true],
      [2, '/dev/ttyUSB1', true],
    ]);
  });
  it('say only what is different', () => {
    const slots = new Slots();
    const places = [usb('/dev/ttyUSB0', '1-1')].map(serialPlace);
    expect(slots.update(places)).toMatchObject([{ slot: 1, arrived: true }]);
    expect(slots.update(places)).toEqual([]);
    expect(slots.update([])).toMatchObject([{ slot: 1, departed: true }]);
    expect(slots.update([])).toEqual([]);
  });
});

describe('the ports of a station', () => {
  function createStation() {
    let serial: PortInfo[] = [];
    const events: LiveEvent[] = [];
    const arrivals: string[] = [];
    const ports = new StationPorts({
      serial: () => Promise.resolve(serial),
      added: () => Promise.resolve([]),
      virtual: () => [],
      publish: (event) => events.push(event),
      onArrival: (port) => arrivals.push(port),
    });
    const plug = (...now: PortInfo[]): Promise<void> => {
      serial = now;
      return ports.refresh();
    };
    return { ports, plug, events, arrivals };
  }
  const job = (state: Job['state'], change: Partial<Job> = {}): Job => ({
    id: '1',
    port: '/dev/ttyUSB0',
    slot: 1,
    profile: { name: 'sensor', version: 1 },
    state,
    attempt: 1,
    attempts: 3,
    stages: [],
    warnings: [],
    startedAt: '2026-05-04T12:00:00.000Z',
    startedBy: 'lan',
    seen: false,
    ...change,
  });
  const shown = (ports: StationPorts) => ports.list()[0]?.job?.state;

  it('show a pass until the board is unplugged', async () => {
    const { ports, plug } = createStation();
    await plug(usb('/dev/ttyUSB0'));
    ports.jobChanged(job('passed'));
    expect(shown(ports)).toBe('passed');
    await plug();
    await plug(usb('/dev/ttyUSB0'));
    expect(shown(ports)).toBeUndefined();
  });
  it('show a failure until somebody has seen it', async () => {
    const { ports, plug, events } = createStation();
    await plug(usb('/dev/ttyUSB0'));
    ports.jobChanged(job('failed'));
    await plug();
    await plug(usb('/dev/ttyUSB0'));
    expect(shown(ports)).toBe('failed');
    ports.jobChanged(job('failed', { seen: true }));
    expect(shown(ports)).toBeUndefined();
    expect(events.at(-1)).toMatchObject({ type: 'port', port: { present: true } });
  });
  it('tell of boards that are plugged in, not of those that were there before', async () => {
    const { plug, arrivals } = createStation();
    await plug(usb('/dev/ttyUSB0', '1-1'));
    await plug(usb('/dev/ttyUSB0', '1-1'), usb('/dev/ttyUSB1', '1-2'));
    expect(arrivals).toEqual(['/dev/ttyUSB1']);
  });
  it('leave out built-in ports that no board hangs on', async () => {
    const { ports, plug } = createStation();
    await plug({ path: '/dev/ttyS0', isNativeUsb: false });
    expect(ports.list()).toEqual([]);
  });
  it('are held by one inspection at a time', async () => {
    const { ports, plug } = createStation();
    await plug(usb('/dev/ttyUSB0'));
    const first = ports.inspecting('/dev/ttyUSB0', async () => {
      await expect(ports.inspecting('/dev/ttyUSB0', () => Promise.resolve())).rejects.toMatchObject({
        code: 'PORT_IN_USE',
      });
      return 'done';
    });
    expect(await first).toBe('done');
    expect(ports.isInspecting('/dev/ttyUSB0')).toBe(false);
  });
});
