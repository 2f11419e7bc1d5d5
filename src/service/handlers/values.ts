// Lists of values over HTTP: the columns are those that a profile of the station declares.
import { EspmintError } from '../../core/errors/index.js';
import { readWholeList } from '../../core/values/whole-list.js';
import type { ServiceCore } from '../core.js';
import { askerOf } from '../http/asker.js';
import type { Handlers } from '../http/operations.js';
import type { ServiceParts } from '../parts.js';
import { nextTurn } from '../turns.js';

type ValueHandlers = Pick<Handlers, 'listValues' | 'listValueRows' | 'importValues' | 'endValueRow'>;
type Store = NonNullable<ServiceParts['values']>;

export function valueHandlers({ parts, profiles }: ServiceCore): ValueHandlers {
  const store = (): Store => {
    if (parts.values === undefined) throw new EspmintError('DATABASE_MISSING', { what: 'Lists of values' });
    return parts.values;
  };
  return {
    listValues: async () => ({ lists: await store().lists() }),
    listValueRows: async ({ params: { list }, query: { state, after, limit } }) => {
      const rows = await store().rows(list, { ...(state && { state }), ...(after && { after }), limit });
      const last = rows.at(-1);
      return { rows, ...(rows.length < limit || last === undefined ? {} : { next: last.number }) };
    },
    importValues: async ({ body: { profile: wanted, rows: text, format, file } }, call) => {
      const values = store();
      const { profile } = await profiles.get(wanted.name, wanted.version);
      const plan = profile.values;
      if (plan === undefined) {
        throw new EspmintError('INPUT_INVALID', {
          field: `The product "${profile.name}"`,
          reason: 'declares no list of values',
          hint: 'add values with list and columns to it, and save it',
        });
      }
      const column = plan.columns.find((one) => one.file);
      if (column !== undefined) {
        throw new EspmintError('INPUT_INVALID', {
          field: `The column ${column.name}`,
          reason: 'names files of a computer that this one does not read',
          hint: 'import the list with espmint values import on that computer, or give its content as base64',
        });
      }
      const rows = () =>
        readWholeList(file, {
          pieces: inPieces(text),
          format,
          columns: plan.columns,
          match: plan.match,
          readFile: () => Promise.reject(new Error('no column names a file')),
        });
      const count = await values.add(plan.list, plan.columns, rows, askerOf(call).actor);
      return { list: plan.list, rows: count };
    },
    endValueRow: async ({ params: { list, row }, body: { state, reason } }, call) => {
      await store().end(list, row, state, reason, askerOf(call).actor);
      return { ok: true };
    },
  };
}

const PIECE_CHARACTERS = 64 * 1024;

/** Boards have the event loop in between. */
async function* inPieces(text: string): AsyncGenerator<string> {
  for (let at = 0; at < text.length; at += PIECE_CHARACTERS) {
    yield text.slice(at, at + PIECE_CHARACTERS);
    await nextTurn();
  }
}
