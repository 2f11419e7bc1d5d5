// What a board is to the registry: it is the device of its names, a new one, or it contradicts another device and stops.
import type pg from 'pg';
import type { Conflict } from '../../core/conflict.js';
import { factsOf, findContradiction, namesOf } from '../conflicts/detect.js';
import { recordConflict } from '../conflicts/store.js';
import { processUser } from '../process-user.js';
import type { BoardNames, ScreenRequest } from '../registry.js';
import { holdersOf, lockNames } from '../store/lock.js';
import { type DeviceRow, toDeviceRecord } from './rows.js';

/** A conflict that is written down; the transaction is committed, and then the board is stopped with it. */
export class Stop {
  constructor(readonly conflict: Conflict) {}
}

/** The device's row, undefined for a new board. */
type Match = DeviceRow | undefined | Stop;

/**
 * What each of these boards is, with all its names locked. A chip id that the device did not have is its own from now
 * on.
 *
 * @param keyOf stores the key that a board holds which is about to be stopped, and tells its number
 */
export async function matchBoards(
  client: pg.ClientBase,
  requests: readonly ScreenRequest[],
  keyOf?: (board: BoardNames) => Promise<string>,
): Promise<Match[]> {
  const rows = await lockNames(client, requests.map(namesOf));
  const matches: Match[] = [];
  for (const request of requests) {
    const holders = holdersOf(namesOf(request), rows);
    matches.push(await matchOne(client, request, holders, keyOf));
  }
  return matches;
}

async function matchOne(
  client: pg.ClientBase,
  request: ScreenRequest,
  holders: readonly DeviceRow[],
  keyOf: ((board: BoardNames) => Promise<string>) | undefined,
): Promise<Match> {
  const board = namesOf(request);
  const contradiction = findContradiction(board, holders.map(toDeviceRecord));
  if (contradiction !== undefined) {
    const { facts } = request;
    const seenBy = facts?.operator ?? processUser();
    const keyId = await keyOf?.(board);
    return new Stop(
      await recordConflict(client, contradiction, { board, facts: factsOf(facts), seenBy, keyId }),
    );
  }
  const [row] = holders;
  if (row === undefined || row.hardware_id !== null || board.hardwareId === undefined) return row;
  await client.query('update devices set hardware_id = $2 where id = $1', [row.id, board.hardwareId]);
  return { ...row, hardware_id: board.hardwareId };
}
