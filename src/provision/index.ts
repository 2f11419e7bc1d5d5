// The names that other layers use of the flow of one board.
export type { Admit } from './admission.js';
export { buildPlan, type PlanChanges, type SecretResolver } from './plan/build-plan.js';
export { checkBoard, type BoardCheck } from './ship-check/check-board.js';
export { checkDevice } from './ship-check/check-run.js';
export type { ConnectOptions, Origin, ProvisionParts, ScannedCodes } from './parts.js';
export type { ProvisionPlan } from './plan/plan.js';
export { RunDeadline } from './run-deadline.js';
export { provisionDevice } from './provision-device.js';
export { chooseRegion, DEFAULT_SIZE_BYTES, type Region } from './flash/region.js';
export { readFirmware } from './flash/read-firmware.js';
