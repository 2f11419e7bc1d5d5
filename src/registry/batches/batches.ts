// Batches: work orders that any number of stations on one database fill together. This interface is their manual.
//
// The promise: a batch never counts more boards than it asks for, and no board twice. So a station claims a place for
// each board before it is provisioned, for a while only (a lease), and settles the claim with the result:
//
//   const claim = await batches.claim({ batch: 'WO-7', mac, station: 'line-1', profile });
//   ... provision the board with claim.serial, claim.uuid, claim.psk ...
//   await batches.passed(claim.id, { uuid, chip, image });      or      await batches.failed(claim.id);
//
// A board has one row in a batch however often it comes: it keeps its serial number and its identifiers, and is counted
// once. `heartbeat` renews the leases of a station that lives; those of a dead one expire, and their places are free
// again. Every call can be made again after a lost connection. All failures are EspmintErrors.
//
// A station that is to go on while the database is out of reach reserves units. No lease ends those: they count
// against the quantity until the station has reported what became of them, or a person releases them.
import type { BatchDetails } from '../../core/device-details.js';
import type { BatchState } from '../../core/states.js';
import type { ErrorCode } from '../../core/errors/index.js';
import type { FlashImage } from '../../core/flash-image.js';
import type { ClaimedRow } from '../values/values.js';

export interface BatchRequest extends BatchDetails {
  /** 1 to 64 characters, unique. */
  readonly name: string;
  readonly profile: ProfileVersion;
  /** Boards that it asks for, from 1. */
  readonly quantity: number;
  readonly lot?: string | undefined;
  /** `ZC-{0000}`; batches of the same template go on counting where the one before has stopped. */
  readonly serialTemplate?: string | undefined;
}

export interface NewBatch extends BatchRequest {
  /** The profile file itself, kept with the batch for its stations. No secret is in it, only where each one is. */
  readonly profileText?: string | undefined;
}

export interface ProfileVersion {
  readonly name: string;
  readonly version: number;
}

/** The same failure came so often in a row at this station. */
export interface RuleStop {
  readonly code: ErrorCode;
  readonly count: number;
  readonly station: string;
}

/** Why it is paused or closed, in English; empty when nobody said. */
export function reasonText({
  reason,
  stopped,
}: Pick<Batch, 'reason'> & { readonly stopped?: RuleStop | null | undefined }): string {
  if (stopped === undefined || stopped === null) return reason;
  return `${stopped.count} times ${stopped.code} in a row on ${stopped.station}`;
}

export interface Batch extends BatchRequest {
  readonly state: BatchState;
  /** Why a person paused or closed it; empty when nobody said. */
  readonly reason: string;
  /** Why a station paused it by its rule. */
  readonly stopped?: RuleStop | undefined;
  /** ISO 8601 in UTC, as all times here. */
  readonly createdAt: string;
  readonly createdBy: string;
  readonly closedAt?: string | undefined;
  readonly closedBy?: string | undefined;
  readonly counts: BatchCounts;
}

export interface BatchCounts {
  /** Boards that are good, each once. */
  readonly passed: number;
  /** Boards among them that failed a run before. */
  readonly reworked: number;
  /** Boards whose last run failed. */
  readonly failed: number;
  /** Places that stations hold now for boards that are not counted as passed yet. */
  readonly inWork: number;
  /** Units that stations have reserved, for boards that they make while the database is out of reach. */
  readonly held: number;
  /** Places that nobody holds. */
  readonly open: number;
  /** Rows of the list of identifiers that no board has; absent without a list. */
  readonly identifiersLeft?: number | undefined;
}

export interface ClaimRequest {
  readonly batch: string;
  /** Lower case with colons. */
  readonly mac: string;
  readonly station: string;
  /** Must be the batch's. */
  readonly profile: ProfileVersion;
}

/** A place in a batch, for one board and for `LEASE_MS` after the claim or the last heartbeat. */
export interface Claim {
  readonly id: string;
  readonly serial?: string | undefined;
  /** From the list of identifiers, lower case. */
  readonly uuid?: string | undefined;
  /** From the list of identifiers. Not enumerable: printing a claim does not print it. */
  readonly psk?: string | undefined;
  /** Its row of the list of values of the profile, where the database could not be asked for one. */
  readonly row?: ClaimedRow | undefined;
  /** This board passed in this batch before, with these bytes. */
  readonly earlier?: FlashImage | undefined;
}

export const LEASE_MS = 60_000;

/** One board of a batch. */
export interface Unit {
  readonly mac: string;
  readonly uuid?: string | undefined;
  readonly serial?: string | undefined;
  readonly chip?: string | undefined;
  readonly state: 'passed' | 'failed' | 'in work' | 'abandoned';
  readonly failedRuns: number;
  readonly station: string;
  /** Of a unit that passed. */
  readonly image?: FlashImage | undefined;
  readonly passedAt?: string | undefined;
}

/** One row of a list from an ERP system; at least one of them is there. */
export interface Identifier {
  readonly serial?: string | undefined;
  readonly uuid?: string | undefined;
  readonly psk?: string | undefined;
  /** In the file, for messages. */
  readonly line: number;
}

