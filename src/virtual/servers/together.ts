// Gathers what a chip sends in one go into one write, as it would stand in a host's buffer: repeated answers of a ROM that
// takes no time would otherwise trickle in between a client's read and its flush.

/** @param write gets all that was handed over since the last call, at the end of the current turn of the event loop. */
export function together(write: (bytes: Uint8Array) => void): (bytes: Uint8Array) => void {
  let waiting: Uint8Array[] = [];
  return (bytes) => {
    waiting.push(bytes);
    if (waiting.length > 1) return;
    queueMicrotask(() => {
      const all = Buffer.concat(waiting);
      waiting = [];
      write(all);
    });
  };
}
