// Chooses how a provisioning run is shown: live lines on a terminal, whole lines in a pipe, JSON Lines for programs.
import type { CliIo } from '../io.js';
import { jsonLine } from '../io.js';
import { LiveReporter } from './live-reporter.js';
import { PlainReporter } from './plain-reporter.js';
import type { Reporter } from './reporter.js';

export function createReporter(io: CliIo, ports: readonly string[], json: boolean): Reporter {
  if (json) return { event: (event) => io.stdout(jsonLine(event)), finish: () => undefined };
  return io.interactive ? new LiveReporter(io, ports) : new PlainReporter(io);
}
