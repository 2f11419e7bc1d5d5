// One reader of live events: what it is sent, and when it is sent away.
import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { EventHub } from './event-hub.js';
import { streamEvents } from './event-stream.js';

/** A response whose reader takes nothing until told. */
class Reader extends EventEmitter {
  text = '';
  writableLength = 0;
  state: 'open' | 'ended' | 'destroyed' = 'open';
  /** Whether the connection goes as soon as it was ended, or only when all has been taken. */
  isQuick = true;
  get writableEnded(): boolean {
    return this.state === 'ended';
  }
  write(text: string): boolean {
    this.text += text;
    this.writableLength += text.length;
    return true;
  }
  drain(): void {
    this.writableLength = 0;
  }
  end(): void {
    this.state = 'ended';
    if (this.isQuick) this.emit('close');
  }
  destroy(): void {
    this.state = 'destroyed';
    this.emit('close');
  }
}

function open(options: { isAllowed?: boolean; lastSeenId?: string } = {}) {
  const hub = new EventHub();
  const reader = new Reader();
  streamEvents(reader as unknown as ServerResponse, hub, {
    version: '1.2.3',
    lastSeenId: options.lastSeenId,
    isAllowed: () => Promise.resolve(options.isAllowed ?? true),
    heartbeatMs: 1000,
  });
  return { hub, reader };
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('a reader', () => {
  it('is greeted, told where it stands, and sent each event with its id', () => {
    const { hub, reader } = open();
    expect(reader.text).toContain(
      `data: {"type":"hello","version":"1.2.3","instance":"${hub.instance}"}\n\n`,
    );
    expect(reader.text).toContain(`id: ${hub.instance}-0\n\n`);
    hub.publish({ type: 'registry', ok: false, conflicts: 0, deadPushes: 0 });
    expect(reader.text).toMatch(
      /id: \w+-1\ndata: {"type":"registry","ok":false,"conflicts":0,"deadPushes":0}\n\n$/,
    );
  });
  it('that has seen what is gone is told to load everything anew', () => {
    const { reader } = open({ lastSeenId: 'other-17' });
    expect(reader.text).toContain('data: {"type":"reset"}');
  });
  it('that takes nothing is cut off before its backlog is large, and the hub forgets it', () => {
    const { hub, reader } = open();
    let sent = 0;
    while (reader.state === 'open' && sent < 100_000) {
      hub.publish({ type: 'registry', ok: true, conflicts: 0, deadPushes: 0 });
      sent += 1;
    }
    expect(reader.state).toBe('destroyed');
    expect(reader.writableLength).toBeLessThan(1.01 * 1024 * 1024);
    expect(hub.readers).toBe(0);
  });
  it('that keeps up stays', () => {
    const { hub, reader } = open();
    for (let sent = 0; sent < 50_000; sent++) {
      hub.publish({ type: 'registry', ok: true, conflicts: 0, deadPushes: 0 });
      reader.drain();
    }
    expect(reader.state).toBe('open');
  });
  it('hears a heartbeat while it may listen', async () => {
    const { reader } = open();
    await vi.advanceTimersByTimeAsync(1000);
    expect(reader.text.endsWith(':\n\n')).toBe(true);
  });
  it('whose rights were taken is sent away at the next heartbeat, and leaves no timer', async () => {
    const { hub, reader } = open({ isAllowed: false });
    await vi.advanceTimersByTimeAsync(1000);
    expect(reader.state).toBe('ended');
    expect(hub.readers).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
  });
  it('whose rights were taken is sent away at once when somebody tells the hub', async () => {
    const { hub, reader } = open({ isAllowed: false });
    hub.checkReaders();
    await vi.advanceTimersByTimeAsync(0);
    expect(reader.state).toBe('ended');
    expect(hub.readers).toBe(0);
  });
  it('that is slow to go is told nothing after it was sent away', async () => {
    const { hub, reader } = open({ isAllowed: false });
    reader.isQuick = false;
    hub.checkReaders();
    await vi.advanceTimersByTimeAsync(0);
    const before = reader.text;
    hub.publish({ type: 'registry', ok: true, conflicts: 1, deadPushes: 0 });
    await vi.advanceTimersByTimeAsync(5000);
    expect(reader.text).toBe(before);
    expect(vi.getTimerCount()).toBe(0);
  });
  it('is sent away when the service ends', () => {
    const { hub, reader } = open();
    hub.endAll();
    expect(reader.state).toBe('ended');
  });
});
