// How much may be sent before the first answer is in: what a chip's UART buffers while its loader is busy.

/**
 * The receive FIFO of every ESP32's UART has 128 bytes (technical reference manuals, "UART"). A loader acts on a frame
 * only after it took its last byte out of there, so only what comes behind that frame has to wait in it.
 */
const WAITING_BYTES = 120;

export interface Queued {
  /** Bytes on the wire. */
  readonly bytes: number;
  /** The loader is done with it in less time than a FIFO fills: registers and RAM. What follows need not wait. */
  readonly isQuick: boolean;
}

/** Cuts a list, in order, into groups that may be sent in one go. */
export function batchesOf<T>(items: readonly T[], describe: (item: T) => Queued): readonly (readonly T[])[] {
  const batches: T[][] = [[]];
  let waiting = 0;
  let isBusy = false;
  for (const item of items) {
    const { bytes, isQuick } = describe(item);
    if (isBusy && waiting + bytes > WAITING_BYTES) {
      batches.push([]);
      waiting = 0;
      isBusy = false;
    } else if (isBusy) waiting += bytes;
    batches.at(-1)?.push(item);
    isBusy ||= !isQuick;
  }
  return batches;
}
