// A shift of chaos at a station: operators at each slot whose boards are faulty, are pulled, exchanged on the needles and
// fall off the bus, all drawn from a seed; and what must hold however it went.
import { setTimeout as sleep } from 'node:timers/promises';
import type { EndedRun, SlotState, StationEvent } from '../../src/station/index.js';
import { randomFrom, type Random } from '../../src/virtual/index.js';
import { BATCH, openChaosLine, STATION, type ChaosLine } from './chaos-line.js';
import { checkUnits, readFlash } from './chaos-check.js';
import {
  arm,
  drawDisturbance,
  drawFaults,
  makeUnit,
  type ChaosUnit,
  type Disturbance,
} from './chaos-units.js';

export interface ChaosOptions {
  readonly boards: number;
  readonly slots: number;
  readonly seed: number;
  readonly dataDir: string;
  /** Of one run. */
  readonly runTimeoutMs: number;
  readonly onProgress?: (done: number) => void;
}

export interface ChaosReport {
  readonly seed: number;
  readonly boards: number;
  readonly runs: number;
  readonly passes: number;
  readonly codes: Readonly<Record<string, number>>;
  readonly faults: Readonly<Record<string, number>>;
  readonly disturbances: Readonly<Record<Disturbance, number>>;
  /** Slots held and stations paused by a rule, and let go by the operator. */
  readonly holds: number;
  /** What the registry failed with, each once: nothing here was meant to fail it. */
  readonly registryFailures: readonly string[];
  /** The longest runs, with what made them so. */
  readonly longest: readonly string[];
  readonly seconds: number;
  readonly boardsPassedAtLast: number;
  /** What was promised and not kept; empty when all was. */
  readonly broken: readonly string[];
}

/** Three visits with whatever comes, then one of a healthy board in calm hands: it must pass. */
const WILD_VISITS = 3;
/** What the station gives a run that was asked to end. */
const GRACE_MS = 10_000;
/** In the end each slot takes a good board within this time. */
const GOOD_BOARD_DEADLINE_MS = 20_000;

export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const shift = new Shift(options);
  const line = await openChaosLine({
    slots: options.slots,
    dataDir: options.dataDir,
    runTimeoutMs: options.runTimeoutMs,
    quantity: options.boards + options.slots,
    onEvent: (event) => shift.hear(event),
  });
  try {
    return await shift.work(line);
  } finally {
    await line.close();
    shift.dispose();
  }
}

class Shift {
  readonly #options: ChaosOptions;
  readonly #units: ChaosUnit[];
  readonly #pile: ChaosUnit[];
  readonly #ended: EndedRun[] = [];
  readonly #broken: string[] = [];
  readonly #faults: Record<string, number> = {};
  readonly #disturbances = { none: 0, pulled: 0, exchanged: 0, 'fell off the bus': 0 };
  /** By MAC: whether its last run passed. */
  readonly #lastPassed = new Map<string, boolean>();
  readonly #listeners = new Set<() => void>();
  /** By slot: what is done to the board that is in it. */
  readonly #descriptions = new Map<number, string>();
  readonly #runs: { readonly ms: number; readonly text: string }[] = [];
  #line: ChaosLine | undefined;
  #holds = 0;

  constructor(options: ChaosOptions) {
    this.#options = options;
    this.#units = Array.from({ length: options.boards }, (_, number) => makeUnit(number));
    this.#pile = [...this.#units];
  }

