// What the check of a board is given, what it cannot do without, and where it notes what is wrong.
import type { EspmintError } from '../../core/errors/index.js';
import { invalidInput } from '../../core/errors/index.js';
import type { BoardValues } from '../../core/values/rows.js';
import type { Board } from '../../driver/index.js';
import type { Registry, Values } from '../../registry/index.js';
import type { ProvisionParts } from '../parts.js';
import type { ProvisionPlan } from '../plan/plan.js';

export interface CheckParts extends Pick<ProvisionParts, 'connect'> {
  /** Absent: the board is compared with the profile alone, and nothing is recorded. */
  readonly registry?: Pick<Registry, 'show' | 'compareKey' | 'checked'> | undefined;
  /** Values of its own for each board. */
  readonly values?: Pick<Values, 'held'> | undefined;
}

/** One way in which a board differs from what its profile and the registry say: never with a secret in it. */
export interface Difference {
  readonly kind:
    'registry' | 'identity' | 'key' | 'value' | 'firmware' | 'layout' | 'region' | 'forbidden' | 'unreadable';
  /** What is wrong and where, without a full stop. */
  readonly message: string;
  /** What to do, an imperative without a full stop. */
  readonly remedy: string;
}

export const AGAIN = 'Run this board through provisioning again';
export const FIRST = 'Give the board its identity with this profile first';

/** One check while it goes on. */
export interface Check {
  readonly port: string;
  readonly plan: ProvisionPlan;
  readonly parts: CheckParts;
  readonly board: Board;
  readonly signal: AbortSignal | undefined;
  readonly add: (difference: Difference) => void;
  readonly note: (kind: Difference['kind'], message: string, remedy: string) => void;
}

/** Whether what is made from the board's row of a list of values can be compared. */
export const hasAllValues = ({ values }: ProvisionPlan, own: BoardValues | undefined): boolean =>
  values === undefined || own !== undefined;

/** What only the registry knows cannot be compared without it. @throws INPUT_INVALID */
export function requireRegistryOf({ values, layout, regions = [] }: ProvisionPlan, parts: CheckParts): void {
  const refuse = (field: string): EspmintError =>
    invalidInput(field, 'is in a registry, and this check has none', 'leave --registry none out');
  if (values !== undefined && parts.values === undefined)
    throw refuse(`The list of values "${values.list}" of the profile`);
  if (parts.registry !== undefined) return;
  if (
    /\{\{\s*serial\s*\}\}/.test(
      JSON.stringify([layout.rows, regions.map(({ nvs, text }) => [nvs, text])], plain),
    )
  )
    throw refuse('The serial number that the profile puts on boards');
}

const plain = (_: string, value: unknown): unknown => (typeof value === 'bigint' ? String(value) : value);
