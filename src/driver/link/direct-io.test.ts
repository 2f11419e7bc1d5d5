// A serial port that is used directly, on a pipe that does not block either.
import { execFileSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { useDirectly } from './direct-io.js';

type OpenPort = NonNullable<Parameters<typeof useDirectly>[0]>;

let folder: string;
let pipe: number;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'espmint-direct-'));
  const path = join(folder, 'pipe');
  execFileSync('mkfifo', [path]);
  pipe = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
});
afterEach(() => {
  closeSync(pipe);
  rmSync(folder, { recursive: true, force: true });
});

/** A port of the library whose poller says `readable` when `tell` is called; what reaches the library is noted. */
function fakePort() {
  const reported: ((error: Error | null) => void)[] = [];
  const library: { readonly written: number[]; reads: number } = { written: [], reads: 0 };
  const port = {
    fd: pipe as number | null,
    poller: { once: (_event: string, listener: (error: Error | null) => void) => reported.push(listener) },
    read: ((buffer) => {
      library.reads += 1;
      return Promise.resolve({ buffer, bytesRead: 0 });
    }) as OpenPort['read'],
    write: (buffer: Buffer) => {
      library.written.push(buffer.length);
      return Promise.resolve();
    },
  };
  useDirectly(port as unknown as OpenPort);
  const tell = async (error: Error | null = null): Promise<void> => {
    reported.shift()?.(error);
    await new Promise(setImmediate);
  };
  return { port, library, tell };
}

describe.skipIf(process.platform === 'win32')('a port that is used directly', () => {
  it('gives what is there as soon as the system says so, also when that was a false alarm before', async () => {
    const { port, library, tell } = fakePort();
    const reading = port.read(Buffer.alloc(16), 0, 16);
    await tell();
    writeSync(pipe, 'hello');
    await tell();
    const { buffer, bytesRead } = await reading;
    expect(buffer.subarray(0, bytesRead).toString()).toBe('hello');
    expect(library.reads).toBe(0);
  });

  it('sends what the system takes, and leaves the rest to the library', async () => {
    const { port, library } = fakePort();
    const bytes = Buffer.alloc(300_000, 7);
    await port.write(Buffer.from('hello'));
    expect(library.written).toEqual([]);
    await port.write(bytes);
    const taken = readSync(pipe, Buffer.alloc(400_000)) - 'hello'.length;
    expect(taken).toBeGreaterThan(0);
    expect(library.written).toEqual([bytes.length - taken]);
  });

  it('ends a read that waits when its port is closed or gone', async () => {
    const { port, tell } = fakePort();
    const reading = port.read(Buffer.alloc(16), 0, 16);
    const ended = expect(reading).rejects.toThrow('Canceled');
    await tell(new Error('Canceled'));
    await ended;
  });

  it('leaves a port that is closed, or fails, to the library', async () => {
    const { port, library, tell } = fakePort();
    port.fd = null;
    const reading = port.read(Buffer.alloc(16), 0, 16);
    await tell();
    await reading;
    await port.write(Buffer.from('hello'));
    expect(library).toEqual({ written: [5], reads: 1 });
  });
});
