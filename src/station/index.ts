// The names that other layers use of the station.
export { awayText } from './away-text.js';
export { BatchAdmission } from './batch-admission.js';
export type { EndedRun, PauseReason, PendingAction, SlotState, StationEvent, StationMode } from './events.js';
export { withFinish, type Finish } from './finishing.js';
export { ScanBack } from './label-scan.js';
export { printLabel, type PrinterOptions } from './label-printer.js';
export { labelFont } from './label-font.js';
export { finishWithLabel, labelOf, labelValuesOf, type FinishingRun, type LabelSources } from './labels.js';
export { RunLog } from './run-log.js';
export { CodeQueue } from './value-codes.js';
export { SlotMap, Teaching, type Pin } from './slots.js';
export { type StationSettings } from './settings.js';
export { actionOf } from './slot-state.js';
export { Station, type StationParts } from './station.js';
export { mayBePulled } from './verdict.js';
export { HEARTBEAT_MS, StationWork } from './work.js';
