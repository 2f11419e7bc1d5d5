// What the registry gets of an attempt beside its result: who made it, where, on which chip, and how it went.
import type { AppDescription } from '../core/firmware/image.js';
import type { Stage } from '../core/stages.js';
import type { Board } from '../driver/index.js';
import type { AttemptTimings, AttemptFacts } from '../registry/index.js';
import type { ProvisionPlan } from './plan/plan.js';
import type { Try } from './parts.js';

export function attemptFacts({ port, plan, origin }: Try, board: Board): AttemptFacts {
  const { chip: kind, description, revision, flashSizeBytes } = board.facts;
  return { ...origin, port, profile: plan.profile, chip: { kind, description, revision, flashSizeBytes } };
}

/** Of the registry's column. */
const VERSION_CHARS = 20;

/** What is typed wins; else what the application says, as far as its column takes it. */
export function firmwareVersionOf(
  { firmwareVersion }: ProvisionPlan,
  app: AppDescription | undefined,
): string | undefined {
  return firmwareVersion ?? app?.version.slice(0, VERSION_CHARS);
}

export function firmwareFacts(
  { firmwareVersion, firmware }: ProvisionPlan,
  app: AppDescription | undefined,
): AttemptFacts['firmware'] {
  if (firmwareVersion === undefined && app === undefined) return undefined;
  return { typed: firmwareVersion, app, bundle: firmware?.digest };
}

/**
 * @param durations milliseconds of each stage that has ended
 * @param baud what the link bore before the reset, which sets it back
 */
export function attemptTimings(durations: Partial<Record<Stage, number>>, baud: number): AttemptTimings {
  const whole = Object.entries(durations).map(([stage, ms]) => [stage, Math.round(ms)] as const);
  return { stagesMs: Object.fromEntries(whole), baud };
}
