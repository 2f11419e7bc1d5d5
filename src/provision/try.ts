// What the steps of one try share.
import type { ProvisionEvent } from '../core/stages.js';
import type { Origin } from './origin.js';
import type { ProvisionParts } from './parts.js';
import type { ProvisionPlan } from './plan/plan.js';

export interface Try {
  readonly port: string;
  readonly plan: ProvisionPlan;
  readonly parts: ProvisionParts;
  readonly emit: (event: ProvisionEvent) => void;
  readonly signal: AbortSignal | undefined;
  readonly origin: Origin;
  /** performance.now() at the first try. */
  readonly started: number;
}
