// How much may be sent before the first answer is in: what a chip's UART buffers while its loader is busy.

/** The receive FIFO of every ESP32's UART has 128 bytes. */
const SEND_AHEAD_BYTES = 112;

/** Cuts a list, in order, into groups that a UART surely buffers. */
export function batchesOf<T>(items: readonly T[], bytesOf: (item: T) => number): readonly (readonly T[])[] {
  const batches: T[][] = [[]];
  let bytes = 0;
  for (const item of items) {
    if (bytes + bytesOf(item) > SEND_AHEAD_BYTES) {
      batches.push([]);
      bytes = 0;
    }
    batches.at(-1)?.push(item);
    bytes += bytesOf(item);
  }
  return batches;
}
