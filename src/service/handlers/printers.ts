// Label printers of the station.
import type { ServiceCore } from '../core.js';
import type { Handlers } from '../http/operations.js';

type PrinterHandlers = Pick<Handlers, 'listPrinters' | 'putPrinter' | 'removePrinter' | 'testPrinter'>;

const DONE = { ok: true } as const;

export function printerHandlers({ printers, labels }: ServiceCore): PrinterHandlers {
  return {
    listPrinters: async () => ({ printers: await printers.list() }),
    putPrinter: ({ params, body }) => printers.put({ ...body, name: params.name }),
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
