// The contract of the HTTP API: every operation with its schemas, and the types made from them. The page imports types
// only; the service registers its routes from this table, so nothing can be served that does not stand in it.
import type { z } from 'zod';
import { AUDIT_OPERATIONS } from './audit.js';
import { BATCH_OPERATIONS } from './batches.js';
import { CA_OPERATIONS } from './ca.js';
import { CONFLICT_OPERATIONS } from './conflicts.js';
import { DEVICE_OPERATIONS } from './devices.js';
import { FIRMWARE_OPERATIONS } from './firmware.js';
import { JOB_OPERATIONS } from './jobs.js';
import { LIST_OPERATIONS } from './lists.js';
import type { Operation } from './operation.js';
import { PORT_OPERATIONS } from './ports.js';
import { PRINTER_OPERATIONS } from './printers.js';
import { PROFILE_OPERATIONS } from './profiles.js';
import { PUSH_OPERATIONS } from './push.js';
import { SESSION_OPERATIONS } from './session.js';
import { STATION_OPERATIONS } from './station.js';
import { STATS_OPERATIONS } from './stats.js';
import { SYSTEM_OPERATIONS } from './system.js';
import { VALUE_OPERATIONS } from './values.js';
import { WIFI_OPERATIONS } from './wifi.js';

export const OPERATIONS = {
  ...SYSTEM_OPERATIONS,
  ...SESSION_OPERATIONS,
  ...PORT_OPERATIONS,
  ...WIFI_OPERATIONS,
  ...JOB_OPERATIONS,
  ...PROFILE_OPERATIONS,
  ...FIRMWARE_OPERATIONS,
  ...VALUE_OPERATIONS,
  ...CA_OPERATIONS,
  ...DEVICE_OPERATIONS,
  ...CONFLICT_OPERATIONS,
  ...LIST_OPERATIONS,
  ...AUDIT_OPERATIONS,
  ...STATION_OPERATIONS,
  ...PUSH_OPERATIONS,
  ...BATCH_OPERATIONS,
  ...STATS_OPERATIONS,
  ...PRINTER_OPERATIONS,
};

export type Operations = typeof OPERATIONS;
export type OperationId = keyof Operations;

type Field<O, K extends string> = K extends keyof O ? O[K] : undefined;
type In<S> = S extends z.ZodType ? z.input<S> : undefined;
type Out<S> = S extends z.ZodType ? z.output<S> : undefined;

/** What a caller sends. */
export type ParamsOf<I extends OperationId> = In<Field<Operations[I], 'params'>>;
export type QueryOf<I extends OperationId> = In<Field<Operations[I], 'query'>>;
export type BodyOf<I extends OperationId> = Operations[I] extends { readonly upload: readonly string[] }
  ? Blob
  : In<Field<Operations[I], 'body'>>;
/** What a caller gets; text answers are strings. */
export type AnswerOf<I extends OperationId> = Operations[I]['response'] extends z.ZodType
  ? z.output<Operations[I]['response']>
  : string;

/** What a handler is given: checked, with defaults filled in. */
export interface RequestOf<I extends OperationId> {
  readonly params: Out<Field<Operations[I], 'params'>>;
  readonly query: Out<Field<Operations[I], 'query'>>;
  readonly body: Operations[I] extends { readonly upload: readonly string[] }
    ? Upload
    : Out<Field<Operations[I], 'body'>>;
}

/** A file that is read while it comes in. */
export interface Upload {
  readonly contentType: string;
  /** Read once. @throws CANCELLED where the caller goes away or sends nothing any more */
  readonly pieces: AsyncIterable<Uint8Array>;
}

/** The table without exact types, for code that walks over it. */
export const operationList: readonly (Operation & { readonly id: OperationId })[] = (
  Object.entries(OPERATIONS) as [OperationId, Operation][]
).map(([id, operation]) => ({ id, ...operation }));

export { API_PREFIX, errorSchema, isTextAnswer } from './operation.js';
export type { ApiError, Operation } from './operation.js';
export { ROLES, type Role } from './roles.js';
export { liveEventSchema, type ChangingPart, type LiveEvent } from './events.js';
export { jobSchema, type Job, type JobStage, type ProfileName, type StartJobs } from './jobs.js';
export type {
  Inspection,
  NvsRowInfo,
  PartitionInfo,
  PortState,
  VirtualBoard,
  VirtualFault,
  VirtualFirmware,
} from './ports.js';
export type { WifiLook, WifiSet } from './wifi.js';
export type {
  DamagedProfile,
  Finding,
  Preview,
  ProfileInput,
  ProfileVersion,
  SavedProfile,
} from './profiles.js';
export type { CaTest } from './ca.js';
export type { Device, DeviceHistory, RegistryStatus } from './devices.js';
export type { Session, Token, User } from './session.js';
export type { ConflictInfo } from './conflicts.js';
export type { AuditEntry } from './audit.js';
export type { ListEntryInfo } from './lists.js';
export type { BundleInfo } from './firmware.js';
export type { ValueListInfo, ValueRowInfo } from './values.js';
export type { BatchInfo, ReservedUnitsInfo, UnitInfo } from './batches.js';
export type { Printer } from './printers.js';
export type { DeadPush, PushTargetInfo, PushTargetStatus } from './push.js';
export type { Settings, StationInfo, StationState } from './station.js';
export type { FiguresInfo, Today } from './stats.js';
