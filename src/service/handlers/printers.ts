// Label printers of the station.
import { EspmintError } from '../../core/errors/index.js';
import type { ValueColumn } from '../../core/values/rows.js';
import type { ServiceCore } from '../core.js';
import type { Handlers } from '../http/operations.js';

type PrinterHandlers = Pick<Handlers, 'listPrinters' | 'putPrinter' | 'removePrinter' | 'testPrinter'>;

const DONE = { ok: true } as const;

export function printerHandlers({ parts, printers, labels }: ServiceCore): PrinterHandlers {
  const columnsOf = (list: string): Promise<readonly ValueColumn[]> => {
    if (parts.values !== undefined) return parts.values.columns(list);
    throw new EspmintError('DATABASE_MISSING', { what: 'Lists of values' });
  };
  return {
    listPrinters: async () => ({ printers: await printers.list() }),
    putPrinter: ({ params, body }) => printers.put({ ...body, name: params.name }, columnsOf),
    removePrinter: async ({ params }) => {
      await printers.remove(params.name);
      return DONE;
    },
    testPrinter: async ({ params }) => {
      await labels.test(await printers.get(params.name));
      return DONE;
    },
  };
}
