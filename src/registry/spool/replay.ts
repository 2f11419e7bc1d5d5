// Sends the registry, in order and each thing once, what it has missed.
import { type Conflict, CONFLICT_CODES } from '../../core/conflict.js';
import { conflictOf, isEspmintError, toEspmintError } from '../../core/errors/index.js';
import type { RegistryFacts } from '../admission/registry-copy.js';
import type { OfflineReservation } from '../devices/replay.js';
import type { Registry } from '../registry.js';
import type { SecretBox } from '../store/secrets/secret-box.js';
import type { Journal } from './journal.js';
import { type EndRecord, type JournalAttempt, keyOwner } from './records.js';

/** The registry behind the journal. */
export interface ReplayTarget extends Registry {
  /** Its key is stored in any case. @throws CLONE_SUSPECTED, HARDWARE_ID_TAKEN, UUID_TAKEN, MAC_TAKEN */
  replay(offline: OfflineReservation): Promise<void>;
  /** Writes down a board that was refused without the registry. */
  replayRefusal(conflict: Conflict): Promise<void>;
  /** Finds out whether it can be reached, and brings its schema up to date. */
  connect(): Promise<void>;
  /** What a station needs to know of it to go on without it. */
  facts(): Promise<RegistryFacts>;
}

/**
 * What contradicts the registry is a conflict there afterwards, with its key, and waits for somebody to decide. What the
 * registry refuses for what it says is a dead letter: it waits for a person, and the others go on.
 *
 * @param box opens the keys of the journal
 * @returns those conflicts, by reservation
 * @throws what the registry throws otherwise: the rest is sent another time
 */
export async function replayJournal(
  journal: Journal,
  target: ReplayTarget,
  box: SecretBox,
): Promise<Map<string, Conflict>> {
  await journal.adopt();
  const owed = (await journal.attempts()).filter((attempt) => attempt.owed);
  const stopped = new Map<string, Conflict>();
  /** Attempts that are not sent now: the registry refuses them, or their key cannot be opened. */
  const left = new Set<string>();
  const send = async (id: string, work: () => Promise<void>): Promise<void> => {
    try {
      const conflict = await unlessConflict(work);
      if (conflict !== undefined) stopped.set(id, conflict);
    } catch (error) {
      if (!concernsOneRecord(error)) throw error;
      left.add(id);
      if (!isEspmintError(error, 'REGISTRY_REFUSED')) return;
      await journal.append({ type: 'dead', id, at: await journal.now(), reason: error.details.reason });
    }
  };
  for (const attempt of owed) await send(attempt.reserved.id, () => replayReservation(target, box, attempt));
  // In the order of the proofs: of two keys of one board the later proven one is on the chip.
  const ends = owed.flatMap(({ reserved, end }) =>
    end === undefined || stopped.has(reserved.id) || left.has(reserved.id) ? [] : [end],
  );
  ends.sort((a, b) => (a.at < b.at ? -1 : 1));
  for (const end of ends) await send(end.id, () => sendEnd(target, end));
  const synced = owed.filter(({ reserved }) => !left.has(reserved.id));
  await journal.append(...synced.map(({ reserved: { id } }) => ({ type: 'synced' as const, id })));
  for (const { id, conflict } of await journal.refusals()) {
    await send(id, () => target.replayRefusal(conflict));
    if (!left.has(id)) await journal.append({ type: 'synced', id });
  }
  return stopped;
}

async function replayReservation(
  target: ReplayTarget,
  box: SecretBox,
  { reserved, image }: JournalAttempt,
): Promise<void> {
  const { id, at, mac, uuid, wanted, facts } = reserved;
  const { caUrl = '', ...rest } = wanted;
  const psk = box.open(reserved.psk, keyOwner(reserved));
  await target.replay({ id, at, request: { ...rest, mac, uuid, caUrl, policy: 'rotate', psk, facts } });
  if (image !== undefined) await target.built(id, image);
}

async function sendEnd(target: ReplayTarget, end: EndRecord): Promise<void> {
  const sending = { ...end, endedAt: end.at };
  if (sending.type === 'confirmed') await target.confirm(sending.id, sending);
  else await target.fail(sending.id, sending);
}

/** One record that cannot be sent does not keep the others from the registry; what concerns all of them does. */
function concernsOneRecord(error: unknown): boolean {
  return RECORD_FAULTS.some((code) => isEspmintError(error, code));
}
const RECORD_FAULTS = [
  'REGISTRY_REFUSED',
  'REGISTRY_FAILED',
  'SECRET_UNREADABLE',
  'RESERVATION_UNKNOWN',
] as const;

/** The conflict that `work` ended with, which the registry has written down. */
async function unlessConflict(work: () => Promise<void>): Promise<Conflict | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    if (!CONFLICT_CODES.some((code) => isEspmintError(error, code))) throw error;
    return conflictOf(toEspmintError(error));
  }
}
