// The station on a terminal: a head and one line a slot, redrawn calmly in place.
import { awayText, type SlotState, type StationEvent, type StationMode } from '../../station/index.js';
import type { Away, Batch } from '../../registry/index.js';
import type { CliIo } from '../io.js';
import { formatDuration, formatHistories } from './format.js';
import { batchLine, HELD, modeText, pendingText, waitingText, type StationReporter } from './station-text.js';
import { colours } from './colours.js';
import { cutLine, endOf, shownWidth } from './printable.js';
import { fitSlots } from './station-rows.js';

/** Often enough for a person, and cheap with 64 slots. */
const REDRAW_MS = 150;
/** Seconds that are left are shown as they go. */
const COUNT_MS = 1_000;

export class StationScreen implements StationReporter {
  readonly showsTyping = true;
  readonly #io: CliIo;
  readonly #name: string;
  readonly #slots = new Map<number, SlotState>();
  readonly #blocked = new Set<number>();
  #mode: StationMode = { mode: 'running' };
  #batch: Batch | undefined;
  #away: Away | undefined;
  #passed = 0;
  #failed = 0;
  /** Undefined: nobody types, or the terminal shows it. */
  #typed: string | undefined;
  /** Lines above the one that the cursor is in. */
  #drawn = 0;
  #timer: NodeJS.Timeout | undefined;
  #soon = false;
  #isEnding = false;

  constructor(io: CliIo, name: string) {
    this.#io = io;
    this.#name = name;
  }

  event(event: StationEvent): void {
    switch (event.type) {
      case 'slot':
        this.#slots.set(event.slot, event);
        if (event.state === 'running') this.#blocked.delete(event.slot);
        break;
      case 'progress': {
        const slot = this.#slots.get(event.slot);
        if (slot?.state === 'running') this.#slots.set(event.slot, { ...slot, percent: event.percent });
        break;
      }
      case 'ended':
        if (event.result.ok) this.#passed += 1;
        else this.#failed += 1;
        for (const line of formatHistories(event.result))
          this.note(`${colours.red('✕')} slot ${event.slot}: ${line}`);
        break;
      case 'blocked':
        this.#blocked.add(event.slot);
        break;
      case 'warning':
        this.note(`${colours.yellow('!')} slot ${event.slot}: ${event.message} [${event.code}]`);
        break;
      case 'station':
        this.#mode = event;
        break;
    }
    this.#redrawSoon();
  }

  batch(batch: Batch): void {
    this.#batch = batch;
    this.#away = undefined;
    this.#redrawSoon();
  }

  away(away: Away): void {
    this.#away = away;
    this.#redrawSoon();
  }

  note(text: string): void {
    this.#erase();
    this.#io.stderr(`${text}\n`);
    this.#redraw();
  }

  /** It stands under what is drawn, and is drawn at once: a person looks at it. */
  typing(line: string): void {
    this.#typed = line;
    this.#redraw();
  }

  finish(): void {
    this.#isEnding = true;
    this.#typed = undefined;
    // All of it: it is not drawn anew.
    this.#redraw(Infinity);
  }

  #redraw(rows = this.#io.rows ?? Infinity): void {
    clearTimeout(this.#timer);
    this.#soon = false;
    this.#timer =
      this.#isEnding || !this.#countsDown() ? undefined : setTimeout(() => this.#redraw(), COUNT_MS);
    const { columns } = this.#io;
    const away = this.#away === undefined ? [] : wrapped(awayText(this.#away), columns - 1);
    const heads = [...this.#heads(columns - 1), ...away.map((line) => colours.yellow(line))];
    // The line of the cursor is one too: what scrolls out cannot be drawn anew.
    const slots = this.#slotLines(rows - heads.length - 1, columns - 1);
    const lines = [...heads, ...slots].map((line) => cutLine(line, columns - 1));
    this.#erase();
    const input = this.#typed === undefined ? '' : `> ${endOf(this.#typed, columns - 4)}`;
    this.#io.stderr(`${lines.join('\n')}\n${input}`);
    this.#drawn = lines.length;
  }

  /** The next second is later than what has happened now. */
  #redrawSoon(): void {
    if (this.#soon) return;
    this.#soon = true;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#redraw(), REDRAW_MS);
  }

  #countsDown(): boolean {
    return [...this.#slots.values()].some(
      (slot) => slot.state === 'running' && slot.action?.until !== undefined,
    );
  }

