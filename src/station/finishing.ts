// What a unit still needs when its board is good, before it counts: a label, and the scan that proves the right one.
import { EspmintError } from '../core/errors/index.js';
import type { Admission, Admit } from '../provision/admission.js';
import type { ClaimedRow } from '../registry/index.js';

/** A good board. */
export interface FinishedUnit {
  readonly mac: string;
  readonly uuid: string;
  readonly chip: string;
  readonly serial?: string | undefined;
  /** Its row of a list of values, where it was given out of reach of the database. */
  readonly row?: ClaimedRow | undefined;
}

export type Finish = (unit: FinishedUnit) => Promise<void>;

/** An admission behind which each unit is finished before its batch counts it. One that was finished before is not again. */
export function withFinish(admit: Admit | undefined, finish: Finish): Admit {
  return async (device) => {
    const inner = await admit?.(device);
    const { serial, row, earlier } = inner ?? {};
    const admission: Admission = {
      ...inner,
      passed: async (unit) => {
        const isFinished = earlier !== undefined && earlier.md5 === unit.image.md5;
        const { mac } = device;
        if (!isFinished) await finish({ mac, uuid: unit.uuid, chip: unit.chip, serial, row });
        await inner?.passed(unit);
      },
      failed: async (failure) => inner?.failed(failure),
    };
    return admission;
  };
}

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
