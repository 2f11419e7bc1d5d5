// A station: many slots, each with its own board and its own fate; nothing that happens at one delays another.
import type { Failed, ProvisionEvent, ProvisionResult } from '../core/stages.js';
import type { PortChange } from '../driver/index.js';
import type { PauseReason, RunningSlot, SlotState, StationEvent, StationMode, WaitingFor } from './events.js';
import { guardRun, type GuardedRun } from './guarded-run.js';
import { LONGEST_PAUSE_MS, STATION_DEFAULTS, type StationSettings } from './settings.js';
import { emptySlot, type Slot } from './slot.js';
import { advanceRun, beginRun, withBoard } from './slot-state.js';
import { SlotQueue } from './slot-queue.js';
import { SlotMap } from './slots.js';
import { StopRules } from './stop-rules.js';
import { causeOfAnotherRun, isBatchShut } from './verdict.js';

export interface StationParts {
  /** One board, from plugged in to settled. Never throws. */
  readonly run: (
    at: { readonly slot: number; readonly port: string },
    options: { readonly onEvent: (event: ProvisionEvent) => void; readonly signal: AbortSignal },
  ) => Promise<ProvisionResult>;
  readonly onEvent: (event: StationEvent) => void;
  readonly slots?: Pick<SlotMap, 'slotOf'> | undefined;
}

export class Station {
  readonly #parts: StationParts;
  #settings: StationSettings;
  readonly #map: Pick<SlotMap, 'slotOf'>;
  readonly #rules: StopRules;
  readonly #slots = new Map<number, Slot>();
  readonly #queue = new SlotQueue();
  #mode: StationMode = { mode: 'running' };

  constructor(parts: StationParts, settings: Partial<StationSettings> = {}) {
    this.#parts = parts;
    this.#settings = { ...STATION_DEFAULTS, ...settings };
    this.#map = parts.slots ?? new SlotMap();
    this.#rules = new StopRules(this.#settings.stopAfter);
  }

  get mode(): StationMode {
    return this.#mode;
  }

