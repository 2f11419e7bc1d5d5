// Reserving: keys are chosen and stored before they may be flashed. All in here runs inside a transaction, for boards
// that share no name.
import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { EspmintError } from '../../core/errors/index.js';
import { namesOf } from '../conflicts/detect.js';
import type { BoardNames, Reservation, ReserveRequest, ScreenRequest } from '../registry.js';
import { makeReservation } from './request.js';
import type { SecretBox } from '../store/secrets/secret-box.js';
import { insertAttempts, type NewAttempt } from './attempts.js';
import { chooseKey, knownAs } from './key-choice.js';
import { keyFor, type LiveKey, liveKeys } from './keys.js';
import { checkBoards } from './lists.js';
import { matchBoards, Stop } from './match.js';
import { insertPending, wantedOf } from './pending.js';
import { type DeviceRow, macKeyOf, REMOVED } from './rows.js';
import { needDistinct } from '../store/shared-transaction.js';

/** Answers in the order of the requests; see Registry.reserve for what it promises each of them. */
export async function reserve(
  client: pg.ClientBase,
  box: SecretBox,
  requests: readonly ReserveRequest[],
): Promise<(Reservation | Stop)[]> {
  needDistinct(requests.flatMap(allNames));
  await checkBoards(client, requests);
  const matches = await matchBoards(client, requests);
  const fresh = await insertPending(
    client,
    box,
    requests.filter((_, index) => matches[index] === undefined),
  );
  const known = matches.flatMap((found) => (found === undefined || found instanceof Stop ? [] : found));
  const keys = await liveKeys(client, box, [...known, ...fresh.values()]);
  const taken: (Taken | Stop)[] = [];
  for (const [index, request] of requests.entries()) {
    const found = matches[index];
    const row = found ?? fresh.get(macKeyOf(request.mac));
    if (row === undefined) throw new EspmintError('INTERNAL', { reason: 'a new board got no row' });
    if (row instanceof Stop) taken.push(row);
    else
      taken.push(
        await take(client, box, { request, row, isNew: found === undefined, keys: keys.get(row.id) ?? [] }),
      );
  }
  await insertAttempts(
    client,
    taken.flatMap((one) => (one instanceof Stop ? [] : one.attempt)),
  );
  return taken.map((one) => (one instanceof Stop ? one : one.reservation));
}

/** A board and its row. */
interface Reserving {
  readonly request: ReserveRequest;
  readonly row: DeviceRow;
  readonly isNew: boolean;
  readonly keys: readonly LiveKey[];
}

interface Taken {
  readonly attempt: NewAttempt;
  readonly reservation: Reservation;
}

async function take(client: pg.ClientBase, box: SecretBox, reserving: Reserving): Promise<Taken> {
  const { request, row, isNew, keys } = reserving;
  const { mac, uuid, psk: given, policy, facts } = request;
  const [current, pending] = (['current', 'pending'] as const).map(
    (wanted) => keys.find(({ state }) => state === wanted)?.psk,
  );
  // A new device was stored with its key just now.
  const chosen = chooseKey({ mac, uuid, policy, given, status: row.status, current, pending });
  const key = await keyFor(client, box, row, keys, chosen);
  const id = randomUUID();
  const known = knownAs(isNew ? undefined : row.status);
  return {
    attempt: { id, deviceId: row.id, keyId: key.id, wanted: wantedOf(request), facts },
    reservation: makeReservation({ id, mac, uuid, known }, key.psk),
  };
}

/** See Registry.screen. */
export async function screen(
  client: pg.ClientBase,
  requests: readonly ScreenRequest[],
): Promise<(Stop | undefined)[]> {
  needDistinct(requests.flatMap(allNames));
  await checkBoards(client, requests);
  const matches = await matchBoards(client, requests);
  return requests.map(({ mac, uuid }, index) => {
    const found = matches[index];
    if (found instanceof Stop) return found;
    if (found?.status !== REMOVED) return undefined;
    throw new EspmintError('DEVICE_REMOVED', { mac, uuid });
  });
}

function allNames(board: BoardNames): string[] {
  const { mac, uuid, hardwareId } = namesOf(board);
  return [mac, uuid, ...(hardwareId === undefined ? [] : [hardwareId])];
}
