// reserved units: units of a batch that a station holds ahead, for boards that it makes while the database is out of
// reach. What is said of them here goes both ways: into the station's own records, and to the database when it is back.
import type { FlashImage } from '../../../core/flash-image.js';
import type { ReservedRow } from '../../values/reserved-rows.js';
import type { BatchRequest } from '../batches.js';

/** What a board becomes in the batch. */
export interface UnitIdentity {
  readonly serial?: string | undefined;
  readonly uuid?: string | undefined;
  /** See `identifierOwner`. In a station's own records it is sealed with a key that needs no database. */
  readonly sealedPsk?: string | undefined;
}

/** A reserved unit that is held, with everything that a board needs which takes it. */
export interface ReservedUnit {
  readonly id: string;
  /** Who holds it. */
  readonly station: string;
  readonly batch: string;
  /** The batch's number in the database: sealed keys belong to it. */
  readonly batchId: string;
  /** The batch as it was made. */
  readonly order: BatchRequest;
  readonly identity: UnitIdentity;
  /** Of the list of values that the profile of its batch names. */
  readonly row?: ReservedRow | undefined;
}

/** A board has taken a reserved unit, and may be flashed from now on. */
export interface UnitUse {
  readonly mac: string;
  readonly station: string;
  /** What the board carries: the reserved unit's identity, or the one that it had before. */
  readonly identity: UnitIdentity;
  readonly isOwnIdentity: boolean;
  /** Its key came from a list, and only the database could tell it again. */
  readonly hasListedKey: boolean;
}

export interface ProvenUnit {
  readonly uuid: string;
  readonly chip: string;
  readonly image: FlashImage;
}

/** How that ended; without a unit the board is not good. */
export interface UnitEnd {
  /** ISO 8601 in UTC. Of two things that became of one board the later one stands. */
  readonly at: string;
  readonly unit?: ProvenUnit | undefined;
}

/** Held by a station; used by a board; returned unused; released by a person. */
export const RESERVED_UNIT_STATES = ['held', 'used', 'returned', 'released'] as const;

/**
 * `counted before`: the board counts in the batch without this reserved unit, which is free. `lost`: a person had released
 * the reserved unit, and the batch has no room left.
 */
export const UNIT_OUTCOMES = ['counted', 'counted before', 'not good', 'lost'] as const;
export type UnitOutcome = (typeof UNIT_OUTCOMES)[number];

export interface Settlement extends UnitUse {
  readonly reservedId: string;
  readonly batch: string;
  readonly end: UnitEnd;
  readonly row?: ReservedRow | undefined;
}

/** What a station wants to hold of one batch. */
export interface ReserveWanted {
  readonly batch: string;
  readonly station: string;
  /** As many as this, where the batch has them; see `fairShare`. */
  readonly units: number;
  /** Units that it holds now and that no board has taken. */
  readonly held: readonly string[];
}

export interface Plan {
  /** Of those held the ones that still are: a person may have released the others. */
  readonly held: readonly string[];
  /** How many to hold from now on. */
  readonly target: number;
}

/** A quarter of what is left goes to one station at most, so that the last boards of a batch wait for nobody. */
const SHARE = 4;

/** How many units a station may hold ahead. @param left units that it holds and those that nobody does */
export function fairShare(wanted: number, left: number): number {
  return Math.min(wanted, Math.floor(left / SHARE));
}
