// When a station stops by itself: one cause that comes again and again is not the boards' fault.
import type { ErrorCode } from '../core/errors/index.js';
import type { ProvisionResult } from '../core/stages.js';
import { isVerdict } from './verdict.js';

/** How often the same code may come in a row; 0 switches a rule off. */
export interface StopLimits {
  readonly onSlot: number;
  readonly onStation: number;
}

export type StopFinding =
  | { readonly scope: 'slot'; readonly code: ErrorCode; readonly count: number }
  | { readonly scope: 'station'; readonly code: ErrorCode; readonly count: number };

interface Streak {
  readonly code: ErrorCode;
  readonly count: number;
}

export class StopRules {
  #limits: StopLimits;
  readonly #slots = new Map<number, Streak>();
  #station: Streak | undefined;

  constructor(limits: StopLimits) {
    this.#limits = limits;
  }

  /** Other limits from now on. */
  limit(limits: StopLimits): void {
    this.#limits = limits;
  }

  /** Takes in the last result of a board; a pass ends every streak that it belongs to. */
  note(slot: number, result: ProvisionResult): StopFinding[] {
    if (result.ok) {
      this.#slots.delete(slot);
      this.#station = undefined;
      return [];
    }
    const { code } = result;
    if (!isVerdict(result) || code === 'BOARD_REMOVED') return [];
    const onSlot = longer(this.#slots.get(slot), code);
    this.#slots.set(slot, onSlot);
    this.#station = longer(this.#station, code);
    const findings: StopFinding[] = [];
    if (reaches(onSlot, this.#limits.onSlot)) findings.push({ scope: 'slot', ...onSlot });
    if (reaches(this.#station, this.#limits.onStation)) findings.push({ scope: 'station', ...this.#station });
    return findings;
  }

  /** Somebody has looked at it: counting begins anew. */
  clearSlot(slot: number): void {
    this.#slots.delete(slot);
  }

  clearStation(): void {
    this.#station = undefined;
  }
}

function longer(streak: Streak | undefined, code: ErrorCode): Streak {
  return { code, count: streak?.code === code ? streak.count + 1 : 1 };
}

function reaches(streak: Streak, limit: number): boolean {
  return limit > 0 && streak.count >= limit;
}
