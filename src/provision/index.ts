// The names that other layers use of the flow of one board.
export type { Admit } from './admission.js';
export type { Origin } from './origin.js';
export { buildPlan, type PlanChanges, type SecretResolver } from './build-plan.js';
export { checkBoard, type BoardCheck } from './check-board.js';
export { checkDevice } from './check-run.js';
export type { ConnectOptions, ProvisionParts, ScannedCodes } from './parts.js';
export type { ProvisionPlan } from './plan.js';
export { RunDeadline } from './run-deadline.js';
export { provisionDevice } from './provision-device.js';
export { chooseRegion, DEFAULT_SIZE_BYTES, type Region } from './region.js';
export { readFirmware } from './read-firmware.js';
