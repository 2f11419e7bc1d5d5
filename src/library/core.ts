// What `import … from 'espmint/core'` gives: values and bytes without I/O, in Node and in a browser.
export { CHIPS, findChip } from '../core/chips/index.js';
export { CATALOG, EspmintError, isEspmintError, type ErrorCode } from '../core/errors/index.js';
export { macFromBytes, parseMac, type Mac } from '../core/mac.js';
export {
  compileTemplate,
  decodeKeyFile,
  decodeNvs,
  decryptNvs,
  deriveNvsKey,
  encodeKeyFile,
  encodeNvs,
  encryptNvs,
  exportNvsCsv,
  generateNvs,
  inspectNvs,
  mergeCsv,
  mergeNvs,
  verifyNvs,
  type NvsFinding,
  type NvsImage,
  type NvsRow,
  type NvsValue,
} from '../core/nvs/index.js';
export { decodePartitionTable, findPartition, type PartitionTable } from '../core/partition-table.js';
export { checkProfile, parseProfile } from '../core/profile/parse.js';
export { profileJsonSchema, type Profile } from '../core/profile/schema.js';
export { generatePsk, parsePsk, type Psk } from '../core/psk.js';
export { STAGES, type ProvisionEvent, type ProvisionResult, type Stage } from '../core/stages.js';
export { deviceUuid, parseUuid, UUID_RECIPES, type UuidRecipe } from '../core/uuid.js';
export { checkWifi, type WifiCredentials } from '../core/wifi.js';