/** A person stands for the report of a batch. */
export interface SignOff {
  readonly at: string;
  readonly by: string;
  readonly note: string;
  /** Of the report that was signed: SHA-256 of its content, lower-case hex. */
  readonly digest: string;
}

/** What a station says of itself. */
export interface Heartbeat {
  /** Unique among the stations of one database. */
  readonly station: string;
  readonly host: string;
  readonly batch?: string | undefined;
  readonly mode: string;
  readonly slots: number;
  readonly running: number;
  /** Claims that it is working on: their leases are renewed. */
  readonly claims: readonly string[];
}

export interface StationRecord extends Omit<Heartbeat, 'claims'> {
  readonly seenAt: string;
  /** Whether it was heard of within a lease. */
  readonly alive: boolean;
}

/** Who makes boards, and for which batch. */
export interface Maker {
  readonly batch: string;
  readonly station: string;
}

/** What a station has done by itself since the database is out of reach. */
export interface Away {
  readonly batch: string;
  /** ISO 8601 in UTC. */
  readonly since: string;
  /** Boards of the batch that it has made, and that the database has not heard of. */
  readonly made: number;
  /** Reserved units that no board has taken. */
  readonly left: number;
}

/** For the audit trail. */
export interface Release {
  readonly reason: string;
  readonly who: string;
  /** From which somebody asks this process; absent: it is asked where it runs. */
  readonly address?: string | undefined;
}

/** What one station has reserved. */
export interface StationReserve {
  readonly station: string;
  readonly units: number;
  /** When it took the oldest of them. */
  readonly since: string;
  /** Whether the station was heard of within a lease. */
  readonly inReach: boolean;
}

export interface Batches {
  /** @throws BATCH_EXISTS, INPUT_INVALID */
  create(request: NewBatch, who: string): Promise<Batch>;

  /** The profile file that the batch was made with; undefined for batches of earlier versions. @throws BATCH_UNKNOWN */
  profileText(name: string): Promise<string | undefined>;
  /** Newest first. */
  list(): Promise<Batch[]>;
  /** @throws BATCH_UNKNOWN */
  get(name: string): Promise<Batch>;
  /**
   * The batch as it was made, which is all that its boards need. A station that goes on while the database is out of
   * reach knows it from the units that it has reserved.
   *
   * @throws BATCH_UNKNOWN, BATCH_OUT_OF_REACH
   */
  order(maker: Maker): Promise<BatchRequest>;
  /** Undefined while the database is in reach. Absent where no units are reserved. Never throws. */
  away?(maker: Maker): Promise<Away | undefined>;
  /** The boards of a batch that were claimed at least once, in the order of their first claim. */
  units(name: string): Promise<Unit[]>;

  /** Opens, pauses or closes it. A closed one stays closed. @throws BATCH_UNKNOWN, BATCH_NOT_OPEN */
  setState(name: string, state: BatchState, why: string | RuleStop, who: string): Promise<Batch>;
  /** Changes how many are asked for; never to less than are there. @throws BATCH_UNKNOWN, INPUT_INVALID */
  setQuantity(name: string, quantity: number): Promise<Batch>;

  /** Adds a signature. @throws BATCH_UNKNOWN */
  signOff(name: string, signature: Omit<SignOff, 'at'>): Promise<void>;
  /** Oldest first. @throws BATCH_UNKNOWN */
  signOffs(name: string): Promise<SignOff[]>;

  /** All rows or none. @throws IDENTIFIERS_INVALID naming the first row that is taken, BATCH_UNKNOWN, BATCH_NOT_OPEN */
  importIdentifiers(name: string, rows: readonly Identifier[], file: string): Promise<number>;

  /** @throws BATCH_UNKNOWN, BATCH_NOT_OPEN, BATCH_FULL, BATCH_BUSY, BATCH_PROFILE_DIFFERS, BATCH_IDENTIFIERS_USED_UP */
  claim(request: ClaimRequest): Promise<Claim>;
  /** The board is good and counted. @throws BATCH_PLACE_LOST when its lease had expired and its place is gone */
  passed(
    claimId: string,
    unit: { readonly uuid: string; readonly chip: string; readonly image: FlashImage },
  ): Promise<void>;
  /** The board is not good: it is not counted (any more), and its place is free. */
  failed(claimId: string): Promise<void>;

  /** Who reserves units of a batch, by name. @throws BATCH_UNKNOWN */
  reservedUnits(name: string): Promise<StationReserve[]>;
  /**
   * Takes the units that a station has reserved from it, for the case that it does not come back. Boards that it has
   * made out of reach are counted afterwards only while there is room. Goes into the audit trail.
   *
   * @returns how many there were
   * @throws BATCH_UNKNOWN
   */
  releaseUnits(name: string, station: string, why: Release): Promise<number>;

  /** Gives the units back that this process has reserved and no board has taken. Absent where no units are reserved. */
  giveBack?(): Promise<void>;

  heartbeat(heartbeat: Heartbeat): Promise<void>;
  stations(): Promise<StationRecord[]>;

  /** Leaves the database. Never throws, may be called again. */
  close(): Promise<void>;
}