  /** By number. */
  get slots(): ReadonlyMap<number, SlotState> {
    return new Map([...this.#slots].sort(([a], [b]) => a - b).map(([number, { state }]) => [number, state]));
  }

  get runningCount(): number {
    return [...this.#slots.values()].filter(({ running }) => running !== undefined).length;
  }

  /** Boards that begin from now on follow these. */
  configure(settings: Partial<StationSettings>): void {
    this.#settings = { ...this.#settings, ...settings };
    this.#rules.limit(this.#settings.stopAfter);
    this.#pump();
  }

  /**
   * Takes in what the port watcher has noticed.
   * @param mayStart false: the board waits for the start key, whatever the settings say
   */
  portChanged({ type, place, port: { path } }: PortChange, mayStart = true): void {
    const slot = this.#slot(this.#map.slotOf(place));
    switch (type) {
      case 'sighted':
        if (slot.running === undefined) this.#set(slot, { state: 'settling', port: path });
        break;
      case 'arrived':
        if (slot.running === undefined) this.#arrived(slot, path, mayStart);
        else slot.next = path;
        break;
      case 'renamed':
        if (slot.next !== undefined) slot.next = path;
        else if (slot.running !== undefined) slot.renamed = path;
        else if (slot.state.state !== 'empty') this.#set(slot, { ...slot.state, port: path });
        break;
      case 'departed':
        this.#departed(slot);
        break;
    }
  }

  /** The start key of a slot: also runs a board again that has ended. Returns whether there was one to start. */
  start(number: number): boolean {
    const slot = this.#slots.get(number);
    if (slot === undefined || slot.running !== undefined || !('port' in slot.state)) return false;
    if (slot.state.state === 'settling') return false;
    slot.blocked = false;
    this.#rules.clearSlot(number);
    this.#enqueue(slot, slot.state.port);
    return true;
  }

  /** Stops the run of one slot at its next safe point. Returns whether there was one. */
  stopSlot(number: number): boolean {
    const running = this.#slots.get(number)?.running;
    running?.end('stopped');
    return running !== undefined;
  }

  /** The unit of a slot waits for the scan of its label, or does so no longer. */
  scanning(number: number, scanning: boolean): void {
    const slot = this.#slots.get(number);
    if (slot?.state.state === 'running') this.#set(slot, { ...slot.state, scanning });
  }

  /** Drops a slot whose place is gone for good. */
  forget(number: number): void {
    const slot = this.#slots.get(number);
    if (slot === undefined || slot.running !== undefined) return;
    this.#queue.leave(slot);
    this.#slots.delete(number);
  }

  /** No board is begun until `resume`; those that run are finished. */
  pause(reason: PauseReason): void {
    if (this.#mode.mode === 'running') this.#enter({ mode: 'paused', reason });
  }

  resume(): void {
    if (this.#mode.mode !== 'paused') return;
    this.#rules.clearStation();
    this.#enter({ mode: 'running' });
    this.#pump();
  }

  /** Begins no more boards; resolves when none runs. */
  async drain(): Promise<void> {
    if (this.#mode.mode !== 'stopped') this.#enter({ mode: 'draining' });
    for (const slot of this.#slots.values()) clearTimeout(slot.timer);
    await this.#allEnded();
  }

  /** Stops the boards that run at their next safe point; resolves when none runs. */
  async stop(): Promise<void> {
    this.#enter({ mode: 'stopped' });
    for (const slot of this.#slots.values()) {
      clearTimeout(slot.timer);
      slot.running?.end('stopped');
    }
    await this.#allEnded();
  }

  async #allEnded(): Promise<void> {
    for (const { running } of this.#slots.values()) await running?.ended;
  }

  #arrived(slot: Slot, port: string, mayStart: boolean): void {
    slot.runs = 0;
    slot.pauses = 0;
    if (slot.blocked) this.#wait(slot, port, 'clear');
    else if (mayStart && this.#settings.autoStart) this.#enqueue(slot, port);
    else this.#wait(slot, port, 'start');
  }

  #departed(slot: Slot): void {
    slot.next = undefined;
    if (slot.running !== undefined) {
      const { state } = slot;
      if (state.state === 'running') this.#set(slot, { ...state, removed: true });
      // A board that is proven may be taken out to have its label stuck on: its run ends with the scan.
      if (state.state !== 'running' || !state.scanning) slot.running.end('removed');
      return;
    }
    this.#queue.leave(slot);
    const { state } = slot;
    const last = 'result' in state ? state.result : 'last' in state ? state.last : undefined;
    if (state.state !== 'empty') this.#set(slot, { state: 'empty', ...(last === undefined ? {} : { last }) });
  }

  #enqueue(slot: Slot, port: string): void {
    this.#queue.join(slot);
    const isOpen = this.#mode.mode === 'running';
    if (!isOpen || this.runningCount >= this.#settings.maxRunning) {
      this.#wait(slot, port, isOpen ? 'seat' : 'station');
    } else {
      slot.state = { state: 'waiting', port, for: 'seat' };
    }
    this.#pump();
  }

  #pump(): void {
    while (this.#mode.mode === 'running' && this.runningCount < this.#settings.maxRunning) {
      const slot = this.#queue.next();
      if (slot === undefined) return;
      if ('port' in slot.state) this.#begin(slot, slot.state.port);
    }
  }

  #begin(slot: Slot, port: string): void {
    slot.runs += 1;
    slot.renamed = undefined;
    const running = guardRun({
      port,
      timeoutMs: this.#settings.runTimeoutMs,
      run: (signal) =>
        this.#parts.run(
          { slot: slot.number, port },
          {
            signal,
            onEvent: (event) => {
              running.follow(event);
              this.#progress(slot, running, event);
            },
          },
        ),
    });
    slot.running = running;
    this.#set(slot, beginRun(port, slot.runs));
    running.ended = running.result.then((result) => this.#ended(slot, running, result));
  }

  #progress(slot: Slot, running: GuardedRun, event: ProvisionEvent): void {
    // A run that was given up may still speak.
    if (slot.running !== running || slot.state.state !== 'running') return;
    const before: RunningSlot = slot.state;
    const after = advanceRun(before, event);
    if (event.type === 'progress') {
      slot.state = after;
      const { stage, percent } = event;
      this.#parts.onEvent({ type: 'progress', slot: slot.number, stage, percent });
    } else if (event.type === 'warning') {
      this.#parts.onEvent({ ...event, slot: slot.number });
    } else if (after !== before) {
      this.#set(slot, after);
    }
  }

  #ended(slot: Slot, running: GuardedRun, announced: ProvisionResult): void {
    const result = withBoard(announced, slot.state);
    const isGone = running.wasRemoved || (slot.state.state === 'running' && slot.state.removed);
    slot.running = undefined;
    const { startedAt } = running;
    const endedAt = new Date().toISOString();
    this.#parts.onEvent({ type: 'ended', slot: slot.number, run: slot.runs, result, startedAt, endedAt });
    const { next, renamed: port = result.port } = slot;
    slot.next = undefined;
    if (next !== undefined) {
      this.#note(slot, result);
      this.#arrived(slot, next, true);
    } else if (isGone) {
      this.#note(slot, result);
      this.#set(slot, { state: 'empty', last: result });
    } else if (result.ok) {
      this.#note(slot, result);
      this.#set(slot, { state: 'passed', port, result });
    } else {
      this.#failed(slot, result, port);
    }
    this.#pump();
  }

  /** @param port where its board is now: it may have enumerated anew since the run began */
  #failed(slot: Slot, result: Failed, port: string): void {
    if (isBatchShut(result.code)) {
      this.pause({ by: 'batch', code: result.code, text: result.message });
      this.#enqueue(slot, port);
      return;
    }
    const cause = isEnding(this.#mode) ? undefined : causeOfAnotherRun(result);
    // An outage is not the board's: its runs are not counted.
    if (cause === 'registry' || cause === 'batch') slot.runs -= 1;
    if (cause === undefined || (cause === 'retry' && slot.runs > this.#settings.retries)) {
      this.#set(slot, { state: 'failed', port, result });
      this.#note(slot, result);
      return;
    }
    const pauseMs = Math.min(this.#settings.retryPauseMs * 2 ** slot.pauses++, LONGEST_PAUSE_MS);
    this.#set(slot, { state: 'waiting', port, for: cause, last: result });
    slot.timer = setTimeout(() => this.#again(slot), pauseMs);
  }

  /** Under the name that the port has by then. */
  #again(slot: Slot): void {
    if ('port' in slot.state) this.#enqueue(slot, slot.state.port);
  }

  #note(slot: Slot, result: ProvisionResult): void {
    for (const { scope, code, count } of this.#rules.note(slot.number, result)) {
      if (scope === 'station') {
        this.pause({ by: 'rule', code, count });
      } else {
        slot.blocked = true;
        this.#parts.onEvent({ type: 'blocked', slot: slot.number, code, count });
      }
    }
  }

  #wait(slot: Slot, port: string, cause: WaitingFor): void {
    this.#set(slot, { state: 'waiting', port, for: cause });
  }

  #slot(number: number): Slot {
    const known = this.#slots.get(number);
    if (known !== undefined) return known;
    const slot = emptySlot(number);
    this.#slots.set(number, slot);
    return slot;
  }

  #set(slot: Slot, state: SlotState): void {
    slot.state = state;
    this.#parts.onEvent({ type: 'slot', slot: slot.number, ...state });
  }

  #enter(mode: StationMode): void {
    this.#mode = mode;
    this.#parts.onEvent({ type: 'station', ...mode });
  }
}

/** No board is begun any more, so none is tried again. */
function isEnding({ mode }: StationMode): boolean {
  return mode === 'draining' || mode === 'stopped';
}
