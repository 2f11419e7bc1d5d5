// What readers of live events get of a change that came through the interface, whoever made it.
import { CHANGING_PARTS } from '../contract/events.js';
import type { Operation } from '../contract/index.js';
import type { EventHub } from './event-hub.js';

/** Changes here can take somebody the right to listen. */
const ACCESS_PARTS: readonly string[] = ['session', 'sessions', 'users', 'tokens'];

/** For each operation that has answered: pages load anew what is out of date, and who may no longer listen is sent away. */
export function tellOfChange(hub: EventHub, { method, path }: Pick<Operation, 'method' | 'path'>): void {
  if (method === 'GET') return;
  const first = path.split('/')[1];
  const part = CHANGING_PARTS.find((name) => name === first);
  if (part !== undefined) hub.publish({ type: 'changed', part });
  if (first !== undefined && ACCESS_PARTS.includes(first)) hub.checkReaders();
}
