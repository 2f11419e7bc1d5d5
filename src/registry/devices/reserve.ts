// Reserving: keys are chosen and stored before they may be flashed. All in here is for boards that share no name; what
// is not said to be one statement runs inside a transaction.
import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { EspmintError } from '../../core/errors/index.js';
import type { Reservation, ReserveRequest, ScreenRequest } from '../registry.js';
import { makeReservation } from './request.js';
import type { SecretBox } from '../store/secrets/secret-box.js';
import { insertAttempts, type NewAttempt } from './attempts.js';
import { chooseKey, knownAs } from './key-choice.js';
import { keyFor, type LiveKey, liveKeys } from './keys.js';
import { checkBoards } from './lists.js';
import { matchBoards, Stop } from './match.js';
import { allNames, reserveNew, reserveOne, wantedOf } from './pending.js';
import { type DeviceRow, REMOVED } from './rows.js';
import { needDistinct } from '../store/shared-transaction.js';

/** The boards that are new and admitted, in one statement that needs no transaction around it; undefined: another one. */
export function reserveUnknown(
  client: pg.ClientBase,
  box: SecretBox,
  requests: readonly ReserveRequest[],
): Promise<(Reservation | undefined)[]> {
  needDistinct(requests.flatMap(allNames));
  return reserveNew(client, box, { requests, asksLists: true });
}

/** Answers in the order of the requests; see Registry.reserve for what it promises each of them. */
export async function reserve(
  client: pg.ClientBase,
  box: SecretBox,
  requests: readonly ReserveRequest[],
): Promise<(Reservation | Stop)[]> {
  needDistinct(requests.flatMap(allNames));
  await checkBoards(client, requests);
  const matches = await matchBoards(client, requests);
  const known = matches.flatMap((found) => (found === undefined || found instanceof Stop ? [] : found));
  const keys = await liveKeys(client, box, known);
  const attempts: NewAttempt[] = [];
  const answers: (Reservation | Stop)[] = [];
  for (const [index, request] of requests.entries()) {
    const row = matches[index];
    if (row === undefined) answers.push(await reserveOne(client, box, request));
    else if (row instanceof Stop) answers.push(row);
    else {
      const { attempt, reservation } = await take(client, box, {
        request,
        row,
        keys: keys.get(row.id) ?? [],
      });
      attempts.push(attempt);
      answers.push(reservation);
    }
  }
  await insertAttempts(client, attempts);
  return answers;
}

/** A board and its row. */
interface Reserving {
  readonly request: ReserveRequest;
  readonly row: DeviceRow;
  readonly keys: readonly LiveKey[];
}

interface Taken {
  readonly attempt: NewAttempt;
  readonly reservation: Reservation;
}

async function take(client: pg.ClientBase, box: SecretBox, reserving: Reserving): Promise<Taken> {
  const { request, row, keys } = reserving;
  const { mac, uuid, psk: given, policy, facts } = request;
  const [current, pending] = (['current', 'pending'] as const).map(
    (wanted) => keys.find(({ state }) => state === wanted)?.psk,
  );
  const chosen = chooseKey({ mac, uuid, policy, given, status: row.status, current, pending });
  const key = await keyFor(client, box, row, keys, chosen);
  const id = randomUUID();
  return {
    attempt: { id, deviceId: row.id, keyId: key.id, wanted: wantedOf(request), facts },
    reservation: makeReservation({ id, mac, uuid, known: knownAs(row.status) }, key.psk),
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
