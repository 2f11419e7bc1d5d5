// What the check of a board is given, and what it cannot do without.
import { EspmintError } from '../../core/errors/index.js';
import type { Registry, Values } from '../../registry/index.js';
import type { ProvisionParts } from '../parts.js';
import type { ProvisionPlan } from '../plan/plan.js';

export interface CheckParts extends Pick<ProvisionParts, 'connect'> {
  /** Absent: the board is compared with the profile alone, and nothing is recorded. */
  readonly registry?: Pick<Registry, 'show' | 'compareKey' | 'checked'> | undefined;
  /** Values of its own for each board. */
  readonly values?: Pick<Values, 'held'> | undefined;
}

/** What only the registry knows cannot be compared without it. @throws INPUT_INVALID */
export function requireRegistryOf({ values, layout, regions = [] }: ProvisionPlan, parts: CheckParts): void {
  const refuse = (field: string): EspmintError =>
    new EspmintError('INPUT_INVALID', {
      field,
      reason: 'is in a registry, and this check has none',
      hint: 'leave --registry none out',
    });
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
