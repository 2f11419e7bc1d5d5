// Shows a run on a terminal: one line a board that is redrawn in place, then the closing table.
import {
  STAGES,
  type OperatorAction,
  type ProvisionEvent,
  type ProvisionResult,
  type Stage,
} from '../../core/stages.js';
import type { CliIo } from '../io.js';
import { formatDuration, formatResultTable, formatVerdict, withoutPort } from './format.js';
import { actionText } from './action-text.js';
import type { Reporter } from './reporter.js';
import { colours } from './colours.js';
import { cutLine, endOf } from './printable.js';

/** Seconds that are left are shown as they go. */
const COUNT_MS = 1_000;

interface BoardLine {
  readonly port: string;
  stage: Stage;
  percent: number | undefined;
  mac: string;
  attempt: number;
  action: { readonly what: OperatorAction; readonly endsAt: number | undefined } | undefined;
  result: ProvisionResult | undefined;
}

/** What the port and the state of a board get at least. */
const PORT_CELLS = 6;
const STATE_CELLS = 17;

export class LiveReporter implements Reporter {
  private readonly lines: BoardLine[];
  private readonly portWidth: number;
  private drawn = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly io: CliIo,
    ports: readonly string[],
  ) {
    const line = {
      stage: 'connect',
      percent: undefined,
      mac: '',
      attempt: 1,
      action: undefined,
      result: undefined,
    } as const;
    this.lines = ports.map((port) => ({ port, ...line }));
    this.portWidth = Math.max(...ports.map((port) => port.length));
    this.redraw();
  }

  event(event: ProvisionEvent): void {
    const line = this.lines.find(({ port }) => port === event.port);
    if (line === undefined) return;
    if (event.type === 'warning') this.above(`${event.port}: ${withoutPort(event)} [${event.code}]`);
    else apply(line, event);
    this.redraw();
  }

  finish(results: readonly ProvisionResult[]): void {
    clearTimeout(this.timer);
    this.erase();
    this.io.stdout(formatResultTable(results, this.io.outputColumns));
  }

  /** Prints a line that stays, over the lines that are redrawn. */
  private above(text: string): void {
    this.erase();
    this.io.stderr(`${colours.yellow('!')} ${text}\n`);
  }

  private redraw(): void {
    clearTimeout(this.timer);
    this.erase();
    for (const line of this.lines) this.io.stderr(`${this.render(line)}\n`);
    this.drawn = this.lines.length;
    const countsDown = this.lines.some(
      ({ action, result }) => action?.endsAt !== undefined && result === undefined,
    );
    if (countsDown) this.timer = setTimeout(() => this.redraw(), COUNT_MS);
  }

  private erase(): void {
    if (this.drawn > 0) this.io.stderr(`\u001b[${this.drawn}A\r\u001b[J`);
    this.drawn = 0;
  }

  /** One line that never wraps: a wrapped line would break the count of lines to go up. */
  private render(line: BoardLine): string {
    const columns = this.io.columns - 1;
    const beside = columns - 2 - STAGES.length - 2;
    const width = Math.min(this.portWidth, Math.max(beside - STATE_CELLS, PORT_CELLS));
    // Its end tells it from the others.
    const port = endOf(line.port, width).padEnd(width);
    return cutLine(`${port}  ${renderStrip(line)}  ${renderState(line)}`, columns);
  }
}

function apply(line: BoardLine, event: Exclude<ProvisionEvent, { type: 'warning' }>): void {
  switch (event.type) {
    case 'attempt':
      line.attempt = event.attempt;
      line.action = undefined;
      break;
    case 'stage':
      line.stage = event.stage;
      line.percent = line.action = undefined;
      break;
    case 'progress':
      line.percent = event.percent;
      break;
    case 'chip':
      line.mac = event.facts.mac;
      break;
    case 'action':
      line.action = {
        what: event.action,
        endsAt: event.withinMs === undefined ? undefined : performance.now() + event.withinMs,
      };
      break;
    case 'firmware':
    case 'identity':
    case 'nvs':
      break;
    case 'result':
      line.result = event;
      break;
  }
}

/** A mark a stage: done, running, to come. */
function renderStrip({ stage, result }: BoardLine): string {
  const current = STAGES.indexOf(result?.ok === true ? 'confirm' : stage);
  return STAGES.map((_, index) => {
    if (index < current || result?.ok === true) return colours.green('●');
    if (index > current) return colours.dim('○');
    return result === undefined ? colours.cyan('◐') : colours.red('✕');
  }).join('');
}

function renderState({ stage, percent, mac, attempt, action, result }: BoardLine): string {
  if (result !== undefined) {
    const text = result.ok
      ? `${mac} ${formatDuration(result.durationMs)}`
      : `${result.stage}: ${result.code}`;
    return `${formatVerdict(result)} ${text}`;
  }
  if (action !== undefined) {
    const leftMs = action.endsAt === undefined ? undefined : action.endsAt - performance.now();
    return actionText(action.what, leftMs);
  }
  const again = attempt > 1 ? ` (attempt ${attempt})` : '';
  const progress = percent === undefined ? '' : ` ${Math.round(percent)} %`;
  return `${stage}${progress}${again} ${mac}`;
}
