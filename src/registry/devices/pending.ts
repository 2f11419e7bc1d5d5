// Boards that are new to the registry: device, key and attempt in one statement, pending until the key is proven.
import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { generatePsk } from '../../core/psk.js';
import { namesOf } from '../conflicts/detect.js';
import type { BoardNames, Reservation, ReserveRequest } from '../registry.js';
import { sortedNames } from '../store/lock.js';
import { Collision } from '../store/sql-errors.js';
import type { SecretBox } from '../store/secrets/secret-box.js';
import { type AttemptStart, toAttemptColumns } from './attempts.js';
import { makeReservation } from './request.js';
import { macKeyOf } from './rows.js';

/** What devices is to say once the key is proven. No secret in it. */
export function wantedOf(request: ReserveRequest): Record<string, string | null> {
  return {
    ca_service_url: request.caUrl,
    wifi_ssid: request.wifiSsid ?? null,
    firmware_version: request.firmwareVersion ?? null,
    hardware_revision: request.hardwareRevision ?? null,
    location: request.location ?? null,
    hardware_id: namesOf(request).hardwareId ?? null,
  };
}

export interface NewDevices {
  readonly requests: readonly ReserveRequest[];
  /** Whether boards that the lists do not admit are left out. */
  readonly asksLists: boolean;
  /** Of reservations that were made while the registry was out of reach. */
  readonly offline?: { readonly id: string; readonly at: string } | undefined;
}

/**
 * Reserves the boards that are new, in one statement.
 *
 * @returns in the order of the requests; undefined: a device has a name of the board, or the lists do not admit it
 */
export async function reserveNew(
  client: pg.ClientBase,
  box: SecretBox,
  { requests, asksLists, offline }: NewDevices,
): Promise<(Reservation | undefined)[]> {
  if (requests.length === 0) return [];
  const boards = requests.map((request) => {
    const { mac, uuid, psk = generatePsk() } = request;
    return {
      request,
      reservation: makeReservation({ id: offline?.id ?? randomUUID(), mac, uuid, known: 'new' }, psk),
    };
  });
  const { rows } = await client.query<{ id: string }>(
    'select id from reserve_new_devices($1, $2, $3) as id',
    [
      sortedNames(requests.map(namesOf)),
      JSON.stringify(
        boards.map(({ request, reservation }) => toColumns(box, request, reservation, offline?.at)),
      ),
      asksLists,
    ],
  );
  const made = new Set(rows.map(({ id }) => id));
  return boards.map(({ reservation }) => (made.has(reservation.id) ? reservation : undefined));
}

/**
 * One board that was found to be new, with its names locked.
 *
 * @throws Collision when another program, which takes no locks of ours, was quicker
 */
export async function reserveOne(
  client: pg.ClientBase,
  box: SecretBox,
  request: ReserveRequest,
  offline?: NewDevices['offline'],
): Promise<Reservation> {
  const [made] = await reserveNew(client, box, { requests: [request], asksLists: false, offline });
  if (made === undefined) throw new Collision('another program has inserted the device meanwhile');
  return made;
}

function toColumns(
  box: SecretBox,
  request: ReserveRequest,
  { id, psk }: Reservation,
  offlineAt?: string,
): object {
  const { uuid, mac, facts } = request;
  const macKey = macKeyOf(mac);
  const start: AttemptStart = { id, wanted: wantedOf(request), facts, offlineAt };
  return { ...toAttemptColumns(start), uuid, mac, macKey, sealed: box.seal(psk, { uuid, macKey }) };
}

/** All names of a board, for what must touch each of them once. */
export function allNames(board: BoardNames): string[] {
  const { mac, uuid, hardwareId } = namesOf(board);
  return [mac, uuid, ...(hardwareId === undefined ? [] : [hardwareId])];
}
