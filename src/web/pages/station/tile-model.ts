// What a tile says about its slot: one state, one word, one thing to do. Pure, so that every case is tested.
import { CONFLICT_CODES } from '../../../core/conflict.js';
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
  boot: 10,
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

/** The family of a failure, by the first word of its code: what the tile says in two or three words. */
export function causeOf(code: string): string {
  if ((CONFLICT_CODES as readonly string[]).includes(code)) return 'CONFLICT';
  const family = code.split('_')[0] ?? code;
  return (CAUSES as readonly string[]).includes(family) ? family : 'OTHER';
}
export const CAUSES = [
  'LINK',
  'PORT',
  'CHIP',
  'FLASH',
  'VERIFY',
  'REGISTRY',
  'REGION',
  'PARTITION',
  'IMAGE',
  'DEVICE',
  'PROFILE',
  'LOADER',
  'BOOT',
  'SECURE',
  'SECRET',
  'READBACK',
  'BOARD',
  'BATCH',
  'LABEL',
  'PRINTER',
  'CONFLICT',
] as const;

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

/** How close the tiles stand: chosen by their number, so that 32 fit one screen. */
export type Density = 'roomy' | 'medium' | 'dense' | 'tiny';

export function densityOf(count: number): Density {
  if (count <= 4) return 'roomy';
  if (count <= 12) return 'medium';
  return count <= 32 ? 'dense' : 'tiny';
}

/** Columns on a wide screen, 1 to 8. */
export function columnsOf(count: number): number {
  if (count <= 3) return Math.max(1, count);
  // Two by two: wide tiles carry the largest words.
  if (count === 4) return 2;
  if (count <= 6) return 3;
  if (count <= 8) return 4;
  if (count <= 12) return Math.ceil(count / 3);
  return count <= 16 ? 4 : 8;
}
