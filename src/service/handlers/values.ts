// Lists of values over HTTP: the columns are those that a profile of the station declares.
import { EspmintError, invalidInput } from '../../core/errors/index.js';
import { readValueRows } from '../../core/values/rows.js';
import { textPieces } from '../../files/index.js';
import { JSON_LINES } from '../contract/values.js';
import type { VALUE_OPERATIONS } from '../contract/values.js';
import { needDatabase, type ServiceCore } from '../core.js';
import { askerOf } from '../http/asker.js';
import { DONE, type HandlersOf } from '../http/operations.js';
import type { ServiceParts } from '../parts.js';
import { nextTurn } from '../turns.js';

type Store = NonNullable<ServiceParts['values']>;

export function valueHandlers({ parts, profiles }: ServiceCore): HandlersOf<typeof VALUE_OPERATIONS> {
  const store = (): Store => needDatabase(parts.values, 'Lists of values');
  return {
    listValues: async () => ({ lists: await store().lists() }),
    listValueRows: async ({ params: { list }, query: { state, after, limit } }) => {
      const rows = await store().rows(list, { ...(state && { state }), ...(after && { after }), limit });
      const last = rows.at(-1);
      return { rows, ...(rows.length < limit || last === undefined ? {} : { next: last.number }) };
    },
    importValues: async ({ query: { profile: name, version, file }, body }, call) => {
      const values = store();
      const { profile } = await profiles.get(name, version);
      const plan = profile.values;
      if (plan === undefined) {
        throw invalidInput(
          `The product "${profile.name}"`,
          'declares no list of values',
          'add values with list and columns to it, and save it',
        );
      }
      const column = plan.columns.find((one) => one.file);
      if (column !== undefined) {
        throw invalidInput(
          `The column ${column.name}`,
          'names files of a computer that this one does not read',
          'import the list with espmint values import on that computer, or give its content as base64',
        );
      }
      const rows = readOnce(() =>
        readValueRows({
          pieces: inTurns(textPieces(file, body.pieces)),
          format: body.contentType === JSON_LINES ? 'jsonl' : 'csv',
          columns: plan.columns,
          match: plan.match,
          readFile: () => Promise.reject(new Error('no column names a file')),
        }),
      );
      const by = { file, actor: askerOf(call).actor, signal: call.signal };
      const count = await values.add(plan.list, plan.columns, rows, by);
      return { list: plan.list, rows: count };
    },
    endValueRow: async ({ params: { list, row }, body: { state, reason } }, call) => {
      await store().end(list, row, state, reason, askerOf(call).actor);
      return DONE;
    },
  };
}

/** What came in is gone when the connection to the database is lost: the caller sends it again. */
function readOnce<T>(read: () => T): () => T {
  let isRead = false;
  return () => {
    if (isRead) {
      throw new EspmintError('REGISTRY_UNREACHABLE', {
        target: 'the database',
        reason: 'the connection was lost during the import',
      });
    }
    isRead = true;
    return read();
  };
}

/** Some milliseconds of work. */
const PIECE_CHARACTERS = 16 * 1024;

/** Boards have the event loop in between. */
async function* inTurns(pieces: AsyncIterable<string>): AsyncGenerator<string> {
  for await (const piece of pieces) {
    for (let at = 0; at < piece.length; at += PIECE_CHARACTERS) {
      yield piece.slice(at, at + PIECE_CHARACTERS);
      await nextTurn();
    }
  }
}
