// What the records of a key file and of the journal say, and what those of the journal add up to for each attempt.
import type { DeviceDetails } from '../../core/device-details.js';
import type { FlashImage } from '../../core/flash-image.js';
import type { Conflict } from '../../core/conflict.js';
import type { AttemptFacts } from '../devices/attempt-facts.js';
import type { CheckResult, DeviceRecord, Failure, Proof } from '../registry.js';
import { macKeyOf } from '../devices/rows.js';
import type { SecretOwner } from '../store/secrets/secret-box.js';

/** Everything but the key that a device is to become. */
type Wanted = DeviceDetails & Pick<DeviceRecord, 'hardwareId'>;

/** A key is about to be flashed. */
export interface ReservedRecord {
  readonly type: 'reserved';
  /** The reservation's. */
  readonly id: string;
  /** ISO 8601 in UTC. */
  readonly at: string;
  readonly mac: string;
  readonly uuid: string;
  /** Sealed in the journal, readable in a key file. */
  readonly psk: string;
  readonly wanted: Wanted;
  /** Absent in files of earlier versions. */
  readonly facts?: AttemptFacts | undefined;
  /** Whether the registry knows nothing of it yet; a key file has none. */
  readonly offline?: boolean | undefined;
}

/** A board that was stopped, without the registry, because it contradicts a device that this disk knows. */
export interface RefusedRecord {
  readonly type: 'refused';
  readonly id: string;
  readonly conflict: Conflict;
}

export type EndRecord =
  | ({ readonly type: 'confirmed'; readonly id: string; readonly at: string } & Proof)
  | ({ readonly type: 'failed'; readonly id: string; readonly at: string } & Failure);

/** What a board has become, or why it was stopped. */
export type AttemptEntry =
  | ReservedRecord
  | { readonly type: 'built'; readonly id: string; readonly image: FlashImage }
  | EndRecord
  | RefusedRecord;

/** Who saw what and why: the audit trail of a key file. */
type AuditEntry = {
  readonly at: string;
  readonly mac: string;
  readonly actor: string;
  readonly origin?: string;
} & (
  | { readonly type: 'revealed' | 'labelled'; readonly reason: string }
  | ({ readonly type: 'checked' } & CheckResult)
);

/** One line of a key file. */
export type KeyFileRecord = AttemptEntry | AuditEntry;

export type JournalRecord =
  | AttemptEntry
  /** The registry refuses what the records of this id say: it waits for a person. */
  | { readonly type: 'dead'; readonly id: string; readonly at: string; readonly reason: string }
  /** A person has the registry synced again, with these texts in the place of those that it refused. */
  | {
      readonly type: 'retry';
      readonly id: string;
      readonly at: string;
      readonly wanted: Partial<Wanted>;
      readonly who: string;
    }
  /** The registry knows all that the records of this id before this one say. */
  | { readonly type: 'synced'; readonly id: string };

/** What the sealed key of a record belongs to. */
export function keyOwner({ mac, uuid }: { readonly mac: string; readonly uuid: string }): SecretOwner {
  return { uuid, macKey: macKeyOf(mac) };
}

/** One attempt as the journal tells it. */
export interface JournalAttempt {
  readonly reserved: ReservedRecord;
  readonly image: FlashImage | undefined;
  readonly end: EndRecord | undefined;
  /** Whether the registry still lacks something of it, and would take it. */
  readonly owed: boolean;
  /** Why the registry refuses it; it is kept until a person has decided. */
  readonly dead: DeadLetter | undefined;
  readonly records: readonly JournalRecord[];
}

/** What the registry refuses to take in, as a person is shown it. No secret in it. */
export interface DeadLetter {
  readonly kind: 'device';
  readonly id: string;
  /** ISO 8601 in UTC: when the registry refused it. */
  readonly at: string;
  readonly mac: string;
  readonly uuid: string;
  readonly reason: string;
  /** The texts that it would get. */
  readonly wanted: Wanted;
}

/** Oldest first. */
export function deadLettersOf(records: readonly JournalRecord[]): DeadLetter[] {
  return sumUp(records).flatMap(({ dead }) => dead ?? []);
}

/** Refusals that the registry has not heard of, oldest first. */
export function owedRefusals(records: readonly JournalRecord[]): RefusedRecord[] {
  const synced = new Set(records.flatMap((record) => (record.type === 'synced' ? [record.id] : [])));
  const refused = records.filter((record) => record.type === 'refused');
  const owed = new Map(refused.filter(({ id }) => !synced.has(id)).map((record) => [record.id, record]));
  return [...owed.values()];
}

/** Attempts by the time of their reservation. The same record twice means the same as once. */
export function sumUp(records: readonly JournalRecord[]): JournalAttempt[] {
  const byId = new Map<string, JournalRecord[]>();
  for (const record of records) byId.set(record.id, [...(byId.get(record.id) ?? []), record]);
  const attempts = [...byId.values()].flatMap((own) => sumUpOne(own) ?? []);
  return attempts.sort((a, b) => (a.reserved.at < b.reserved.at ? -1 : 1));
}

function sumUpOne(records: readonly JournalRecord[]): JournalAttempt | undefined {
  const first = records.find((record) => record.type === 'reserved');
  if (first === undefined) return undefined;
  const decided = records
    .filter((record) => record.type === 'dead' || record.type === 'retry')
    .sort((a, b) => (a.at < b.at ? -1 : 1));
  const mended = decided.map((record) => (record.type === 'retry' ? record.wanted : {}));
  const reserved = { ...first, wanted: Object.assign({}, first.wanted, ...mended) as Wanted };
  const verdict = decided.at(-1);
  const image = records.findLast((record) => record.type === 'built')?.image;
  // A proof outweighs every failure: the chip holds the key.
  const end =
    records.find((record) => record.type === 'confirmed') ??
    records.findLast((record) => record.type === 'failed');
  const lastUpdate = records.findLastIndex(({ type }) => type === 'confirmed' || type === 'failed');
  const synced = records.findLastIndex(({ type }) => type === 'synced');
  const isOpen = synced < 0 ? reserved.offline === true || end !== undefined : synced < lastUpdate;
  const { id, mac, uuid, wanted } = reserved;
  const dead =
    isOpen && verdict?.type === 'dead'
      ? { kind: 'device' as const, id, at: verdict.at, mac, uuid, reason: verdict.reason, wanted }
      : undefined;
  return { reserved, image, end, owed: isOpen && dead === undefined, dead, records };
}
