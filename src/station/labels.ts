// The label of a good unit: laid out, printed, and scanned back where that is asked for.
import { LABEL_REASON } from '../core/audit-kinds.js';
import { layOutLabel, type LabelLayout } from '../core/labels/layout.js';
import { columnsShown, showsSecret, type LabelTemplate, type LabelValues } from '../core/labels/template.js';
import { labelToZpl } from '../core/labels/zpl.js';
import type { Link } from '../driver/index.js';
import type { BatchRequest, DeviceHistory, Registry, Values } from '../registry/index.js';
import type { Finish, FinishedUnit } from './finishing.js';
import type { ScanBack } from './label-scan.js';
import { labelFont } from './label-font.js';
import { printLabel } from './label-printer.js';

/** Where a label has from what a device does not say by itself. */
export interface LabelSources {
  readonly registry: Pick<Registry, 'reveal'>;
  /** Lists of values; absent: labels show no column. */
  readonly values?: Pick<Values, 'forLabel'> | undefined;
}

export interface Labelling extends LabelSources {
  readonly template: LabelTemplate;
  readonly batch: BatchRequest | undefined;
  /** Who prints, for the audit trail of a key that the label shows; absent: the user of this process. */
  readonly actor?: string | undefined;
  /** Absent: the label is only laid out, for its scan. */
  readonly printer?:
    { readonly address: string; readonly open: (address: string) => Promise<Link> } | undefined;
  /** Absent: nobody scans. */
  readonly scans?: ScanBack | undefined;
}

/** The run whose unit is finished. */
export interface FinishingRun {
  readonly signal?: AbortSignal | undefined;
  /** Called when its unit begins to wait for its scan, and when it does so no longer. */
  readonly onScan: (unit: FinishedUnit, waiting: boolean) => void;
}

/** What each good unit of such a station still needs. Its failures are PRINTER_FAILED and LABEL_SCAN_DIFFERS. */
export function finishWithLabel(labelling: Labelling, { signal, onScan }: FinishingRun): Finish {
  const { template, batch, actor, printer, scans } = labelling;
  const { name, lot, firmwareVersion, hardwareRevision } = batch ?? {};
  return async (unit) => {
    const { row, ...named } = unit;
    // The station made this board by itself: what its label shows of its row it need not ask for.
    const columns = row?.stored;
    const values = { ...named, batch: name, lot, firmwareVersion, hardwareRevision, columns };
    const layout = await labelOf(template, values, labelling, actor);
    if (printer !== undefined) await printLabel(labelToZpl(layout), printer);
    if (scans === undefined) return;
    onScan(unit, true);
    try {
      await scans.expect(layout.qr.text, signal);
    } finally {
      onScan(unit, false);
    }
  };
}

/**
 * What a label can say of a device: of itself, and of its unit in a batch (that which passed, else the newest), as the
 * station says it when it prints the label of that unit.
 */
export function labelValuesOf(device: DeviceHistory): Omit<LabelValues, 'psk'> {
  const { mac, uuid, firmwareVersion, hardwareRevision, units, attempts } = device;
  const [unit] = units;
  const chip = unit?.chip ?? attempts.find(({ chip: known }) => known !== undefined)?.chip?.kind;
  const { batch, lot, serial } = unit ?? {};
  return { mac, uuid, serial, chip, batch, lot, firmwareVersion, hardwareRevision };
}

/**
 * The label of one device. A key or a secret column that it shows is revealed, and so recorded in the audit trail.
 *
 * @param values columns that are known are not asked for
 */
export async function labelOf(
  template: LabelTemplate,
  values: Omit<LabelValues, 'psk'>,
  { registry, values: lists }: LabelSources,
  actor?: string,
): Promise<LabelLayout> {
  const { mac } = values;
  const psk = showsSecret(template) ? await registry.reveal(mac, LABEL_REASON, { actor }) : undefined;
  const [shown, { list }] = [columnsShown(template), template];
  const columns =
    values.columns ??
    (shown.length === 0 || list === undefined
      ? undefined
      : await lists?.forLabel(list, mac, shown, { actor, reason: LABEL_REASON }));
  return layOutLabel(template, { ...values, psk, columns }, await labelFont());
}
