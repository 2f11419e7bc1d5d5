// Runs the stages of one try: tells of start and end, measures, and remembers where a failure happened.
import { EspmintError } from '../core/errors/index.js';
import type { ProvisionEvent, Stage } from '../core/stages.js';

interface Reporter {
  readonly port: string;
  readonly emit: (event: ProvisionEvent) => void;
  readonly signal: AbortSignal | undefined;
}

export class StageClock {
  /** Milliseconds of each stage that has ended. */
  readonly durations: Partial<Record<Stage, number>> = {};
  /** The stage that runs now, or ran last. */
  current: Stage = 'connect';

  constructor(private readonly reporter: Reporter) {}

  /** @throws CANCELLED before a stage begins, and whatever the stage throws. */
  async stage<T>(stage: Stage, body: () => T | Promise<T>): Promise<T> {
    const { port, emit, signal } = this.reporter;
    this.current = stage;
    if (signal?.aborted === true) throw new EspmintError('CANCELLED', { what: `${port}: provisioning` });
    emit({ type: 'stage', port, stage, state: 'started' });
    const started = performance.now();
    let state: 'done' | 'failed' = 'failed';
    try {
      const result = await body();
      state = 'done';
      return result;
    } finally {
      const durationMs = performance.now() - started;
      this.durations[stage] = durationMs;
      emit({ type: 'stage', port, stage, state, durationMs });
    }
  }
}
