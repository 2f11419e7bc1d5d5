// How a provisioning run is shown, whoever looks: a person at a terminal, a log file, a program.
import type { ProvisionEvent, ProvisionResult } from '../../core/stages.js';

export interface Reporter {
  event(event: ProvisionEvent): void;
  /** Called once, after the last event, with one result for each port. */
  finish(results: readonly ProvisionResult[]): void;
}
