// A warning as it is shown: its code and its sentence.
import type { ErrorCode } from './catalog.js';
import { WARNINGS, type WarningCode, type WarningDetails, type WarningEntry } from './catalog/warnings.js';

export interface Warning {
  /** A refusal that was turned into a warning, or a failed attempt that another follows, keeps the code of its error. */
  readonly code: WarningCode | ErrorCode;
  /** One sentence: what is the case and where, and what to do about it. Never a secret. */
  readonly message: string;
}

export type OnWarning = (warning: Warning) => void;

export function warningOf<C extends WarningCode>(code: C, details: WarningDetails<C>): Warning {
  const row = WARNINGS[code] as unknown as WarningEntry<WarningDetails<C>>;
  return { code, message: `${row.problem(details)}; ${row.next(details)}.` };
}
