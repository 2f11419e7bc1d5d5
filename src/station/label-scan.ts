// The scan of a printed label: a unit counts only when the code that was scanned is the one that was printed.
import { EspmintError } from '../core/errors/index.js';

interface Expectation {
  lastScanned: string;
  done(): void;
}

/** Units that wait for the code of their label. */
export class ScanBack {
  readonly #timeoutMs: number;
  readonly #waiting = new Map<string, Expectation>();

  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
  }

  /**
   * Resolves when this code was scanned.
   * @throws LABEL_SCAN_DIFFERS at the deadline, with what was scanned instead; CANCELLED
   */
  async expect(code: string, signal?: AbortSignal): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const expectation: Expectation = { lastScanned: '', done: () => undefined };
    const stop = new AbortController();
    try {
      await new Promise<void>((resolve, reject) => {
        const cancel = (): void => reject(new EspmintError('CANCELLED', { what: 'waiting for a scan' }));
        if (signal?.aborted === true) cancel();
        signal?.addEventListener('abort', cancel, { signal: stop.signal });
        expectation.done = resolve;
        this.#waiting.set(code, expectation);
        timer = setTimeout(() => {
          const scanned = expectation.lastScanned;
          reject(new EspmintError('LABEL_SCAN_DIFFERS', { expected: code, scanned }));
        }, this.#timeoutMs);
      });
    } finally {
      clearTimeout(timer);
      stop.abort();
      if (this.#waiting.get(code) === expectation) this.#waiting.delete(code);
    }
  }

  /** A code was scanned. Returns whether a unit waited for it; if none did, it counts against all that wait. */
  scan(code: string): boolean {
    const expectation = this.#waiting.get(code);
    if (expectation === undefined) {
      for (const other of this.#waiting.values()) other.lastScanned = code;
      return false;
    }
    expectation.done();
    return true;
  }

  get waitingCount(): number {
    return this.#waiting.size;
  }
}