  hear(event: StationEvent): void {
    if (event.type === 'ended') this.#checkEnd(event);
    if (event.type === 'blocked') this.#holds += 1;
    if (event.type === 'station' && event.mode === 'paused') {
      this.#holds += 1;
      void this.#letGoOn();
    }
    for (const tell of [...this.#listeners]) tell();
  }

  async work(line: ChaosLine): Promise<ChaosReport> {
    this.#line = line;
    const started = performance.now();
    await Promise.all(Array.from({ length: this.#options.slots }, (_, index) => this.#operate(index)));
    await this.#goodBoards();
    const verdict = await checkUnits(line, this.#units, this.#lastPassed);
    const codes: Record<string, number> = {};
    for (const { result } of this.#ended) if (!result.ok) codes[result.code] = (codes[result.code] ?? 0) + 1;
    return {
      seed: this.#options.seed,
      boards: this.#options.boards,
      runs: this.#ended.length,
      passes: this.#ended.filter(({ result }) => result.ok).length,
      codes,
      faults: this.#faults,
      disturbances: this.#disturbances,
      holds: this.#holds,
      registryFailures: this.#registryFailures(),
      longest: this.#longest(),
      seconds: Math.round((performance.now() - started) / 1000),
      boardsPassedAtLast: [...this.#lastPassed.values()].filter(Boolean).length,
      broken: [...this.#broken, ...verdict],
    };
  }

  #registryFailures(): string[] {
    const messages = this.#ended.flatMap(({ result }) =>
      !result.ok && result.code.startsWith('REGISTRY_') ? [result.message] : [],
    );
    return [...new Set(messages)];
  }

  #longest(): string[] {
    const slowest = this.#runs.toSorted((a, b) => b.ms - a.ms).slice(0, 5);
    return slowest.map(({ text }) => text);
  }

  dispose(): void {
    for (const { board } of this.#units) board.dispose();
  }

  /** A pass is checked at its very moment: the board it names holds what it says. */
  #checkEnd(ended: EndedRun): void {
    const { result } = ended;
    this.#ended.push(ended);
    const ms = Math.round(result.durationMs);
    const description = this.#descriptions.get(ended.slot) ?? '';
    this.#runs.push({
      ms,
      text: `${result.ok ? 'passed' : `${result.code} in ${result.stage}`} after ${ms} ms: ${description}`,
    });
    if (result.mac !== undefined) this.#lastPassed.set(result.mac, result.ok);
    if (!result.ok) return;
    const holds = this.#units
      .filter(({ board }) => board.mac === result.mac)
      .some(({ board }) => readFlash(board, result.image).imageSha256 === result.image.sha256);
    if (!holds) this.#broken.push(`false pass of ${result.mac} in slot ${ended.slot}: ${description}`);
  }

  async #operate(index: number): Promise<void> {
    for (let unit = this.#pile.shift(); unit !== undefined; unit = this.#pile.shift()) {
      const left = await this.#serve(index, unit);
      for (const each of left) this.#putAway(each);
      this.#options.onProgress?.(this.#units.filter(({ final }) => final !== undefined).length);
    }
  }

  /** One board in one slot, to its end. Returns the boards that the operator holds then. */
  async #serve(index: number, unit: ChaosUnit): Promise<ChaosUnit[]> {
    const { fixture } = this.#opened;
    const random = randomFrom(this.#options.seed * 1_000_003 + unit.number * 8 + unit.visits);
    unit.visits += 1;
    const isWild = unit.visits <= WILD_VISITS;
    const faults = isWild ? drawFaults(unit, random) : [];
    for (const { kind } of faults) this.#faults[kind] = (this.#faults[kind] ?? 0) + 1;
    arm(unit, faults);
    const runsBefore = this.#ended.length;
    fixture.insert(index, unit.board);
    const disturbance = isWild ? drawDisturbance(random) : 'none';
    this.#disturbances[disturbance] += 1;
    this.#descriptions.set(index + 1, `board ${unit.number}, ${unit.armed}, ${disturbance}`);
    const held = await this.#disturb(index, unit, disturbance, random);
    const slot = index + 1;
    if (fixture.boardIn(index) !== undefined) {
      const what = `runs ${unit.board.mac} (visit ${unit.visits}, ${disturbance})`;
      await this.#until(slot, what, this.#asOperator(slot, ['passed', 'failed']));
      if (!isWild && !unit.isWorn && this.#lastPassed.get(unit.board.mac) !== true) {
        const last = this.#ended
          .slice(runsBefore)
          .filter((run) => run.slot === slot)
          .at(-1)?.result;
        const why = last === undefined ? 'no run' : last.ok ? `a pass of ${last.mac}` : last.code;
        this.#broken.push(`board ${unit.number} (${unit.board.mac}) is healthy and does not pass: ${why}`);
      }
      fixture.pull(index);
    }
    await this.#until(slot, 'is empty', (state) => state === undefined || state.state === 'empty');
    return held;
  }

  /** Waits for one of these states as a person does, who lets a slot go that a rule holds. */
  #asOperator(
    slot: number,
    wanted: readonly SlotState['state'][],
  ): (state: SlotState | undefined) => boolean {
    return (state) => {
      if (state?.state === 'waiting' && state.for === 'clear') this.#opened.station.start(slot);
      return state !== undefined && wanted.includes(state.state);
    };
  }

  /** Returns the boards that are on the table or in the slot afterwards. */
  async #disturb(index: number, unit: ChaosUnit, kind: Disturbance, random: Random): Promise<ChaosUnit[]> {
    const { fixture } = this.#opened;
    if (kind === 'none') return [unit];
    await sleep(random.below(400));
    switch (kind) {
      case 'pulled':
        fixture.pull(index);
        return [unit];
      case 'exchanged': {
        const other = this.#pile.shift();
        if (other === undefined) return [unit];
        fixture.exchange(index, other.board);
        return [unit, other];
      }
      case 'fell off the bus': {
        const comeBack = fixture.fallOff(index);
        await sleep(random.below(40));
        comeBack();
        return [unit];
      }
    }
  }

  #putAway(unit: ChaosUnit): void {
    const isDone = this.#lastPassed.get(unit.board.mac) === true || unit.visits > WILD_VISITS;
    if (isDone) {
      unit.final = readFlash(unit.board);
      unit.board.dispose();
    } else this.#pile.push(unit);
  }

