// The station of the service: boards that ports bring, run by the same station core as `espmint station`, shown as jobs.
import { EspmintError, toEspmintError } from '../../core/errors/index.js';
import type { Failed, ProvisionEvent, ProvisionResult } from '../../core/stages.js';
import { checkDevice, provisionDevice, type ProvisionParts } from '../../provision/index.js';
import {
  CodeQueue,
  mayBePulled,
  Station,
  type EndedRun,
  type Finish,
  type FinishingRun,
  type PauseReason,
  type StationEvent,
  type StationParts,
  type StationSettings,
  type StationWork,
} from '../../station/index.js';
import type { PortChange } from '../../driver/index.js';
import type { Job } from '../contract/index.js';
import type { ServiceParts } from '../parts.js';
import type { JobStore } from '../jobs/job-store.js';
import type { StationPorts } from '../ports/station-ports.js';
import type { Order } from './orders.js';
import { SlotNotes } from './slot-notes.js';

export interface LineParts {
  readonly provision: ProvisionParts & Pick<ServiceParts, 'values'>;
  readonly ports: StationPorts;
  readonly jobs: JobStore;
  readonly work: StationWork;
  /** For a board that nobody ordered anything for. */
  readonly makeOrder: () => Promise<Order>;
  /** What a good board still needs; undefined: nothing. */
  readonly finishOf: (order: Order, run: FinishingRun) => Promise<Finish | undefined>;
  readonly stationName: () => Promise<string>;
  readonly toolVersion: string;
  readonly onMode: () => void;
  /** A board has its result. */
  readonly onEnded: () => void;
}

/** Who ordered a run, and which one it repeats. */
export interface Asked {
  readonly order: Order;
  readonly startedBy: string;
  readonly retryOf?: string | undefined;
}

interface Running {
  readonly job: Job;
  readonly batch: string | undefined;
  readonly check: boolean;
}

type RunOptions = Parameters<StationParts['run']>[1];

export class Line {
  readonly #parts: LineParts;
  #settings: Partial<StationSettings> = {};
  #station: Station;
  /** By slot, for the board that is there now. */
  readonly #asked = new Map<number, Asked>();
  readonly #running = new Map<number, Running>();
  readonly #opened = new Map<number, (job: Job | undefined) => void>();
  readonly #notes: SlotNotes;
  /** Scanned for the boards that come next. */
  readonly #codes = new CodeQueue();
  /** Of the board that ended last. */
  #lastBatch: string | undefined;

  constructor(parts: LineParts) {
    this.#parts = parts;
    this.#notes = new SlotNotes(parts.ports);
    this.#station = this.#create();
  }

  get station(): Station {
    return this.#station;
  }

  /** A code for the next board. @returns false where the order that boards get looks up nothing by codes */
  async scan(code: string): Promise<boolean> {
    const { plan, check } = await this.#parts.makeOrder();
    if (check || plan.values?.match !== 'scan') return false;
    this.#codes.add(code);
    return true;
  }

  configure(settings: Partial<StationSettings>): void {
    this.#settings = settings;
    this.#station.configure(settings);
  }

  /** A new station for slots with other numbers. @throws STATION_BUSY */
  begin(): void {
    this.requireIdle();
    this.#asked.clear();
    this.#notes.clearAll();
    this.#codes.clear();
    this.#station = this.#create();
    this.#parts.onMode();
  }

  /** @throws STATION_BUSY */
  requireIdle(): void {
    const running = this.#station.runningCount;
    if (running > 0) throw new EspmintError('STATION_BUSY', { running });
  }

  portChanged(change: PortChange, slot: number, wasThere: boolean): void {
    if (change.type === 'departed' || change.type === 'arrived') this.#asked.delete(slot);
    this.#station.portChanged(change, !wasThere);
  }

  forget(slot: number): void {
    this.#asked.delete(slot);
    this.#notes.clear(slot);
    this.#station.forget(slot);
  }

  /** @param port as it is named now: a board that runs may have come back under another name */
  isBusy(port: string): boolean {
    const slot = this.#parts.ports.list().find((shown) => shown.port === port)?.slot;
    return slot !== undefined && this.#running.has(slot);
  }

