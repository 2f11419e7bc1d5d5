// What can go wrong on a virtual board: the list of faults, read from a file or drawn from a seed.
import { EspmintError } from '../../core/errors/index.js';
import { orFault, parseJson } from '../../core/json.js';

export type Direction = 'to-chip' | 'to-host';

/** Bytes are counted in one direction from the moment when the faults are armed; each fault strikes once. */
export type Fault =
  | {
      readonly kind: 'drop' | 'flip' | 'duplicate';
      readonly direction: Direction;
      readonly atByte: number;
      readonly count: number;
    }
  | { readonly kind: 'delay'; readonly direction: Direction; readonly atByte: number; readonly ms: number }
  /** Text between two frames of the chip. */
  | { readonly kind: 'noise'; readonly atFrame: number; readonly text: string }
  /** The cable is pulled, or the supply fails. */
  | { readonly kind: 'disconnect' | 'power-loss'; readonly direction: Direction; readonly atByte: number }
  /** The supply fails in the middle of the n-th erase or page program. */
  | { readonly kind: 'power-loss-during'; readonly operation: 'erase' | 'program'; readonly nth: number }
  /** The chip restarts this often before its program runs. */
  | { readonly kind: 'reset-loop'; readonly boots: number }
  /** The n-th data block is refused by the flash. */
  | { readonly kind: 'failing-block'; readonly nth: number }
  /** The n-th MD5 is that of something else. */
  | { readonly kind: 'wrong-md5'; readonly nth: number }
  /** Each MD5 of a region in which something was programmed is that of something else, for ever. */
  | { readonly kind: 'wrong-proof' }
  /**
   * One bit of the n-th answer to that command is wrong, in a frame that is whole: a register's value, or the data. Counted
   * are the answers about `address` (of a register, or in flash) where that is given.
   */
  | {
      readonly kind: 'flip-answer';
      readonly command: AnsweredCommand;
      readonly address?: number | undefined;
      readonly nth: number;
      readonly bit: number;
    }
  /** From the n-th request on every answer is late. */
  | { readonly kind: 'slow'; readonly nth: number; readonly ms: number }
  /** From the n-th request on there are no answers until the next reset. */
  | { readonly kind: 'silent'; readonly nth: number }
  /** Above this rate one byte in `oneIn` is damaged, both ways, for ever. */
  | { readonly kind: 'baud-limit'; readonly baud: number; readonly oneIn: number }
  /** These bits of one byte of flash read 0 for ever. */
  | { readonly kind: 'stuck-cell'; readonly address: number; readonly bits: number }
  /** Another chip answers from the next connection on. */
  | { readonly kind: 'swap-chip'; readonly mac: string };

/** Commands whose answers tell something. */
export type AnsweredCommand = 'read-register' | 'security-info' | 'read-flash' | 'flash-md5';
const ANSWERED_COMMANDS: readonly unknown[] = ['read-register', 'security-info', 'read-flash', 'flash-md5'];

export interface Scenario {
  /** For what is left to chance: which bits flip, which bytes err. */
  readonly seed: number;
  readonly faults: readonly Fault[];
}

type Field = 'direction' | 'operation' | 'command' | 'text' | 'mac' | 'number' | 'number or nothing';
const DIRECTED = { direction: 'direction', atByte: 'number' } as const;
const SHAPES: Readonly<Record<Fault['kind'], Readonly<Record<string, Field>>>> = {
  drop: { ...DIRECTED, count: 'number' },
  flip: { ...DIRECTED, count: 'number' },
  duplicate: { ...DIRECTED, count: 'number' },
  delay: { ...DIRECTED, ms: 'number' },
  noise: { atFrame: 'number', text: 'text' },
  disconnect: DIRECTED,
  'power-loss': DIRECTED,
  'power-loss-during': { operation: 'operation', nth: 'number' },
  'reset-loop': { boots: 'number' },
  'failing-block': { nth: 'number' },
  'wrong-md5': { nth: 'number' },
  'wrong-proof': {},
  'flip-answer': { command: 'command', address: 'number or nothing', nth: 'number', bit: 'number' },
  slow: { nth: 'number', ms: 'number' },
  silent: { nth: 'number' },
  'baud-limit': { baud: 'number', oneIn: 'number' },
  'stuck-cell': { address: 'number', bits: 'number' },
  'swap-chip': { mac: 'mac' },
};
const CHECKS: Readonly<Record<Field, (value: unknown) => boolean>> = {
  direction: (value) => value === 'to-chip' || value === 'to-host',
  operation: (value) => value === 'erase' || value === 'program',
  command: (value) => ANSWERED_COMMANDS.includes(value),
  text: (value) => typeof value === 'string',
  mac: (value) => typeof value === 'string' && /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/.test(value),
  number: isCount,
  'number or nothing': (value) => value === undefined || isCount(value),
};

function isCount(value: unknown): boolean {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}

/** All kinds, as files spell them. */
export const FAULT_KINDS = Object.keys(SHAPES) as Fault['kind'][];

/**
 * A scenario from JSON text: `{"seed": 1, "faults": [{"kind": "drop", …}]}`.
 *
 * @param file how errors name it. @throws VIRTUAL_SCENARIO_INVALID
 */
export function parseScenario(text: string, file = 'the file'): Scenario {
  const value = orFault(
    () => parseJson(text),
    ({ line, reason }) => invalid(`${file}:${line}`, reason),
  );
  if (!isRecord(value)) throw invalid(file, 'is no object');
  const { seed = 0, faults } = value;
  if (typeof seed !== 'number') throw invalid(`${file}: seed`, 'is no number');
  if (!Array.isArray(faults)) throw invalid(`${file}: faults`, 'is no list');
  return { seed, faults: faults.map((fault: unknown, n) => parseFault(fault, `${file}: faults[${n}]`)) };
}

function parseFault(value: unknown, where: string): Fault {
  if (!isRecord(value)) throw invalid(where, 'is no object');
  const { kind, ...rest } = value;
  if (typeof kind !== 'string' || !Object.hasOwn(SHAPES, kind)) {
    throw invalid(`${where}.kind`, `is none of ${FAULT_KINDS.join(', ')}`);
  }
  const shape = SHAPES[kind as Fault['kind']];
  for (const [field, type] of Object.entries(shape)) {
    if (!CHECKS[type](rest[field])) throw invalid(`${where}.${field}`, `is missing or no ${type}`);
  }
  const unknown = Object.keys(rest).find((field) => !Object.hasOwn(shape, field));
  if (unknown !== undefined) throw invalid(`${where}.${unknown}`, `is no field of "${kind}"`);
  return value as unknown as Fault;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const invalid = (where: string, reason: string): EspmintError =>
  new EspmintError('VIRTUAL_SCENARIO_INVALID', { where, reason });
