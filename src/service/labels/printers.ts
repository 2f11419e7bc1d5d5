// The label printers that this station knows, in its data directory.
import { join } from 'node:path';
import { z } from 'zod';
import { EspmintError, invalidInput } from '../../core/errors/index.js';
import { checkLabelTemplate } from '../../core/labels/template.js';
import type { ValueColumn } from '../../core/values/rows.js';
import type { Printer } from '../contract/index.js';
import { printerSchema } from '../contract/printers.js';
import { StateFile } from '../state-file.js';

const fileSchema = z.object({ printers: z.array(printerSchema) });
const ADDRESS = /^tcp:\/\/[^/@\s]+:\d{1,5}$/;

export class Printers {
  readonly #file: StateFile<z.output<typeof fileSchema>>;

  constructor(dataDir: string) {
    this.#file = new StateFile(join(dataDir, 'service', 'printers.json'), fileSchema, { printers: [] });
  }

  /** By name. */
  async list(): Promise<Printer[]> {
    return (await this.#file.read()).printers.toSorted((a, b) => a.name.localeCompare(b.name, 'en'));
  }

  /** @throws PRINTER_UNKNOWN */
  async get(name: string): Promise<Printer> {
    const found = (await this.list()).find((printer) => printer.name === name);
    if (found === undefined) throw new EspmintError('PRINTER_UNKNOWN', { name });
    return found;
  }

  /**
   * @param columnsOf a list of values, where the template names one
   * @throws INPUT_INVALID for its address, LABEL_INVALID, LABEL_SECRET_REFUSED, LABEL_COLUMN_SECRET, VALUE_LIST_UNKNOWN
   */
  async put(
    printer: Printer,
    columnsOf: (list: string) => Promise<readonly ValueColumn[]>,
  ): Promise<Printer> {
    const { name, address, template } = printer;
    if (!ADDRESS.test(address)) {
      const hint = 'give it as tcp://host:9100';
      throw invalidInput('The address', 'is not one of a printer', hint);
    }
    const { list } = template;
    const columns = list === undefined ? undefined : await columnsOf(list);
    checkLabelTemplate({ ...template, secret: false }, name, columns);
    await this.#file.update(({ printers }) => ({
      printers: [...printers.filter((other) => other.name !== name), printer],
    }));
    return printer;
  }

  /** @throws PRINTER_UNKNOWN */
  async remove(name: string): Promise<void> {
    await this.get(name);
    await this.#file.update(({ printers }) => ({
      printers: printers.filter((other) => other.name !== name),
    }));
  }
}
