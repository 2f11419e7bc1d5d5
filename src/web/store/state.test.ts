import { describe, expect, it } from 'vitest';
import type { Job, LiveEvent, PortState } from '../../service/contract/index.js';
import { INITIAL, reduce, type State } from './state.js';

const port = (slot: number, more: Partial<PortState> = {}): PortState => ({
  port: `/dev/ttyUSB${slot}`,
  slot,
  kind: 'serial',
  label: `ttyUSB${slot}`,
  present: true,
  isNativeUsb: false,
  inspecting: false,
  state: 'ready',
  ...more,
});
const job = (id: string, slot: number, more: Partial<Job> = {}): Job => ({
  id,
  port: `/dev/ttyUSB${slot}`,
  slot,
  profile: { name: 'sensor', version: 1 },
  state: 'running',
  attempt: 1,
  attempts: 3,
  stages: [],
  warnings: [],
  startedAt: '2026-03-12T10:00:00Z',
  startedBy: 'automatic',
  seen: false,
  ...more,
});
const after = (state: State, ...events: LiveEvent[]): State => events.reduce(reduce, state);
const bench: State = { ...INITIAL, ports: [port(1), port(2)] };

describe('the state of the page', () => {
  it('keeps ports by slot, whatever the order in which they come', () => {
    const state = after(INITIAL, { type: 'port', port: port(2) }, { type: 'port', port: port(1) });
    expect(state.ports?.map(({ slot }) => slot)).toEqual([1, 2]);
  });

  it('shows a board that moved to another port in the same slot once', () => {
    const state = after(bench, { type: 'port', port: port(2, { port: 'COM7' }) });
    expect(state.ports?.map((each) => each.port)).toEqual(['/dev/ttyUSB1', 'COM7']);
  });

  it('forgets a slot that is gone', () => {
    const state = after(bench, { type: 'portRemoved', port: '/dev/ttyUSB1', slot: 1 });
    expect(state.ports?.map(({ slot }) => slot)).toEqual([2]);
  });

  it('moves progress of the running job only, and leaves the other slots the same objects', () => {
    const running = after(bench, { type: 'port', port: port(1, { state: 'running', job: job('a', 1) }) });
    const progress = {
      type: 'progress',
      jobId: 'a',
      port: '/dev/ttyUSB1',
      stage: 'write',
      percent: 40,
    } as const;
    const moved = after(running, progress);
    expect(moved.ports?.[0]?.job?.percent).toBe(40);
    expect(moved.ports?.[1]).toBe(running.ports?.[1]);
    expect(after(moved, { ...progress, jobId: 'another', percent: 90 })).toBe(moved);
  });

  it('takes presence, run and result of a slot from one event, and leaves it alone when a job alone is announced', () => {
    const failed = port(1, { state: 'failed', job: job('a', 1, { state: 'failed' }) });
    const state = after(bench, { type: 'port', port: failed }, { type: 'job', job: job('b', 1) });
    expect(state.ports?.[0]).toBe(failed);
  });

  it('loads everything anew when another process greets, not when the same one does', () => {
    const hello = (instance: string): LiveEvent => ({ type: 'hello', version: '1', instance });
    const known = after(bench, hello('one'));
    expect(known.loadRevision).toBe(0);
    expect(after(known, hello('one')).loadRevision).toBe(0);
    expect(after(known, { type: 'stopping' }, hello('two'))).toMatchObject({
      loadRevision: 1,
      stopping: false,
    });
  });

  it('loads everything anew when events are missing', () => {
    expect(after(bench, { type: 'reset' }).loadRevision).toBe(1);
  });

  it('keeps the newest version of a product, also when an older one is told later', () => {
    const announced = (version: number): LiveEvent => ({
      type: 'profile',
      profile: { name: 'sensor', version },
    });
    expect(after(INITIAL, announced(2), announced(1)).profiles).toEqual([{ name: 'sensor', version: 2 }]);
  });

  it('is the same object after events that change nothing, known or not', () => {
    const state: State = { ...bench, registry: { ok: true, conflicts: 2, deadPushes: 0 } };
    expect(after(state, { type: 'registry', ok: true, conflicts: 2, deadPushes: 0 })).toBe(state);
    expect(after(state, { type: 'of the future' } as unknown as LiveEvent)).toBe(state);
  });
});
