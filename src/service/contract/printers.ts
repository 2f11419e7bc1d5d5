// Label printers on the network, each with the template of its labels.
import { z } from 'zod';
import { labelTemplateSchema } from '../../core/labels/template.js';
import { doneSchema, operations } from './operation.js';

/** A label of a printer never shows a key: those need the command line and a profile that allows it. */
const templateSchema = labelTemplateSchema.omit({ secret: true }).meta({ id: 'LabelTemplate' });

export const printerSchema = z
  .object({
    name: z.string().min(1).max(64),
    /** Takes ZPL as it is: `tcp://host:9100`. */
    address: z.string().max(200),
    template: templateSchema,
  })
  .meta({ id: 'Printer' });
export type Printer = z.output<typeof printerSchema>;

const params = z.object({ name: z.string().min(1).max(64) });

export const PRINTER_OPERATIONS = operations({
  listPrinters: {
    method: 'GET',
    path: '/printers',
    role: 'viewer',
    summary: 'The label printers that this station knows.',
    response: z.object({ printers: z.array(printerSchema) }),
  },
  putPrinter: {
    method: 'PUT',
    path: '/printers/:name',
    role: 'engineer',
    summary: 'Adds a printer, or replaces what is known of it.',
    params,
    body: printerSchema.omit({ name: true }),
    response: printerSchema,
  },
  removePrinter: {
    method: 'DELETE',
    path: '/printers/:name',
    role: 'engineer',
    summary: 'Forgets a printer.',
    params,
    response: doneSchema,
  },
  testPrinter: {
    method: 'POST',
    path: '/printers/:name/test',
    role: 'operator',
    summary: 'Prints a label of a device that does not exist, and says what keeps the printer from it.',
    params,
    response: doneSchema,
  },
});
