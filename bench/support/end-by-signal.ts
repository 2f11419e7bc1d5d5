// A benchmark that is ended from outside leaves nothing running: what it has opened is closed first.
import { constants } from 'node:os';

/** @param close is called once, for the first signal; the process ends after it, as one that was ended by that signal */
export function closeBySignal(close: () => Promise<void>): void {
  let closing: Promise<void> | undefined;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    // Ctrl-C comes twice where a parent passes it on.
    process.on(signal, () => {
      if (closing !== undefined) return;
      closing = close()
        .catch((error: unknown) => console.error(error))
        .finally(() => process.exit(128 + constants.signals[signal]));
    });
  }
}
