// Bytes between a link and its reader: in order, in parts of bounded size, and never so many that others starve.
import { describe, expect, it } from 'vitest';
import { Inbox } from './inbox.js';

const WAIT = { timeoutMs: 1_000 };
const MIB = 1024 * 1024;

async function readAll(inbox: Inbox, size: number): Promise<Uint8Array> {
  const all = new Uint8Array(size);
  let at = 0;
  while (at < size) {
    const part = await inbox.read(WAIT);
    all.set(part, at);
    at += part.length;
  }
  return all;
}

describe('what comes in', () => {
  it('goes out in order, whatever the sizes of the pieces', async () => {
    const inbox = new Inbox('tcp://test:1');
    const sent = Uint8Array.from({ length: 100_000 }, (_, index) => (index * 7) & 0xff);
    let at = 0;
    for (const size of [1, 5, 4_095, 4_096, 4_097, 30_000, 57_706]) {
      inbox.push(sent.subarray(at, at + size));
      at += size;
    }
    expect(Buffer.compare(await readAll(inbox, sent.length), sent)).toBe(0);
    await expect(inbox.read({ timeoutMs: 5 })).rejects.toMatchObject({ code: 'LINK_TIMEOUT' });
  });
  it('is kept up to a bound while nobody reads, the newest of it', async () => {
    const inbox = new Inbox('tcp://test:1');
    for (let count = 0; count < 64; count++) inbox.push(new Uint8Array(65_536).fill(count));
    const kept = await readAll(inbox, MIB);
    expect(kept[0]).toBe(48);
    expect(kept.at(-1)).toBe(63);
    await expect(inbox.read({ timeoutMs: 5 })).rejects.toMatchObject({ code: 'LINK_TIMEOUT' });
  });
  it('lets timers run, however much comes without a pause', async () => {
    const inbox = new Inbox('tcp://test:1');
    let turns = 0;
    const timer = setInterval(() => (turns += 1), 1);
    const giveUpAt = performance.now() + 10_000;
    while (turns < 3 && performance.now() < giveUpAt) {
      inbox.push(new Uint8Array(4_096));
      await inbox.read(WAIT);
    }
    clearInterval(timer);
    expect(turns).toBe(3);
  });
});
