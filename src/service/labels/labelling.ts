// Labels at the station of the service: its printer, its scans, and the test of a printer.
import { type LabelLayout, layOutLabel } from '../../core/labels/layout.js';
import { labelToZpl } from '../../core/labels/zpl.js';
import {
  type Finish,
  type FinishingRun,
  finishWithLabel,
  labelFont,
  labelOf,
  labelValuesOf,
  type PrinterOptions,
  printLabel,
  ScanBack,
} from '../../station/index.js';
import { columnsShown, type LabelTemplate, standardTemplate } from '../../core/labels/template.js';
import type { Asker, DeviceHistory } from '../../registry/index.js';
import { type EspmintError, invalidInput } from '../../core/errors/index.js';
import type { Printer } from '../contract/index.js';
import type { ServiceParts } from '../parts.js';
import type { Order } from '../station/orders.js';
import type { StationSettings } from '../station/station-settings.js';
import type { Printers } from './printers.js';

/** Long enough to stick a label on, shorter than the time limit of a run. */
const SCAN_TIMEOUT_MS = 180_000;

/** Stands where a value is that nobody sees. */
const MASK = '****';

/** A device that does not exist: of the locally administered addresses, so no chip has it. */
const SAMPLE = {
  mac: '02:00:00:00:00:01',
  uuid: '00000000-0000-5000-8000-000000000001',
  serial: 'TEST-0001',
  chip: 'esp32',
  batch: 'TEST',
  lot: 'TEST',
  firmwareVersion: '0.0.0',
  hardwareRevision: 'A',
};

/** Why a label is printed once more, and for whom. */
export interface Reprint extends Asker {
  readonly reason: string;
  readonly printer?: string | undefined;
}

export interface LabellingParts {
  readonly parts: Pick<ServiceParts, 'registry' | 'values' | 'openPrinter' | 'log'>;
  readonly printers: Printers;
  readonly settings: StationSettings;
}

export class StationLabels {
  readonly #parts: LabellingParts;
  readonly #scans = new ScanBack(SCAN_TIMEOUT_MS);
  /** Addresses of printers that did not print the last time. */
  readonly #printersOut = new Set<string>();

  constructor(parts: LabellingParts) {
    this.#parts = parts;
  }

  /** What the unit of a run needs when its board is good. @throws PRINTER_UNKNOWN */
  async finishOf({ batch }: Order, run: FinishingRun): Promise<Finish | undefined> {
    const { parts, printers, settings } = this.#parts;
    const { label } = await settings.get();
    if (label === undefined) return undefined;
    const { address, template } = await printers.get(label.printer);
    const labelling = {
      template: { ...template, secret: false },
      registry: parts.registry,
      values: parts.values,
      batch,
      printer: this.#printerAt(address),
      scans: label.scanBack ? this.#scans : undefined,
    };
    return finishWithLabel(labelling, run);
  }

  /** A code was scanned. Returns whether a unit waited for it. */
  scan(code: string): boolean {
    return this.#scans.scan(code.trim());
  }

  /**
   * The label of one device, to look at: as the named printer would print it, else as this station's does, else the
   * standard one. What is secret in its list of values is masked.
   *
   * @throws PRINTER_UNKNOWN, LABEL_*
   */
  async layOut(device: DeviceHistory, printer?: string): Promise<LabelLayout> {
    const [template, values] = await this.#labelOf(device, printer);
    return labelOf(
      template,
      { ...values, columns: await this.#masked(template, device.mac) },
      this.#parts.parts,
    );
  }

  async #labelOf(
    device: DeviceHistory,
    printer: string | undefined,
  ): Promise<[LabelTemplate, ReturnType<typeof labelValuesOf>]> {
    const name = printer ?? (await this.#parts.settings.get()).label?.printer;
    const values = labelValuesOf(device);
    const template = name === undefined ? undefined : (await this.#parts.printers.get(name)).template;
    return [template === undefined ? standardTemplate(values) : { ...template, secret: false }, values];
  }

  async #masked(template: LabelTemplate, mac: string): Promise<Record<string, string> | undefined> {
    const { list } = template;
    const { values } = this.#parts.parts;
    const shown = columnsShown(template);
    if (list === undefined || values === undefined || shown.length === 0) return undefined;
    const columns = await values.columns(list);
    const isOpen = (name: string): boolean => columns.some((one) => one.name === name && !one.secret);
    const open = await values.forLabel(list, mac, shown.filter(isOpen));
    return open && Object.fromEntries(shown.map((name) => [name, isOpen(name) ? (open[name] ?? '') : MASK]));
  }

  /**
   * Prints the label of a device again. Who asked and why is in the audit trail before anything is printed.
   *
   * @throws DEVICE_UNKNOWN, PRINTER_UNKNOWN, PRINTER_FAILED, LABEL_*, INPUT_INVALID where no printer is named or chosen
   */
  async reprint(device: DeviceHistory, request: Reprint): Promise<void> {
    const name = request.printer ?? (await this.#parts.settings.get()).label?.printer;
    if (name === undefined) {
      const hint = 'name one of "GET /printers", or choose one in the settings of the station';
      throw invalidInput('printer', 'is not chosen', hint);
    }
    const { address } = await this.#parts.printers.get(name);
    const [shown, values] = await this.#labelOf(device, name);
    const layout = await labelOf(shown, values, this.#parts.parts, request.actor);
    await this.#parts.parts.registry.labelled(device.mac, request.reason, request);
    await printLabel(labelToZpl(layout), this.#printerAt(address));
  }

  /** Prints the label of a device that does not exist. @throws PRINTER_FAILED */
  async test({ address, template }: Printer): Promise<void> {
    const columns = Object.fromEntries(columnsShown(template).map((name) => [name, name]));
    const layout = layOutLabel({ ...template, secret: false }, { ...SAMPLE, columns }, await labelFont());
    await printLabel(labelToZpl(layout), this.#printerAt(address));
  }

  /** Its outages are in the log, each once with its end. */
  #printerAt(address: string): PrinterOptions {
    const { openPrinter: open, log } = this.#parts.parts;
    const onOutcome = (failure: EspmintError | undefined): void => {
      const hasChanged = (failure !== undefined) !== this.#printersOut.has(address);
      if (!hasChanged) return;
      if (failure === undefined) this.#printersOut.delete(address);
      else this.#printersOut.add(address);
      log.warn(
        { printer: address, code: failure?.code },
        failure?.message ?? 'the label printer prints again',
      );
    };
    return { address, open, onOutcome };
  }
}
