// A conflict as far as a journal or a key file can tell it, without the registry.
import { randomUUID } from 'node:crypto';
import type { Conflict } from '../../core/conflict.js';
import type { KeyHistory } from '../spool/key-history.js';
import type { RefusedRecord } from '../spool/records.js';
import { processUser } from '../process-user.js';
import type { ScreenRequest } from '../registry.js';
import { factsOf, findContradiction, namesOf, sideOf } from './detect.js';

/** What is to be written down before the board is stopped; undefined for one that contradicts nothing. */
export function refusalBy(history: KeyHistory, request: ScreenRequest): RefusedRecord | undefined {
  const board = namesOf(request);
  const found = findContradiction(board, history.holders(board));
  if (found === undefined) return undefined;
  const own = history.find({ mac: board.mac });
  const { facts } = request;
  const at = new Date().toISOString();
  const conflict: Conflict = {
    code: found.code,
    state: 'open',
    refused:
      own === undefined || own.record === found.holder ? board : { ...sideOf(own.history()), ...board },
    registered: sideOf(history.need({ mac: found.holder.mac }).history()),
    times: 1,
    firstSeenAt: at,
    lastSeenAt: at,
    seenBy: facts?.operator ?? processUser(),
    facts: factsOf(facts),
  };
  return { type: 'refused', id: randomUUID(), conflict };
}
