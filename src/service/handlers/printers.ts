// Label printers of the station.
import type { ValueColumn } from '../../core/values/rows.js';
import type { PRINTER_OPERATIONS } from '../contract/printers.js';
import { needDatabase, type ServiceCore } from '../core.js';
import { DONE, type HandlersOf } from '../http/operations.js';

export function printerHandlers({
  parts,
  printers,
  labels,
}: ServiceCore): HandlersOf<typeof PRINTER_OPERATIONS> {
  const columnsOf = async (list: string): Promise<readonly ValueColumn[]> =>
    needDatabase(parts.values, 'Lists of values').columns(list);
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
