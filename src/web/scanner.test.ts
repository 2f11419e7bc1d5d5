import { afterEach, expect, it, vi } from 'vitest';
import { listenToScanner, type KeySource } from './scanner.js';

class Target {
  readonly isConnected = true;
  readonly dispatchEvent = (event: Key): void => void passed.push(event.key);
  readonly closest = (): null => null;
}

class Key {
  readonly target = new Target();
  readonly preventDefault = (): void => undefined;
  readonly stopImmediatePropagation = (): void => undefined;
  readonly key: string;
  readonly timeStamp: number;
  constructor(_: string, { key, timeStamp = 0 }: { key: string; timeStamp?: number }) {
    this.key = key;
    this.timeStamp = timeStamp;
  }
}

let passed: string[] = [];

/** What the page gets of keys that follow each other after so long; a busy page hears of them at other times. */
function typed(
  keys: readonly string[],
  everyMs: number,
  heardEveryMs = everyMs,
): { codes: string[]; passed: string[] } {
  vi.useFakeTimers();
  vi.stubGlobal('KeyboardEvent', Key);
  vi.stubGlobal('Element', Target);
  vi.stubGlobal('Node', Target);
  passed = [];
  const codes: string[] = [];
  let onKey: (event: KeyboardEvent) => void = () => undefined;
  const source: KeySource = {
    addEventListener: (_, listener) => (onKey = listener),
    removeEventListener: () => undefined,
  };
  const end = listenToScanner(source, (code) => codes.push(code));
  for (const [n, key] of keys.entries()) {
    onKey(new Key('keydown', { key, timeStamp: n * everyMs }) as unknown as KeyboardEvent);
    vi.advanceTimersByTime(heardEveryMs);
  }
  vi.advanceTimersByTime(1_000);
  end();
  return { codes, passed };
}

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it.each(['7', '12', '123', 'ZC-0001'])('"%s" and Enter from a scanner is a code, and no slot', (code) => {
  expect(typed([...code, 'Enter'], 5)).toEqual({ codes: [code], passed: [] });
});

it('what fingers type stays a key: a slot, and Enter that starts it', () => {
  const keys = { codes: [], passed: ['1', '2'] };
  expect(typed(['1', '2', 'Enter'], 90)).toEqual(keys);
  // Also on a page that was busy, and hears of all at once.
  expect(typed(['1', '2', 'Enter'], 90, 0)).toEqual(keys);
});

it('a code without Enter is one from four characters on', () => {
  expect(typed([...'1234'], 5).codes).toEqual(['1234']);
  expect(typed([...'12'], 5)).toEqual({ codes: [], passed: ['1', '2'] });
});
