// Live events: numbered, filtered by their schema, repeated to who comes back.
import { describe, expect, it } from 'vitest';
import { EventHub, type SentEvent } from './event-hub.js';

const change = (ok: boolean) => ({ type: 'registry', ok, conflicts: 0, deadPushes: 0 }) as const;

function listen(hub: EventHub): SentEvent[] {
  const heard: SentEvent[] = [];
  hub.subscribe({ event: (event) => heard.push(event), check: () => undefined, end: () => undefined });
  return heard;
}

describe('events', () => {
  it('reach every reader, and only with the fields of their schema', () => {
    const hub = new EventHub();
    const [a, b] = [listen(hub), listen(hub)];
    hub.publish({ ...change(true), psk: 'planted' } as never);
    expect(a).toEqual([
      { id: hub.lastId, json: '{"type":"registry","ok":true,"conflicts":0,"deadPushes":0}' },
    ]);
    expect(b).toEqual(a);
  });
  it('can be had again from any id that is still kept', () => {
    const hub = new EventHub();
    const heard = listen(hub);
    for (let count = 0; count < 5; count++) hub.publish(change(count % 2 === 0));
    const second = heard[1]?.id ?? '';
    expect(hub.since(second)).toEqual(heard.slice(2));
    expect(hub.since(hub.lastId)).toEqual([]);
    expect(hub.since(`${hub.instance}-0`)).toEqual(heard);
  });
  it('are gone when they are too old, of another process, or of no event at all', () => {
    const hub = new EventHub();
    for (let count = 0; count < 3000; count++) hub.publish(change(true));
    for (const id of [
      `${hub.instance}-1`,
      'ffffffff-1',
      `${hub.instance}-9999`,
      'rubbish',
      '',
      `${hub.instance}-x`,
    ]) {
      expect(hub.since(id)).toBeUndefined();
    }
    expect(hub.since(`${hub.instance}-2500`)).toHaveLength(500);
  });
  it('of progress are not repeated and do not count', () => {
    const hub = new EventHub();
    const heard = listen(hub);
    const before = hub.lastId;
    hub.publish({ type: 'progress', jobId: 'j', port: 'p', stage: 'write', percent: 50 });
    expect(heard[0]?.id).toBeUndefined();
    expect(hub.lastId).toBe(before);
  });
});
