// A change through the interface: who hears of it, and who is looked at.
import { expect, it } from 'vitest';
import { tellOfChange } from './changes.js';
import { EventHub } from './event-hub.js';

function hear(method: 'GET' | 'POST' | 'DELETE', path: string): { events: unknown[]; checks: number } {
  const hub = new EventHub();
  const heard = { events: [] as unknown[], checks: 0 };
  hub.subscribe({
    event: ({ json }) => heard.events.push(JSON.parse(json)),
    check: () => (heard.checks += 1),
    end: () => undefined,
  });
  tellOfChange(hub, { method, path });
  return heard;
}

it('tells every reader which part is out of date', () => {
  expect(hear('POST', '/batches/:name/state').events).toEqual([{ type: 'changed', part: 'batches' }]);
  expect(hear('POST', '/push/dead/retry').events).toEqual([{ type: 'changed', part: 'push' }]);
});

it('tells nothing of what only reads, or has events of its own', () => {
  expect(hear('GET', '/batches').events).toEqual([]);
  expect(hear('POST', '/jobs').events).toEqual([]);
});

it('looks at who listens when somebody may have lost a right', () => {
  for (const path of ['/tokens/:id', '/users/:name', '/sessions/:id', '/session']) {
    expect(hear('DELETE', path).checks).toBe(1);
  }
  expect(hear('POST', '/batches').checks).toBe(0);
});
