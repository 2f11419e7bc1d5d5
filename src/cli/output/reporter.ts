// How a provisioning run is shown: one reporter for a terminal, one for a pipe, one for programs.
import type { ProvisionEvent, ProvisionResult } from '../../core/stages.js';
import type { CliIo } from '../io.js';
import { jsonLine } from '../io.js';
import { LiveReporter } from './live-reporter.js';
import { PlainReporter } from './plain-reporter.js';

export interface Reporter {
  event(event: ProvisionEvent): void;
  /** Called once, after the last event, with one result for each port. */
  finish(results: readonly ProvisionResult[]): void;
}

export function createReporter(io: CliIo, ports: readonly string[], json: boolean): Reporter {
  if (json) return { event: (event) => io.stdout(jsonLine(event)), finish: () => undefined };
  return io.interactive ? new LiveReporter(io, ports) : new PlainReporter(io);
}
