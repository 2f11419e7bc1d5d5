// The names that other layers use of the registry.
export { checkStatus } from './devices/status.js';
export { defaultDataDir } from './data-dir.js';
export { openKeyFile } from './spool/spool-registry.js';
export {
  administer,
  exportDevices,
  importDevices,
  openProduction,
  openPushes,
  openRegistry,
  type PushOptions,
  readAudit,
  removeDevice,
  startPushes,
  Store,
  withPart,
} from './open.js';
export { listDeadLetters, type MendedTexts, retryDeadLetters } from './spool/dead-letters.js';
export type { SpoolFault } from './registry.js';
export { inspectSpool } from './spool/inspect.js';
export type { DeadLetter } from './spool/records.js';
export type { DeadRun } from './statistics/dead-runs.js';
export type { RegistryOptions } from './store/connect.js';
export { checkDatabase, type DatabaseReport, migrateDatabase } from './admin/check.js';
export { backUp, moveTo, restore } from './admin/backup.js';
export type { ExportOptions } from './admin/export-devices.js';
export type { ImportOptions } from './admin/import/import-devices.js';
export type { ImportReport } from './admin/import/merge.js';
export type { Administration } from './admin/administration.js';
export type { ListedEntry } from './admin/device-lists.js';
export { rotateMasterKey } from './admin/rotate.js';
export { forgetMasterKey, importKeys, type KeysReport, listKeys } from './admin/keys.js';
export { type Asker, processUser } from './process-user.js';
export type { AuditFilter, AuditPage, AuditRecord } from './admin/audit.js';
export { probeRegistry, type ProbeOptions } from './store/probe.js';
export type { AttemptChip, AttemptTimings, AttemptFacts, ProfileContent } from './devices/attempt-facts.js';
export type {
  AttemptRecord,
  BoardNames,
  CheckResult,
  ConflictFilter,
  Decision,
  DeviceFilter,
  DeviceHistory,
  DeviceName,
  DeviceUnit,
  DevicePage,
  DeviceRecord,
  Failure,
  KeyRecord,
  KnownPolicy,
  ListedDevice,
  Proof,
  Registry,
  RegistryStatus,
  Reservation,
  ReserveRequest,
  ScreenRequest,
} from './registry.js';
export type { OfflineUnits, Production } from './batches/open.js';
export {
  LEASE_MS,
  type Away,
  type Batch,
  type BatchCounts,
  type Batches,
  type BatchRequest,
  type Claim,
  type ClaimRequest,
  type StationReserve,
  type Heartbeat,
  type Identifier,
  type Maker,
  type ProfileVersion,
  type StationRecord,
  type Unit,
} from './batches/batches.js';
export type { PortRecord } from './statistics/port-records.js';
export { type Grouping, GROUPINGS, type RunFilter, type RunRecord, type Runs } from './statistics/runs.js';
export type { PushService } from './push/service.js';
export {
  type AddedTarget,
  type DeadPush,
  type NewPushTarget,
  type PushCounts,
  type Pushes,
  type PushRun,
  type PushTarget,
  type PushTargetStatus,
} from './push/push.js';
export { removeLeftFolders, withWorkFolder } from './work-folder.js';
export type { ClaimedRow, ListedRow, RowClaim, RowState, ValueList, Values } from './values/values.js';
export { type BundleRecord, FirmwareStore } from './firmware/firmware-store.js';
