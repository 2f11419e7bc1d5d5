// Reads and writes a serial port of a Unix system without the thread pool: the port never blocks, so a call that has
// something to do is over at once. A fixture of ports would otherwise pay two threads' wake-ups for each few bytes, and
// wait for a thread behind whatever else a disk is doing.
import { readSync, writeSync } from 'node:fs';
import type { SerialPort } from 'serialport';

type OpenPort = NonNullable<SerialPort['port']>;
type UnixPort = Extract<OpenPort, { readonly poller: unknown }>;

const isUnix = (port: OpenPort): port is UnixPort => 'poller' in port;

/** From now on this open port is used directly. Whatever goes wrong is left to the library, which knows what it means. */
export function useDirectly(port: OpenPort | undefined): void {
  if (port === undefined || !isUnix(port)) return;
  const [read, write] = [port.read.bind(port), port.write.bind(port)];
  port.read = async (buffer, offset, length) => {
    for (;;) {
      await readable(port);
      const bytesRead = tryNow(port, (fd) => readSync(fd, buffer, offset, length, null));
      if (bytesRead === 'failed' || bytesRead === 0) return read(buffer, offset, length);
      if (bytesRead !== 'nothing yet') return { buffer, bytesRead };
    }
  };
  port.write = async (buffer) => {
    const written = tryNow(port, (fd) => writeSync(fd, buffer));
    const sent = typeof written === 'number' ? written : 0;
    if (sent < buffer.length) await write(buffer.subarray(sent));
  };
}

/** @throws what the library tells of a port that is closed or gone */
function readable({ poller }: UnixPort): Promise<void> {
  return new Promise((resolve, reject) => {
    // From Node 26 on, what follows a promise that is resolved in the poller's own call waits for the next turn of the
    // event loop, and on a quiet line nothing makes one.
    poller.once('readable', (error) => (error === null ? setImmediate(resolve) : reject(error)));
  });
}

function tryNow({ fd }: UnixPort, act: (fd: number) => number): number | 'nothing yet' | 'failed' {
  if (fd === null) return 'failed';
  try {
    return act(fd);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EAGAIN' ? 'nothing yet' : 'failed';
  }
}
