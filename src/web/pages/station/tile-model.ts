// What a tile says about its slot: one state, one word, one thing to do. Pure, so that every case is tested.
import { STAGES, type Stage } from '../../../core/stages.js';
import type { Job, PortState } from '../../../service/contract/index.js';

/** As the service has folded it. */
export type TileState = PortState['state'];

/** What Enter and the button of a tile do; a pass asks for nothing. */
export type TileAction = 'start' | 'retry' | 'stop' | 'seen' | 'none';

export function tileAction(port: PortState): TileAction {
  switch (port.state) {
    case 'running':
    case 'scanning':
      return 'stop';
    case 'held':
    case 'ready':
      return port.present ? 'start' : 'none';
    case 'failed':
    case 'stopped':
    case 'interrupted':
      return port.present && port.job?.failure?.retryable !== false ? 'retry' : 'seen';
    case 'empty':
    case 'reading':
    case 'waiting':
    case 'passed':
      return 'none';
  }
}

/** Where the time of a usual run goes, in parts of a hundred: what makes the bar of a tile move steadily. */
const WEIGHTS: Record<Stage, number> = {
  connect: 12,
  inspect: 8,
  identify: 1,
  reserve: 4,
  build: 2,
  write: 45,
  verify: 10,
  reset: 4,
  boot: 7,
  join: 3,
  confirm: 4,
};

/** Progress of the whole way, 0 to 100; never falls within one attempt. */
export function progressOf(job: Job): number {
  if (job.state === 'passed') return 100;
  let percent = 0;
  for (const { stage, state } of job.stages) {
    if (state === 'done') percent += WEIGHTS[stage];
    else if (stage === 'write') percent += (WEIGHTS.write * (job.percent ?? 0)) / 100;
  }
  return Math.min(99, Math.round(percent));
}

export interface Mark {
  readonly stage: Stage;
  readonly state: 'waiting' | 'running' | 'done' | 'failed';
  readonly durationMs?: number;
}

/** One mark for each stage of the way; after a pass only those that this product has. */
export function stageMarks(job: Job): readonly Mark[] {
  const ran = STAGES.filter((stage) => job.stages.some((entry) => entry.stage === stage));
  return (job.state === 'passed' ? ran : STAGES).map((stage) => {
    const known = job.stages.find((entry) => entry.stage === stage);
    if (known === undefined) return { stage, state: 'waiting' };
    const state = known.state === 'running' && job.state !== 'running' ? 'failed' : known.state;
    return known.durationMs === undefined ? { stage, state } : { stage, state, durationMs: known.durationMs };
  });
}

/** The stage that runs now, or the one that the job ended in. */
export function stageOf(job: Job): Stage {
  return job.failure?.stage ?? job.stages.at(-1)?.stage ?? 'connect';
}

/** On a phone, what needs a hand comes first: failures, then running boards, then the rest by slot. */
export function urgency(port: PortState): number {
  switch (port.state) {
    case 'failed':
    case 'stopped':
    case 'interrupted':
    case 'held':
    case 'scanning':
      return 0;
    case 'waiting':
    case 'running':
    case 'reading':
      return 1;
    case 'passed':
      return 2;
    case 'ready':
      return 3;
    case 'empty':
      return 4;
  }
}

/** How much a tile says: chosen by its size, so that all slots of a station stand on one screen. */
export type Density = 'roomy' | 'medium' | 'dense' | 'tiny';

export interface Fit {
  readonly columns: number;
  readonly rows: number;
  readonly density: Density;
  /** Between tiles, in pixels. */
  readonly gapPx: number;
}

const MAX_COLUMNS = 16;
/** A tile may be a little less high than it is wide. */
const FLATNESS = 1.1;

/** The columns and rows of `count` tiles on an area of so many pixels: the largest tiles that all fit. */
export function fitTiles(count: number, widthPx: number, heightPx: number): Fit {
  const gapPx = count <= 8 ? 16 : count <= 16 ? 12 : 8;
  let best = { columns: 1, rows: count, width: 0, height: 0, score: -Infinity };
  for (let columns = 1; columns <= Math.min(count, MAX_COLUMNS); columns += 1) {
    const rows = Math.ceil(count / columns);
    const width = (widthPx - gapPx * (columns + 1)) / columns;
    const height = (heightPx - gapPx * (rows + 1)) / rows;
    const score = Math.min(width, height * FLATNESS) * Math.sqrt(count / (columns * rows));
    if (score > best.score) best = { columns, rows, width, height, score };
  }
  const { columns, rows, width, height } = best;
  return { columns, rows, gapPx, density: densityOf(width, height) };
}

function densityOf(widthPx: number, heightPx: number): Density {
  if (widthPx >= 320 && heightPx >= 280) return 'roomy';
  if (widthPx >= 240 && heightPx >= 220) return 'medium';
  return widthPx >= 128 && heightPx >= 116 ? 'dense' : 'tiny';
}

/** About how wide a word is, in parts of its font size: letters of other scripts are as wide as they are high. */
export function wordWidthEm(word: string): number {
  return [...word].reduce((sum, letter) => sum + ((letter.codePointAt(0) ?? 0) > 0x2e80 ? 1.05 : 0.64), 0);
}
