// Public door of the NVS codec: typed rows to partition images and back.
export { type EncodeOptions, encodeNvs } from './encode.js';
export { type NvsImage, decodeNvs } from './decode.js';
export type { NvsEntry, NvsPage } from './decode-page.js';
export type { NvsFault, NvsFaultCode } from './entry-fault.js';
export type { NvsAddress, NvsNamespace, NvsUnreadable, NvsValue } from './values.js';
export type { NvsRow } from './rows.js';
export type { NvsIntegerType, NvsVersion } from './layout.js';
export { PAGE_SIZE } from './layout.js';
export { isNvsPage } from './page.js';
export { type GenerateOptions, type GeneratedImage, generateNvs } from './generate.js';
export type { CsvInput } from './csv-table.js';
export type { CsvWarning, CsvWarningCode } from './warnings.js';
export { decryptNvs, encryptNvs } from './encryption.js';
export { HMAC_KEY_BYTES, NVS_KEY_BYTES, decodeKeyFile, deriveNvsKey, encodeKeyFile } from './keys.js';
export { type NvsVerdict, verifyNvs } from './verify.js';
export { type NvsFinding, type NvsFindingCode, type NvsSeverity, NVS_FINDINGS } from './findings.js';
export {
  type MergeOptions,
  type MergeResult,
  type MergeCsvOptions,
  type NvsName,
  mergeCsv,
  mergeNvs,
} from './merge.js';
export {
  type InspectOptions,
  type InspectedPage,
  type InspectedValue,
  type NvsInspection,
  inspectNvs,
} from './inspect.js';
export { type ExportedCsv, exportNvsCsv } from './export-csv.js';
export { type NvsTemplate, type TemplateRows, compileTemplate } from './template.js';
export { type MassColumn, parseMassConfig } from './mass/config.js';
export { type DeviceImage, type MassOptions, MassGenerator } from './mass/devices.js';
export { type CsvPlace, type CsvRecord, CsvReader, LineSplitter } from './csv.js';
export { checkPartitionSize } from './writer.js';
