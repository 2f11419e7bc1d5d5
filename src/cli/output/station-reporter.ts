// How a station is shown: redrawn on a terminal, line by line in a pipe, as JSON Lines to programs.
import { awayText, type SlotState, type StationEvent } from '../../station/index.js';
import type { Away, Batch } from '../../registry/index.js';
import { jsonLine, type CliIo } from '../io.js';
import { formatDuration, formatHistories } from './format.js';
import { StationScreen } from './station-screen.js';
import { batchLine, modeText, pendingText, waitingText, type StationReporter } from './station-text.js';

export type { StationReporter };

export function createStationReporter(io: CliIo, options: { json: boolean; name: string }): StationReporter {
  if (options.json) {
    return {
      event: (event) => io.stdout(jsonLine(event)),
      batch: (batch) => io.stdout(jsonLine({ type: 'batch', ...batch })),
      away: (away) => io.stdout(jsonLine({ type: 'away', ...away })),
      note: (text) => io.stderr(`${text}\n`),
      typing: () => undefined,
      showsTyping: false,
      finish: () => undefined,
    };
  }
  return io.interactive ? new StationScreen(io, options.name) : new PlainStation(io);
}

/** Whole lines, each naming its slot. */
class PlainStation implements StationReporter {
  readonly showsTyping = false;
  #batch = '';
  readonly #states = new Map<number, string>();

  constructor(private readonly io: CliIo) {}

  event(event: StationEvent): void {
    if (event.type === 'slot') {
      // A state is shown once: what happens in it is for the screen.
      const state = `${event.state} ${event.state === 'running' ? `${event.run} ${event.action?.what ?? ''}` : ''}`;
      const before = this.#states.get(event.slot);
      this.#states.set(event.slot, state);
      // Neither what it was before, nor that it no longer waits for a hand.
      if (before === state || (event.state === 'running' && before?.startsWith(state) === true)) return;
    }
    const text = describe(event);
    if (text !== undefined) this.io.stderr(`${text}\n`);
  }

  batch(batch: Batch): void {
    this.#tell(batchLine(batch));
  }

  away(away: Away): void {
    this.#tell(awayText(away));
  }

  #tell(text: string): void {
    if (text !== this.#batch) this.io.stderr(`${text}\n`);
    this.#batch = text;
  }

  note(text: string): void {
    this.io.stderr(`${text}\n`);
  }

  typing(): void {
    // The terminal shows it.
  }

  finish(): void {
    // Every line is already where it should stay.
  }
}

function describe(event: StationEvent): string | undefined {
  switch (event.type) {
    case 'slot':
      return describeSlot(event.slot, event);
    case 'warning':
      return `slot ${event.slot}: warning: ${event.message} [${event.code}]`;
    case 'blocked':
      return `slot ${event.slot}: held after ${event.count} times ${event.code}; look at it, then type ${event.slot}`;
    case 'station':
      return `station ${modeText(event)}`;
    case 'progress':
    case 'ended':
      return undefined;
  }
}

function describeSlot(slot: number, state: SlotState): string | undefined {
  switch (state.state) {
    case 'passed': {
      const { mac, serial, alreadyDone, durationMs } = state.result;
      const how = alreadyDone === true ? 'already done' : formatDuration(durationMs);
      return `slot ${slot}: PASS ${mac}${serial === undefined ? '' : ` ${serial}`} (${how})`;
    }
    case 'failed':
      return [
        `slot ${slot}: FAIL in ${state.result.stage}: ${state.result.message} [${state.result.code}]`,
        ...formatHistories(state.result).map((line) => `slot ${slot}:   ${line}`),
      ].join('\n');
    case 'waiting':
      return state.for === 'seat' ? undefined : `slot ${slot}: ${waitingText(state)}`;
    case 'running':
      if (state.action !== undefined) return `slot ${slot}: ${pendingText(state.action)}`;
      return `slot ${slot}: ${state.port} begins${state.run > 1 ? ` (run ${state.run})` : ''}`;
    case 'empty':
    case 'settling':
      return undefined;
  }
}
