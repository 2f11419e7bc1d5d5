// Shows a run in a pipe or a log file: whole lines, each naming its board.
import type { ProvisionEvent, ProvisionResult } from '../../core/stages.js';
import type { CliIo } from '../io.js';
import { formatDuration, formatResultTable, withoutPort } from './format.js';
import { actionText } from './action-text.js';
import type { Reporter } from './reporter.js';

export class PlainReporter implements Reporter {
  constructor(private readonly io: CliIo) {}

  event(event: ProvisionEvent): void {
    const text = describe(event);
    if (text !== undefined) this.io.stderr(`${event.port}: ${text}\n`);
  }

  finish(results: readonly ProvisionResult[]): void {
    this.io.stdout(formatResultTable(results, this.io.outputColumns));
  }
}

function describe(event: ProvisionEvent): string | undefined {
  switch (event.type) {
    case 'attempt':
      return event.attempt === 1 ? undefined : `attempt ${event.attempt} of ${event.of}`;
    case 'stage':
      return event.state === 'started'
        ? undefined
        : `${event.stage} ${event.state} (${formatDuration(event.durationMs)})`;
    case 'progress':
      return undefined;
    case 'chip':
      return `${event.facts.description}, revision ${event.facts.revision}, MAC ${event.facts.mac}`;
    case 'identity':
      return `${event.mac} is ${event.uuid} (${event.known})`;
    case 'firmware':
      return `firmware ${event.app.project} ${event.app.version}, ESP-IDF ${event.app.idfVersion}`;
    case 'nvs':
      return event.mode === 'merge' ? `keeps ${event.kept.length} values that are there` : undefined;
    case 'action':
      // Whoever finds the air free waits for nobody.
      return event.action === 'smartconfig-turn' ? undefined : actionText(event.action, event.withinMs);
    case 'warning':
      return `warning: ${withoutPort(event)} [${event.code}]`;
    case 'result':
      if (event.ok) return 'PASS';
      return `${event.code === 'CANCELLED' ? 'STOPPED' : 'FAIL'} in ${event.stage}: ${withoutPort(event)} [${event.code}]`;
  }
}
