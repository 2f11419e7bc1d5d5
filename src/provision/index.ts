// Public door of the provisioning flow.
export type { Admission, Admit, ImageProof } from './admission.js';
export type { Origin } from './origin.js';
export { buildPlan, type PlanChanges, type SecretResolver } from './build-plan.js';
export type { ConnectOptions, ProvisionParts } from './parts.js';
export type { ProvisionPlan, Target } from './plan.js';
export { provisionDevice, type ProvisionOptions } from './provision-device.js';
export {
  chooseRegion,
  DEFAULT_SIZE_BYTES,
  type BoardFlash,
  type ChosenRegion,
  type Region,
} from './region.js';
