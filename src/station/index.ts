// Public door of the station.
export { awayText } from './away-text.js';
export { BatchDoor, type BatchDoorOptions } from './batch-door.js';
export type {
  EndedRun,
  PauseReason,
  RunningSlot,
  SlotState,
  StationEvent,
  StationMode,
  WaitingFor,
} from './events.js';
export { ScanBack, withFinish, type Finish, type FinishedUnit } from './finishing.js';
export { GROUPINGS, type Grouping } from './groupings.js';
export { printLabel, type PrinterOptions } from './label-printer.js';
export { labelFont } from './label-font.js';
export { finishWithLabel, labelOf, labelValuesOf, type FinishingRun, type Labelling } from './labels.js';
export { RunLog, type RunLogOptions } from './run-log.js';
export { SlotMap, Teaching, type Pin } from './slots.js';
export { STATION_DEFAULTS, type StationSettings } from './settings.js';
export { Station, type StationParts } from './station.js';
export { HEARTBEAT_MS, StationWork, type SharedWork } from './work.js';