  #erase(): void {
    const up = this.#drawn > 0 ? `\u001b[${this.#drawn}A` : '';
    this.#io.stderr(`${up}\r\u001b[J`);
    this.#drawn = 0;
  }

  /** One line, or more where batch and counts do not fit beside the station. */
  #heads(columns: number): string[] {
    const station = `station ${this.#name}  ${modeText(this.#mode)}`;
    const runs = `runs: ${this.#passed} passed, ${this.#failed} failed`;
    // Counts of before are nobody's counts now.
    const batch = this.#batch === undefined || this.#away !== undefined ? [] : [batchLine(this.#batch)];
    const layouts = [[[station, ...batch, runs]], [[station, runs], batch]].map((lines) =>
      lines.map((parts) => parts.join('  ')).filter((line) => line !== ''),
    );
    const fitting = layouts.find((lines) => lines.every((line) => shownWidth(line) <= columns));
    return (
      fitting ?? [...wrapped(station, columns), runs, ...batch.map((line) => this.#shortBatch(line, columns))]
    );
  }

  /** The counts are read whole, of a long name the beginning. */
  #shortBatch(line: string, columns: number): string {
    if (this.#batch === undefined) return line;
    const room = columns - shownWidth(line) + shownWidth(this.#batch.name);
    return batchLine({ ...this.#batch, name: cutLine(this.#batch.name, Math.max(room, 1)) });
  }

  /**
   * What hands have to do is read whole: beside the slot, else under it, else, where there is no line for it, before what
   * else is known.
   *
   * @param lines that there are for them
   */
  #slotLines(lines: number, columns: number): string[] {
    if (this.#slots.size === 0)
      return this.#mode.mode === 'running' ? [`     ${colours.dim('no board yet: plug one in')}`] : [];
    const { shown, rest } = fitSlots(this.#slots, lines);
    let spare = lines - shown.length - (rest === undefined ? 0 : 1);
    const texts = shown.flatMap(([slot, state]) => {
      const { sign, facts = '', hands = '' } = describe(state, this.#blocked.has(slot));
      const line = (...parts: string[]): string =>
        `${String(slot).padStart(3)}  ${sign} ${parts.filter((part) => part !== '').join('  ')}`.trimEnd();
      const whole = line(facts, hands);
      if (hands === '' || cutLine(whole, columns) === whole) return [whole];
      const below = wrapped(hands, columns - INDENT.length);
      if (below.length > spare) return [line(hands, facts)];
      spare -= below.length;
      return [line(facts), ...below.map((text) => INDENT + text)];
    });
    return rest === undefined ? texts : [...texts, `     ${colours.dim(rest)}`];
  }
}

interface SlotText {
  readonly sign: string;
  readonly facts?: string;
  /** What somebody has to do. */
  readonly hands?: string;
}

function describe(state: SlotState, blocked: boolean): SlotText {
  switch (state.state) {
    case 'empty':
      return blocked ? { sign: colours.yellow('○'), hands: HELD } : { sign: colours.dim('empty') };
    case 'settling':
      return { sign: colours.dim('plugged in') };
    case 'waiting':
      return { sign: colours.yellow('○'), hands: waitingText(state) };
    case 'running': {
      const who = state.mac ?? state.port;
      if (state.action !== undefined)
        return { sign: colours.yellow('◐'), facts: who, hands: pendingText(state.action) };
      const percent = state.percent === undefined ? '' : ` ${Math.round(state.percent)} %`;
      const run = state.run > 1 ? ` (run ${state.run})` : '';
      return { sign: colours.cyan('◐'), facts: `${state.stage}${percent} ${who}${run}` };
    }
    case 'passed': {
      const { serial = '', mac, alreadyDone, durationMs } = state.result;
      const how = alreadyDone === true ? 'already done' : formatDuration(durationMs);
      const facts = [mac, serial, how].filter((text) => text !== '').join(' ');
      return { sign: colours.green('✓ PASS'), facts, hands: 'remove the board' };
    }
    case 'failed': {
      const { stage, code, next } = state.result;
      return { sign: colours.red('✕ FAIL'), facts: `${stage}: ${code}`, hands: next };
    }
  }
}

const INDENT = '     ';

/** In lines of so many columns, cut between words. */
function wrapped(text: string, columns: number): string[] {
  return text.split(' ').reduce<string[]>((lines, word) => {
    const line = [...lines.slice(-1), word].join(' ');
    return shownWidth(line) <= columns ? [...lines.slice(0, -1), line] : [...lines, word];
  }, []);
}
