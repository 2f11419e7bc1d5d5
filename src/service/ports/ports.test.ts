// Slots stay with their place; tiles show what the station's people need to see, and no longer.
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { PortInfo } from '../../driver/index.js';
import type { Job, LiveEvent, VirtualBoard } from '../contract/index.js';
import { StationPorts } from './station-ports.js';

const usb = (path: string, location?: string): PortInfo => ({
  path,
  usbVendorId: '10c4',
  isNativeUsb: false,
  ...(location === undefined ? {} : { location }),
});

describe('the ports of a station', () => {
  function createStation() {
    let serial: PortInfo[] = [];
    let boards: VirtualBoard[] = [];
    const events: LiveEvent[] = [];
    const heard: string[] = [];
    const ports = new StationPorts({
      serial: () => Promise.resolve(serial),
      added: () => Promise.resolve([]),
      virtual: () => boards,
      publish: (event) => events.push(event),
      onChange: ({ type, port }, slot, wasThere) =>
        heard.push(`${slot} ${type} ${port.path}${wasThere ? ' before' : ''}`),
      onForgotten: (slot) => heard.push(`${slot} forgotten`),
    });
    /** Serial ports, for long enough to count as there, or as gone. */
    const plug = async (...now: PortInfo[]): Promise<void> => {
      serial = now;
      await ports.refresh();
      await sleep(750);
      await ports.refresh();
    };
    const put = (...now: VirtualBoard[]): Promise<void> => {
      boards = now;
      return ports.refresh();
    };
    return { ports, plug, put, events, heard };
  }
  const virtual = (name: string, mac: string, plugged = true): VirtualBoard => ({
    port: `virtual://${name}`,
    chip: 'esp32',
    mac,
    plugged,
  });
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
  it('keep what they show when a board comes back under another name, in mid-run or after it', async () => {
    const { ports, plug } = createStation();
    const chip = (path: string): PortInfo => ({
      ...usb(path, '1-1'),
      isNativeUsb: true,
      serialNumber: 'A4CF12000001',
    });
    await plug(chip('/dev/ttyUSB0'));
    ports.jobChanged(job('running'));
    await plug(chip('/dev/ttyUSB4'));
    expect(ports.list()).toMatchObject([{ port: '/dev/ttyUSB4', job: { id: '1', state: 'running' } }]);
    const failed = job('failed');
    ports.jobChanged(failed);
    await plug(chip('/dev/ttyUSB5'));
    expect(ports.list()).toMatchObject([{ port: '/dev/ttyUSB5', job: { id: '1', state: 'failed' } }]);
    expect(ports.portOf(failed)).toBe('/dev/ttyUSB5');
    ports.jobChanged(job('failed', { seen: true }));
    expect(shown(ports)).toBeUndefined();
  });
  it('do not mix up boards that have swapped their names', async () => {
    const { ports, plug } = createStation();
    await plug(usb('/dev/ttyUSB0', '1-1'), usb('/dev/ttyUSB1', '1-2'));
    ports.jobChanged(job('failed'));
    ports.jobChanged(job('passed', { id: '2', slot: 2, port: '/dev/ttyUSB1' }));
    await plug(usb('/dev/ttyUSB1', '1-1'), usb('/dev/ttyUSB0', '1-2'));
    expect(ports.list()).toMatchObject([
      { slot: 1, port: '/dev/ttyUSB1', job: { id: '1' } },
      { slot: 2, port: '/dev/ttyUSB0', job: { id: '2' } },
    ]);
  });
  it('show a failure of before the start once their port is there', async () => {
    const { ports, plug } = createStation();
    ports.jobChanged(job('failed'));
    await plug(usb('/dev/ttyUSB0', '1-1'));
    expect(shown(ports)).toBe('failed');
  });
  it('keep their slot when a board comes back under another name', async () => {
    const { ports, plug, heard } = createStation();
    await plug(usb('/dev/ttyUSB0', '1-1'), usb('/dev/ttyUSB1', '1-2'));
    await plug(usb('/dev/ttyUSB1', '1-2'));
    expect(ports.list()).toMatchObject([
      { slot: 1, present: false },
      { slot: 2, present: true },
    ]);
    await plug(usb('/dev/ttyUSB1', '1-2'), usb('/dev/ttyUSB7', '1-1'));
    expect(ports.list()).toMatchObject([{ slot: 1, port: '/dev/ttyUSB7', present: true }, { slot: 2 }]);
    expect(heard).toContain('1 arrived /dev/ttyUSB0 before');
    expect(heard.at(-1)).toBe('1 arrived /dev/ttyUSB7');
  });
  it('know another virtual board in the same place, however quick the hand', async () => {
    const { put, heard } = createStation();
    await put(virtual('1', 'a'));
    await put(virtual('1', 'b'));
    expect(heard).toEqual([
      '1 sighted virtual://1 before',
      '1 arrived virtual://1 before',
      '1 departed virtual://1',
      '1 sighted virtual://1',
      '1 arrived virtual://1',
    ]);
  });
  it('give the number of a virtual board back when it is taken away, and keep the empty place of one that is pulled', async () => {
    const { ports, put, heard } = createStation();
    await put(virtual('1', 'a'), virtual('2', 'b'));
    await put(virtual('1', 'a', false), virtual('2', 'b'));
    expect(ports.list()).toMatchObject([
      { slot: 1, present: false },
      { slot: 2, present: true },
    ]);
    await put(virtual('2', 'b'));
    expect(heard.at(-1)).toBe('1 forgotten');
    await put(virtual('2', 'b'), virtual('3', 'c'));
    expect(ports.list()).toMatchObject([{ slot: 1, port: 'virtual://3' }, { slot: 2 }]);
  });
  it('take the numbers that were taught, and tell of their boards as there before', async () => {
    const { ports, put, heard } = createStation();
    await put(virtual('1', 'a'), virtual('2', 'b'));
    heard.length = 0;
    ports.number([{ slot: 1, place: 'virtual://2' }]);
    expect(ports.list()).toMatchObject([
      { slot: 1, port: 'virtual://2' },
      { slot: 2, port: 'virtual://1' },
    ]);
    expect(heard).toEqual(['2 arrived virtual://1 before', '1 arrived virtual://2 before']);
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
    expect(ports.get('/dev/ttyUSB0').inspecting).toBe(false);
  });
});
