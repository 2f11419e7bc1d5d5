// What Prometheus reads: boards by result and cause, stage times, yield, slots, and how far the registry is behind.
import { Counter, Gauge, Histogram, Registry as MetricRegistry } from 'prom-client';
import type { Job, PortState } from '../contract/index.js';
import { portSchema } from '../contract/ports.js';
import type { Registry, Runs } from '../../registry/index.js';
import { withMoments } from '../http/moments.js';
import { readDay } from '../station/figures.js';

/** Seconds: a stage takes 10 ms on a fast link and half a minute where a board is slow to boot. */
const BUCKETS_S = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120];
/** Jobs that were counted come again when somebody takes note of them: so many are remembered. */
const REMEMBERED = 1_000;
const SLOT_STATES = portSchema.shape.state.options;

export interface MetricSources {
  readonly version: string;
  readonly registry: Pick<Registry, 'status'>;
  readonly runs: Pick<Runs, 'read'>;
  readonly ports: { list(): readonly PortState[] };
  readonly stationName: () => Promise<string>;
  /** For tests. */
  readonly nowMs?: () => number;
}

/** Counters begin at nothing with the process, as Prometheus expects of them; gauges are looked up at each reading. */
export class Metrics {
  readonly #sources: MetricSources;
  readonly #metrics = new MetricRegistry();
  readonly #counted = new Set<string>();
  readonly #boards;
  readonly #failures;
  readonly #boardSeconds;
  readonly #stageSeconds;
  readonly #gauges;

  constructor(sources: MetricSources) {
    this.#sources = sources;
    const registers = [this.#metrics];
    const gauge = (name: string, help: string): Gauge => new Gauge({ name, help, registers });
    const info = { name: 'espmint_info', help: 'Version of the service; always 1.', labelNames: ['version'] };
    new Gauge({ ...info, registers }).set({ version: sources.version }, 1);
    this.#boards = new Counter({
      name: 'espmint_boards_total',
      help: 'Runs of boards that ended, by result.',
      labelNames: ['result'],
      registers,
    });
    for (const result of ['passed', 'failed', 'cancelled', 'interrupted']) this.#boards.inc({ result }, 0);
    this.#failures = new Counter({
      name: 'espmint_failures_total',
      help: 'Runs of boards that failed, by error code and stage.',
      labelNames: ['code', 'stage'],
      registers,
    });
    this.#boardSeconds = new Histogram({
      name: 'espmint_board_seconds',
      help: 'Time of a run that passed, all its tries.',
      buckets: BUCKETS_S,
      registers,
    });
    this.#stageSeconds = new Histogram({
      name: 'espmint_stage_seconds',
      help: 'Time of each stage of runs that passed, in their last try.',
      labelNames: ['stage'],
      buckets: BUCKETS_S,
      registers,
    });
    this.#gauges = {
      firstPassYield: gauge(
        'espmint_first_pass_yield',
        'Share of boards since midnight whose first run passed.',
      ),
      finalYield: gauge('espmint_final_yield', 'Share of boards since midnight that passed in the end.'),
      registryUp: gauge('espmint_registry_up', '1 where the registry answers, else 0.'),
      owed: gauge('espmint_outbox_entries', 'What this computer still has to tell the registry.'),
      owedAge: gauge('espmint_outbox_oldest_age_seconds', 'Age of the oldest of these; 0 without any.'),
      spoolFaults: gauge('espmint_spool_faults', 'Faults of what this computer keeps for the registry.'),
      conflicts: gauge('espmint_conflicts', 'Boards that contradict the registry and wait for a person.'),
      pushesWaiting: gauge('espmint_pushes_waiting', 'Pushes that are still to be delivered.'),
      pushesDead: gauge('espmint_pushes_dead', 'Pushes that were given up and wait for a person.'),
      held: gauge('espmint_slots_held', 'Slots that a stop rule holds: the same failure came too often.'),
      slots: new Gauge({
        name: 'espmint_slots',
        help: 'Slots by what they show.',
        labelNames: ['state'],
        registers,
      }),
    };
  }

  /** A run that has ended; it is counted once, however often it is heard of. */
  heard(job: Job): void {
    if (this.#counted.has(job.id)) return;
    this.#counted.add(job.id);
    for (const oldest of this.#counted) {
      if (this.#counted.size <= REMEMBERED) break;
      this.#counted.delete(oldest);
    }
    this.#count(job);
  }

  /** In the text format. A registry that does not answer is shown as such, and is no failure. */
  async text(): Promise<string> {
    this.#lookAtSlots();
    await Promise.all([this.#lookAtRegistry(), this.#lookAtYield()]);
    return this.#metrics.metrics();
  }

  get contentType(): string {
    return this.#metrics.contentType;
  }

  #count({ state, failure, stages, durationMs, alreadyDone }: Job): void {
    this.#boards.inc({ result: state });
    if (state === 'failed' && failure !== undefined) {
      this.#failures.inc({ code: failure.code, stage: failure.stage });
    }
    // A board that was done before says nothing of how long boards take.
    if (state !== 'passed' || alreadyDone === true) return;
    if (durationMs !== undefined) this.#boardSeconds.observe(durationMs / 1_000);
    for (const { stage, durationMs: stageMs } of stages) {
      if (stageMs !== undefined) this.#stageSeconds.observe({ stage }, stageMs / 1_000);
    }
  }

  #lookAtSlots(): void {
    const ports = this.#sources.ports.list();
    for (const state of SLOT_STATES) {
      this.#gauges.slots.set({ state }, ports.filter((port) => port.state === state).length);
    }
    this.#gauges.held.set(ports.filter(({ held }) => held !== undefined).length);
  }

  async #lookAtRegistry(): Promise<void> {
    const { registry, nowMs = Date.now } = this.#sources;
    const { reachable, pendingSync, owedSince, spool = [], conflicts, pushes } = await registry.status();
    this.#gauges.registryUp.set(reachable ? 1 : 0);
    this.#gauges.owed.set(pendingSync);
    const ageMs = owedSince === undefined ? 0 : Math.max(0, nowMs() - Date.parse(owedSince));
    this.#gauges.owedAge.set(ageMs / 1_000);
    this.#gauges.spoolFaults.set(spool.length);
    // What waits in a registry that does not answer is not known: the numbers of before stand.
    if (!reachable) return;
    this.#gauges.conflicts.set(conflicts);
    if (pushes === undefined) return;
    this.#gauges.pushesWaiting.set(pushes.pending);
    this.#gauges.pushesDead.set(pushes.dead);
  }

  /** NaN, which is how Prometheus says "none": without boards, and while the registry that has them is away. */
  async #lookAtYield(): Promise<void> {
    const sinceMs = Date.parse(withMoments({ since: 'today' }).since);
    const station = await this.#sources.stationName();
    const day = await readDay(this.#sources.runs, { station, sinceMs }).catch(() => undefined);
    this.#gauges.firstPassYield.set(day?.firstPassYield ?? Number.NaN);
    this.#gauges.finalYield.set(day?.finalYield ?? Number.NaN);
  }
}
