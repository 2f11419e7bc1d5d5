// Labels at a station: printed when a board is good, and scanned back before it counts.
import { EspmintError, invalidInput } from '../../../core/errors/index.js';
import type { Profile } from '../../../core/profile/schema.js';
import { openLink } from '../../../driver/index.js';
import { finishWithLabel, ScanBack, type Finish } from '../../../station/index.js';
import type { BatchRequest, Registry, Values } from '../../../registry/index.js';
import { loadLabelTemplate } from '../../compose/labelling.js';

export interface LabelOptions {
  readonly label?: string;
  readonly printer?: string;
  readonly scanBack?: boolean;
  /** Who works here. */
  readonly operator?: string;
}

export interface StationLabels {
  /** Prints the label of a unit of this run, and waits for its scan where that is asked for. */
  finishOf(run: { readonly signal: AbortSignal; readonly onScan: (waiting: boolean) => void }): Finish;
  /** A code was scanned. Returns whether a unit waited for it. */
  scan(code: string): boolean;
  /** Whether a unit waits for one. */
  waits(): boolean;
}

/** Long enough to stick a label on, shorter than the time limit of a run. */
const SCAN_TIMEOUT_MS = 180_000;

/** @throws LABEL_INVALID, LABEL_SECRET_REFUSED, INPUT_INVALID */
export async function stationLabels(
  options: LabelOptions,
  at: {
    readonly profile: Profile;
    readonly batch: BatchRequest | undefined;
    readonly registry: Registry;
    readonly values: Pick<Values, 'columns' | 'forLabel'> | undefined;
    readonly note: (text: string) => void;
  },
): Promise<StationLabels | undefined> {
  const { label: file, printer, scanBack = false, operator } = options;
  if (file === undefined) {
    if (printer === undefined && !scanBack) return undefined;
    throw invalidInput('--printer and --scan-back', 'need a label', 'name its template with --label');
  }
  const template = await loadLabelTemplate(file, at.profile, async (list) => {
    if (at.values !== undefined) return at.values.columns(list);
    throw new EspmintError('VALUE_LIST_UNKNOWN', { list });
  });
  const scans = new ScanBack(SCAN_TIMEOUT_MS);
  const labelling = {
    template,
    registry: at.registry,
    values: at.values,
    batch: at.batch,
    actor: operator,
    printer:
      printer === undefined ? undefined : { address: printer, open: (address: string) => openLink(address) },
    scans: scanBack ? scans : undefined,
  };
  return {
    finishOf: ({ signal, onScan }) =>
      finishWithLabel(labelling, {
        signal,
        onScan: ({ mac, serial }, waiting) => {
          onScan(waiting);
          if (waiting) at.note(`${mac}${serial === undefined ? '' : ` (${serial})`}: scan its label`);
        },
      }),
    scan: (code) => scans.scan(code),
    waits: () => scans.waitingCount > 0,
  };
}