  /** What a person does when a rule has stopped the station: looks, opens the batch again, resumes. */
  async #letGoOn(): Promise<void> {
    await sleep(20);
    const { production, station } = this.#opened;
    await production.batches.setState(BATCH, 'open', 'looked at', STATION).catch(() => undefined);
    station.resume();
  }

  /** In the end: a good board into each slot, all at once. */
  async #goodBoards(): Promise<void> {
    const { fixture } = this.#opened;
    const good = Array.from({ length: this.#options.slots }, (_, index) =>
      makeUnit(this.#options.boards + index),
    );
    this.#units.push(...good);
    await Promise.all(
      good.map(async (unit, index) => {
        fixture.insert(index, unit.board);
        await this.#until(
          index + 1,
          'passes a good board',
          this.#asOperator(index + 1, ['passed']),
          GOOD_BOARD_DEADLINE_MS,
        );
        unit.final = readFlash(unit.board);
      }),
    );
  }

  /** A slot that needs longer for one board is stuck: two runs to their limit, twice where it fell off the bus. */
  get #slotDeadlineMs(): number {
    return 4 * (this.#options.runTimeoutMs + GRACE_MS) + 20_000;
  }

  get #opened(): ChaosLine {
    if (this.#line === undefined) throw new Error('the shift has not begun');
    return this.#line;
  }

  /** Waits for a state of a slot; at the deadline it is stuck, which is noted, and the shift goes on. */
  async #until(
    slot: number,
    what: string,
    isReached: (state: SlotState | undefined) => boolean,
    deadlineMs = this.#slotDeadlineMs,
  ): Promise<void> {
    const { station } = this.#opened;
    await new Promise<void>((resolve) => {
      const look = (): void => {
        if (isReached(station.slots.get(slot))) end();
      };
      const end = (): void => {
        clearTimeout(timer);
        this.#listeners.delete(look);
        resolve();
      };
      const timer = setTimeout(() => {
        const state = station.slots.get(slot);
        this.#broken.push(
          `slot ${slot} is stuck: not so that it ${what}, but ${JSON.stringify(state)}; station ${JSON.stringify(station.mode)}`,
        );
        end();
      }, deadlineMs);
      this.#listeners.add(look);
      look();
    });
  }
}
