// Writing down what was reserved while the registry was out of reach.
import type pg from 'pg';
import type { BoardNames, ReserveRequest } from '../registry.js';
import type { SecretBox } from '../store/secrets/secret-box.js';
import { insertAttempts } from './attempts.js';
import { insertKey, keyFor, liveKeys } from './keys.js';
import { matchBoards, Stop } from './match.js';
import { reserveOne, wantedOf } from './pending.js';
import { type KeyRow, macKeyOf } from './rows.js';

/** A reservation that was made while the registry was out of reach. */
export interface OfflineReservation {
  readonly id: string;
  /** ISO 8601. */
  readonly at: string;
  /** Its `psk` is the one that may be on the chip. */
  readonly request: ReserveRequest & { readonly psk: string };
}

/**
 * Policies are past deciding: the key may be on the chip, so it is pending from now on. A second time it changes
 * nothing. Runs inside a transaction.
 *
 * @returns the conflict of a board that contradicts the registry by now; its key is stored beside it
 */
export async function replayReservation(
  client: pg.ClientBase,
  box: SecretBox,
  offline: OfflineReservation,
): Promise<Stop | undefined> {
  const { id, at, request } = offline;
  const [found] = await matchBoards(client, [request], (board) => keepKey(client, box, board, request.psk));
  if (found instanceof Stop) return found;
  const { rowCount } = await client.query('select from attempts where id = $1', [id]);
  if (rowCount === 1) return undefined;
  if (found === undefined) {
    await reserveOne(client, box, request, { id, at });
    return undefined;
  }
  const keys = await liveKeys(client, box, [found]);
  const key = await keyFor(client, box, found, keys.get(found.id) ?? [], request.psk, at);
  const attempt = { id, deviceId: found.id, keyId: key.id, wanted: wantedOf(request), offlineAt: at };
  await insertAttempts(client, [{ ...attempt, facts: request.facts }]);
  return undefined;
}

/** The key that is on a board which is no device: it is kept under the names of the board, once. */
async function keepKey(
  client: pg.ClientBase,
  box: SecretBox,
  { mac, uuid }: BoardNames,
  psk: string,
): Promise<string> {
  const owner = { uuid, macKey: macKeyOf(mac) };
  const { rows } = await client.query<Pick<KeyRow, 'id' | 'psk_secret'>>(
    'select id, psk_secret from device_keys where mac_key = $1 and global_uuid = $2',
    [owner.macKey, uuid],
  );
  const kept = rows.find(({ psk_secret: sealed }) => box.open(sealed, owner) === psk);
  return kept?.id ?? insertKey(client, undefined, owner, box.seal(psk, owner), undefined);
}
