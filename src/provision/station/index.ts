// Public door of the station.
export type {
  EndedRun,
  PauseReason,
  RunningSlot,
  SlotState,
  StationEvent,
  StationMode,
  WaitingFor,
} from './events.js';
export { SlotMap, Teaching, type Pin } from './slots.js';
export { Station, STATION_DEFAULTS, type StationParts, type StationSettings } from './station.js';
