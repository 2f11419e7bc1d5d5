// Public door of the registry.
export { defaultDataDir } from './data-dir.js';
export { openKeyFile } from './file-keeper.js';
export { openRegistry, type RegistryOptions } from './open.js';
export { probeRegistry, type ProbeOptions } from './probe.js';
export type {
  AttemptRecord,
  DeviceFilter,
  DeviceHistory,
  DeviceName,
  DevicePage,
  DeviceRecord,
  Failure,
  KeyRecord,
  KnownPolicy,
  Proof,
  Registry,
  Reservation,
  ReserveRequest,
} from './registry.js';
