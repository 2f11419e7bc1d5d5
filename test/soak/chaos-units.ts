// The boards of a shift of chaos, and what is drawn for each visit of one: its faults, and what is done to it.
import {
  createVirtualBoard,
  randomScenario,
  type Fault,
  type Random,
  type VirtualBoard,
} from '../../src/virtual/index.js';
import type { FlashState } from './chaos-check.js';

const FAULTY_SHARE = 60;
const FLASH_BYTES = 0x10_0000;

/** A board and what the shift knows of it. */
export interface ChaosUnit {
  readonly number: number;
  readonly board: VirtualBoard;
  /** Times it was put into a slot. */
  visits: number;
  /** A cell that does not change any more: it may fail for ever. */
  isWorn: boolean;
  /** Its faults now. */
  armed: string;
  /** Read when nobody touches it any more. */
  final: FlashState | undefined;
}

export type Disturbance = 'none' | 'pulled' | 'exchanged' | 'fell off the bus';

export function makeUnit(number: number): ChaosUnit {
  const board = createVirtualBoard({ mac: macOf(0, number), flashSizeBytes: FLASH_BYTES });
  return { number, board, visits: 0, isWorn: false, armed: 'healthy', final: undefined };
}

/** @param range keeps the MACs of boards apart from those of chips that were swapped in */
function macOf(range: number, number: number): string {
  const tail = number.toString(16).padStart(4, '0').match(/../g)?.join(':') ?? '';
  return `a4:cf:12:${range.toString(16).padStart(2, '0')}:${tail}`;
}

/** Chips that are swapped in have MACs of their own: two of one MAC would be another story. */
function ownMac(fault: Fault, { number, visits }: ChaosUnit): Fault {
  return fault.kind === 'swap-chip' ? { kind: fault.kind, mac: macOf(visits, number) } : fault;
}

export function drawDisturbance(random: Random): Disturbance {
  const draw = random.below(100);
  if (draw < 15) return 'pulled';
  if (draw < 23) return 'exchanged';
  if (draw < 33) return 'fell off the bus';
  return 'none';
}

/** Faults for one visit: none at all for many. */
export function drawFaults(unit: ChaosUnit, random: Random): readonly Fault[] {
  if (random.below(100) >= FAULTY_SHARE) return [];
  return randomScenario(random.below(2 ** 31)).faults.map((fault) => ownMac(fault, unit));
}

export function arm(unit: ChaosUnit, faults: readonly Fault[]): void {
  unit.isWorn ||= faults.some(({ kind }) => kind === 'stuck-cell');
  unit.armed = faults.length === 0 ? 'healthy' : JSON.stringify(faults);
  unit.board.arm({ seed: unit.number, faults });
}
