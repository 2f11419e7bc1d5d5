// Public door of the core: values and bytes, no I/O. Runs in Node and in a browser.
export { checkCaUrl } from './ca-url.js';
export * from './chips/index.js';
export { nameOfDevice, parseDeviceName, type DeviceName } from './device-name.js';
export { deviceRows, type DeviceValues, type NvsLayout } from './device-config.js';
export * from './errors/index.js';
export { macBytes, macFromBytes, parseMac, type Mac } from './mac.js';
export * from './nvs/index.js';
export {
  decodePartitionTable,
  findPartition,
  type Partition,
  type PartitionTable,
} from './partition-table.js';
export { checkProfile, parseProfile, type ProfileFinding } from './profile/parse.js';
export { profileJsonSchema, type Profile } from './profile/schema.js';
export { generatePsk, parsePsk, type Psk } from './psk.js';
export * from './stages.js';
export {
  formatMoment,
  MOMENT_PATTERN,
  parseMoment,
  startOfDay,
  startOfHour,
  systemZone,
  type Zone,
} from './times.js';
export { deviceUuid, parseUuid, recipeOf, URL_NAMESPACE, UUID_RECIPES, type UuidRecipe } from './uuid.js';
export { checkWifi, WIFI_LIMITS, type WifiCredentials, type WifiLimits } from './wifi.js';
