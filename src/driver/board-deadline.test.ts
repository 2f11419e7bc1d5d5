import { getEventListeners } from 'node:events';
import { expect, it } from 'vitest';
import { EspmintError } from '../core/errors/index.js';
import { withBoardDeadline } from './board-deadline.js';
import { sleep } from './wait.js';

const PORT = 'tcp://10.0.0.1:1';

/** Each step ends in time, and the work never does. */
async function dripping(signal: AbortSignal): Promise<never> {
  for (;;) await sleep(1, signal);
}

it('ends work that drips at its deadline, and names the board and the time', async () => {
  const run = withBoardDeadline({ port: PORT, timeoutMs: 20 }, dripping);
  await expect(run).rejects.toMatchObject({
    code: 'RUN_TIMED_OUT',
    details: { port: PORT, timeoutMs: 20 },
  });
});

it('leaves work behind that hears no signal', async () => {
  const deaf = (): Promise<never> => new Promise(() => undefined);
  const late = withBoardDeadline({ port: PORT, timeoutMs: 10, graceMs: 10 }, deaf);
  await expect(late).rejects.toMatchObject({ code: 'RUN_TIMED_OUT' });
  const signal = AbortSignal.abort();
  const cancelled = withBoardDeadline({ port: PORT, timeoutMs: 60_000, graceMs: 10, signal }, deaf);
  await expect(cancelled).rejects.toMatchObject({ code: 'CANCELLED' });
});

it('ends at once with CANCELLED when its caller wants so, and leaves no listener behind', async () => {
  const caller = new AbortController();
  const run = withBoardDeadline({ port: PORT, timeoutMs: 60_000, signal: caller.signal }, dripping);
  caller.abort();
  await expect(run).rejects.toMatchObject({ code: 'CANCELLED' });
  expect(getEventListeners(caller.signal, 'abort')).toHaveLength(0);
});

it('passes on what the work gives or throws before', async () => {
  const within = { port: PORT, timeoutMs: 60_000 };
  expect(await withBoardDeadline(within, () => Promise.resolve(7))).toBe(7);
  const error = new EspmintError('PORT_NOT_FOUND', { port: PORT });
  await expect(withBoardDeadline(within, () => Promise.reject(error))).rejects.toBe(error);
});
