// What the page shows of the whole station: its mode and why, its batch, lessons in progress, units that wait for a scan.
import type { Batch } from '../../registry/index.js';
import { toEspmintError } from '../../core/errors/index.js';
import { awayText, type StationMode, type StationWork } from '../../station/index.js';
import type { LiveEvent, StationState } from '../contract/index.js';
import type { Line } from './line.js';
import type { StationSettings } from './station-settings.js';
import type { TeachingSession } from './teaching.js';

export interface ViewParts {
  readonly settings: StationSettings;
  readonly teaching: TeachingSession;
  readonly line: Line;
  readonly work: StationWork;
  readonly hasDatabase: boolean;
  readonly publish: (event: LiveEvent) => void;
}

/** Boards that end together are counted together. */
const SOON_MS = 300;

export class StationView {
  readonly #parts: ViewParts;
  #batch: Batch | undefined;
  #batchProblem: StationState['batchProblem'];
  #announced = '';
  #heartbeats: Promise<void> = Promise.resolve();
  #soon: NodeJS.Timeout | undefined;

  constructor(parts: ViewParts) {
    this.#parts = parts;
  }

  get state(): StationState {
    const { line, teaching, hasDatabase } = this.#parts;
    const { station } = line;
    return {
      ...modeOf(station.mode),
      running: station.runningCount,
      hasDatabase,
      batch: this.#batch,
      batchProblem: this.#batchProblem,
      teaching: teaching.pins === undefined ? undefined : [...teaching.pins],
    };
  }

  /** A sign of life to the database, which tells how the batch stands. Never throws; one at a time. */
  heartbeat(): Promise<void> {
    this.#heartbeats = this.#heartbeats.then(() => this.#heartbeat());
    return this.#heartbeats;
  }

  async #heartbeat(): Promise<void> {
    clearTimeout(this.#soon);
    this.#soon = undefined;
    const { settings, work, line } = this.#parts;
    const { stationName, batch } = await settings.get();
    try {
      this.#batch = await work.heartbeat(line.station, { station: stationName, batch });
      this.#batchProblem = undefined;
    } catch (error) {
      // Without a batch the registry's own status says all there is to say.
      const away = await work.away({ station: stationName, batch });
      const { code, message } = toEspmintError(error);
      const problem = away === undefined ? { code, message } : { message: awayText(away), away };
      this.#batchProblem = batch === undefined ? undefined : problem;
    }
    this.tell();
  }

  heartbeatSoon(): void {
    this.#soon ??= setTimeout(() => void this.heartbeat(), SOON_MS);
  }

  /** Publishes the state where it is another one. */
  tell(): void {
    const { state } = this;
    const text = JSON.stringify(state);
    if (text === this.#announced) return;
    this.#announced = text;
    this.#parts.publish({ type: 'station', station: state });
  }

  async stop(): Promise<void> {
    clearTimeout(this.#soon);
    await this.#heartbeats;
    const { settings, work } = this.#parts;
    const { stationName, batch } = await settings.get();
    await work.leave({ station: stationName, batch });
  }
}

function modeOf(mode: StationMode): Pick<StationState, 'mode' | 'reason'> {
  return mode.mode === 'paused' ? { mode: mode.mode, reason: mode.reason } : { mode: mode.mode };
}
