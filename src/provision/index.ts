// Public door of the provisioning flow.
export type { Admission, Admit, ImageProof } from './admission.js';
export type { Origin } from './origin.js';
export { buildPlan, type PlanChanges, type SecretResolver } from './build-plan.js';
export type { ConnectOptions, ProvisionParts } from './parts.js';
export type { ProvisionPlan, Target } from './plan.js';
export { provisionDevice, type ProvisionOptions } from './provision-device.js';
export { chooseRegion, DEFAULT_REGION, type ChosenRegion, type Ground, type Region } from './region.js';
