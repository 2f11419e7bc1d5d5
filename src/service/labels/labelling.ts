// Labels at the station of the service: its printer, its scans, and the test of a printer.
import { layOutLabel } from '../../core/labels/layout.js';
import { labelToZpl } from '../../core/labels/zpl.js';
import {
  finishWithLabel,
  printLabel,
  ScanBack,
  type Finish,
  type FinishingRun,
} from '../../station/index.js';
import type { Printer } from '../contract/index.js';
import type { ServiceParts } from '../parts.js';
import type { Order } from '../station/orders.js';
import type { StationSettings } from '../station/station-settings.js';
import type { Printers } from './printers.js';

/** Long enough to stick a label on, shorter than the time limit of a run. */
const SCAN_TIMEOUT_MS = 180_000;

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

export interface LabellingParts {
  readonly parts: Pick<ServiceParts, 'registry' | 'openPrinter'>;
  readonly printers: Printers;
  readonly settings: StationSettings;
}

export class StationLabels {
  readonly #parts: LabellingParts;
  readonly #scans = new ScanBack(SCAN_TIMEOUT_MS);

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
      batch,
      printer: { address, open: parts.openPrinter },
      scans: label.scanBack ? this.#scans : undefined,
    };
    return finishWithLabel(labelling, run);
  }

  /** A code was scanned. Returns whether a unit waited for it. */
  scan(code: string): boolean {
    return this.#scans.scan(code.trim());
  }

  /** Prints the label of a device that does not exist. @throws PRINTER_FAILED */
  async test({ address, template }: Printer): Promise<void> {
    const layout = layOutLabel({ ...template, secret: false }, SAMPLE);
    await printLabel(labelToZpl(layout), { address, open: this.#parts.parts.openPrinter });
  }
}
