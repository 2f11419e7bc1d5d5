// A board that contradicts the registry, as events, commands and the API tell of it. There is no secret in it.
import { formatMoment, type Zone } from './zone-clock.js';

/** Which contradiction: each is also the code of the error that stops the board. */
export const CONFLICT_CODES = ['CLONE_SUSPECTED', 'HARDWARE_ID_TAKEN', 'UUID_TAKEN', 'MAC_TAKEN'] as const;
export type ConflictCode = (typeof CONFLICT_CODES)[number];

/** What may be decided about a conflict. */
export const CONFLICT_DECISIONS = ['keep', 'replace', 'set-aside'] as const;
export type ConflictDecision = (typeof CONFLICT_DECISIONS)[number];

/** `open` waits for somebody; the others are what was decided. */
export const CONFLICT_STATES = ['open', 'kept', 'replaced', 'set-aside'] as const;
export type ConflictState = (typeof CONFLICT_STATES)[number];

/** One of the two: who it is, and its history in short. */
export interface ConflictSide {
  readonly mac: string;
  readonly uuid: string;
  /** 32 lower-case hex digits; absent where the chip has none, or none was read. */
  readonly hardwareId?: string | undefined;
  /** Of its device in the registry; absent for a board that the registry does not hold. */
  readonly status?: string | undefined;
  readonly location?: string | undefined;
  /** ISO 8601 in UTC, as all times here. */
  readonly provisionedAt?: string | undefined;
  readonly lastAttempt?:
    | {
        readonly startedAt: string;
        readonly outcome: string;
        readonly stage?: string | undefined;
        readonly code?: string | undefined;
      }
    | undefined;
}

/** A board that was stopped, and the device that it contradicts. */
export interface Conflict {
  /** Names it in `devices resolve`; absent while only this station's journal knows of it. */
  readonly id?: number | undefined;
  readonly code: ConflictCode;
  readonly state: ConflictState;
  readonly refused: ConflictSide;
  readonly registered: ConflictSide;
  /** How often the board was refused for this. */
  readonly times: number;
  readonly firstSeenAt: string;
  readonly lastSeenAt: string;
  /** Who ran the station when it was last refused. */
  readonly seenBy: string;
  /** What else was known of the refused board and of where it was, by name. */
  readonly facts: Readonly<Record<string, string>>;
  /** Absent while open. */
  readonly decided?: { readonly at: string; readonly by: string; readonly reason: string } | undefined;
}

/** One side of a conflict as a person reads it. */
export interface ConflictRow {
  readonly side: 'registered' | 'refused';
  readonly mac: string;
  readonly uuid: string;
  readonly chipId: string;
  readonly history: string;
}

/** The registered device, then the refused board with where and how often it was refused. */
export function conflictRows(conflict: Conflict, zone: Zone): readonly [ConflictRow, ConflictRow] {
  const { refused, registered, times, firstSeenAt, lastSeenAt, seenBy, facts } = conflict;
  const known = Object.entries(facts).map(([name, text]) => `${name} ${text}`);
  const seen = [
    times > 1 ? `refused ${times} times since ${formatMoment(firstSeenAt, zone)}, last` : 'refused',
    `${formatMoment(lastSeenAt, zone)} by ${seenBy}`,
  ].join(' ');
  const row = (side: ConflictRow['side'], from: ConflictSide, more: readonly string[]): ConflictRow => ({
    side,
    mac: from.mac,
    uuid: from.uuid,
    chipId: from.hardwareId ?? 'unknown',
    history: [historyOf(from, zone), ...more].join('; '),
  });
  return [row('registered', registered, []), row('refused', refused, [seen, ...known])];
}

/** What was decided, when, by whom and why; undefined while it is open. */
export function decisionText({ state, decided }: Conflict, zone: Zone): string | undefined {
  return decided && `${state}, ${formatMoment(decided.at, zone)} by ${decided.by}: ${decided.reason}`;
}

/** Both histories in a few lines, for a terminal. */
export function describeConflict(conflict: Conflict, zone: Zone): string[] {
  const decision = decisionText(conflict, zone);
  return [
    ...conflictRows(conflict, zone).flatMap(({ side, mac, uuid, chipId, history }) => [
      `${side.padEnd(SIDE_CHARS)}${mac}  ${uuid}  chip id ${chipId}`,
      `${' '.repeat(SIDE_CHARS)}${history}`,
    ]),
    ...(decision === undefined ? [] : [`${'decided'.padEnd(SIDE_CHARS)}${decision}`]),
  ];
}

const SIDE_CHARS = 12;

function historyOf({ status, provisionedAt, location, lastAttempt }: ConflictSide, zone: Zone): string {
  if (status === undefined) return 'not in the registry';
  const when = provisionedAt === undefined ? '' : ` ${formatMoment(provisionedAt, zone)}`;
  const where = location === undefined ? '' : `, ${location}`;
  return `${status}${when}${where}; ${attemptText(lastAttempt, zone)}`;
}

function attemptText(attempt: ConflictSide['lastAttempt'], zone: Zone): string {
  if (attempt === undefined) return 'no attempt';
  const { outcome, startedAt, stage, code } = attempt;
  const why = [stage, code].filter((part) => part !== undefined).join(' ');
  return `last attempt ${outcome} ${formatMoment(startedAt, zone)}${why === '' ? '' : ` (${why})`}`;
}