  /**
   * Starts the boards at these ports, or none of them.
   *
   * @returns the jobs that have begun; a board that waits for a seat or for the station begins later
   * @throws PORT_UNKNOWN, PORT_IN_USE, BOARD_MISSING, SERVICE_STOPPING
   */
  async start(ports: readonly string[], asked: Asked): Promise<Job[]> {
    const { mode } = this.#station.mode;
    if (mode === 'draining' || mode === 'stopped') throw new EspmintError('SERVICE_STOPPING', {});
    const slots = new Set(ports.map((port) => this.#startable(port)));
    if (slots.size < ports.length) throw new EspmintError('PORT_IN_USE', { port: ports.join(', ') });
    const jobs = await Promise.all([...slots].map((slot) => this.#start(slot, asked)));
    return jobs.filter((job) => job !== undefined);
  }

  /** @throws JOB_NOT_RUNNING */
  cancel({ id, slot, state }: Job): void {
    if (this.#running.get(slot)?.job.id !== id) throw new EspmintError('JOB_NOT_RUNNING', { id, state });
    this.#station.stopSlot(slot);
  }

  pause(reason: PauseReason): void {
    this.#station.pause(reason);
  }

  resume(): void {
    this.#station.resume();
  }

  /** Begins no board until it is resumed, and stops those that run at their next safe point. */
  halt(reason: PauseReason): void {
    this.#station.pause(reason);
    for (const slot of this.#running.keys()) this.#station.stopSlot(slot);
  }

  /** Gives running boards time to finish, then asks them to stop. Resolves when none runs. */
  async end(patienceMs: number): Promise<void> {
    const timer = setTimeout(() => void this.#station.stop(), patienceMs);
    try {
      await this.#station.drain();
    } finally {
      clearTimeout(timer);
    }
    await this.#parts.work.flush();
  }

  #create(): Station {
    const slots = { slotOf: (place: string) => this.#parts.ports.slotOf(place) };
    return new Station(
      { slots, run: (at, options) => this.#run(at, options), onEvent: (event) => this.#onEvent(event) },
      this.#settings,
    );
  }

  #startable(port: string): number {
    const { slot, inspecting } = this.#parts.ports.get(port);
    if (inspecting || this.#running.has(slot)) throw new EspmintError('PORT_IN_USE', { port });
    const state = this.#station.slots.get(slot)?.state ?? 'empty';
    if (state === 'empty' || state === 'settling') throw new EspmintError('BOARD_MISSING', { port });
    return slot;
  }

  async #start(slot: number, asked: Asked): Promise<Job | undefined> {
    this.#asked.set(slot, asked);
    this.#notes.clear(slot);
    const opened = new Promise<Job | undefined>((resolve) => this.#opened.set(slot, resolve));
    this.#station.start(slot);
    if (this.#station.slots.get(slot)?.state !== 'running') this.#tellOpened(slot, undefined);
    return opened;
  }

  #tellOpened(slot: number, job: Job | undefined): void {
    this.#opened.get(slot)?.(job);
    this.#opened.delete(slot);
  }

  async #run(
    { slot, port }: { readonly slot: number; readonly port: string },
    { onEvent, signal }: RunOptions,
  ): Promise<ProvisionResult> {
    const { jobs, ports, provision, finishOf, toolVersion } = this.#parts;
    try {
      const { order, ...asked } = this.#asked.get(slot) ?? (await this.#byItself());
      const { profile, plan, batch, check } = order;
      const { name, lot } = batch ?? {};
      const job = this.#open({
        slot,
        port,
        profile,
        attempts: plan.attempts,
        batch: name,
        lot,
        ...(check ? { check } : {}),
        ...asked,
      });
      const onScan = (_: unknown, waiting: boolean): void => {
        this.#station.scanning(slot, waiting);
        jobs.awaitScan(job.id, waiting);
      };
      const admit = check ? undefined : order.admit(await finishOf(order, { signal, onScan }));
      const connect: typeof provision.connect = (at, how) =>
        ports.opening(at, () => provision.connect(at, how));
      const tell = (event: ProvisionEvent): void => {
        jobs.advance(job.id, event);
        onEvent(event);
      };
      const operator = asked.startedBy === AUTOMATIC ? undefined : asked.startedBy;
      const origin = { station: order.station, slot, operator, toolVersion, batch: batch?.name };
      const result = await ports.running(port, () =>
        check
          ? checkDevice(port, plan, { ...provision, connect }, { signal, onEvent: tell, origin })
          : provisionDevice(
              port,
              plan,
              { ...provision, connect, admit, scanned: this.#codes },
              { signal, onEvent: tell, origin },
            ),
      );
      if (mayBePulled(result)) await ports.settled(port);
      return result;
    } catch (thrown) {
      if (!this.#running.has(slot)) this.#open({ slot, port, ...NOTHING_ORDERED });
      return notBegun(port, toEspmintError(thrown));
    }
  }

  async #byItself(): Promise<Asked> {
    return { order: await this.#parts.makeOrder(), startedBy: AUTOMATIC };
  }

  #open(request: Parameters<JobStore['open']>[0]): Job {
    const job = this.#parts.jobs.open(request);
    this.#running.set(request.slot, { job, batch: request.batch, check: request.check === true });
    this.#tellOpened(request.slot, job);
    return job;
  }

  #onEvent(event: StationEvent): void {
    switch (event.type) {
      case 'slot':
        this.#notes.changed(event);
        break;
      case 'ended':
        this.#ended(event);
        break;
      case 'blocked':
        this.#notes.blocked(event);
        break;
      case 'station':
        if (event.mode === 'paused') void this.#tellPause(event.reason);
        this.#parts.onMode();
        break;
      case 'progress':
      case 'warning':
        break;
    }
  }

  #ended(event: Extract<StationEvent, { type: 'ended' }>): void {
    const { slot, result } = event;
    this.#tellOpened(slot, undefined);
    const running = this.#running.get(slot);
    this.#running.delete(slot);
    if (running === undefined) return;
    this.#lastBatch = running.batch;
    this.#parts.jobs.close(running.job.id, result);
    // A check is no production: it stands in the audit trail, and counts for no batch and no figure.
    if (!running.check) void this.#record(event, running.batch);
  }

  async #record(event: EndedRun, batch: string | undefined): Promise<void> {
    this.#parts.work.ended(event, { station: await this.#parts.stationName(), batch });
    this.#parts.onEnded();
  }

  async #tellPause(reason: PauseReason): Promise<void> {
    this.#parts.work.paused(reason, { station: await this.#parts.stationName(), batch: this.#lastBatch });
  }
}

const AUTOMATIC = 'automatic';
/** A board that started by itself, and whose order cannot be made. */
const NOTHING_ORDERED = { profile: { name: '-', version: 0 }, attempts: 1, startedBy: AUTOMATIC };

/** A run that could not even begin: its settings are wrong, or the registry is away. */
function notBegun(port: string, { code, message, next, retryable }: EspmintError): Failed {
  return { type: 'result', ok: false, port, code, message, next, retryable, stage: 'connect', durationMs: 0 };
}
