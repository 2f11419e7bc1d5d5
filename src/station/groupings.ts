// By what figures can be distinguished.
import type { RunRecord } from '../registry/index.js';

export type Grouping = 'slot' | 'station' | 'batch';

/** The name of the group that a run belongs to. */
export const GROUPINGS: Readonly<Record<Grouping, (run: RunRecord) => string>> = {
  slot: ({ station, slot }) => `${station} slot ${slot}`,
  station: ({ station }) => station,
  batch: ({ batch = 'no batch' }) => batch,
};
