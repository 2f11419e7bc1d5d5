// Devices of the registry, and the registry itself.
import { z } from 'zod';
import { ATTEMPT_OUTCOMES, KEY_STATES } from '../../core/states.js';
import { LABEL_FORMATS } from '../../core/labels/render.js';
import { STAGES } from '../../core/stages.js';
import { appDescriptionSchema, wifiRecordSchema } from './board-record.js';
import {
  doneSchema,
  flashImageSchema,
  momentSchema,
  operations,
  reasonSchema,
  timeSchema,
} from './operation.js';
import { pushCountsSchema } from './push.js';

export const deviceSchema = z.object({
  id: z.int(),
  uuid: z.string(),
  mac: z.string(),
  /** The chip's own 128-bit id, where it has one. */
  hardwareId: z.string().optional(),
  /** `pending`, `provisioned`, or what another program wrote. */
  status: z.string(),
  caUrl: z.string().optional(),
  wifiSsid: z.string().optional(),
  firmwareVersion: z.string().optional(),
  hardwareRevision: z.string().optional(),
  location: z.string().optional(),
  provisionedAt: timeSchema.optional(),
});

/** With the unit that it is: the newest that passed, else the newest. */
export const listedDeviceSchema = deviceSchema
  .extend({
    serial: z.string().optional(),
    batch: z.string().optional(),
    lot: z.string().optional(),
  })
  .meta({ id: 'Device' });
export type Device = z.output<typeof listedDeviceSchema>;

const firmwareSchema = z.object({
  /** Somebody's word for its version; absent where the application itself tells. */
  typed: z.string().optional(),
  app: appDescriptionSchema.optional(),
  /** Digest of the bundle that the run flashed. */
  bundle: z.string().optional(),
});

/** Who made an attempt, where, with what, on which chip, and how long it took; as far as it is known. */
const attemptDetails = {
  station: z.string().optional(),
  slot: z.int().optional(),
  port: z.string().optional(),
  /** The signed-in user, or the user of the process; `automatic` where plugging in started it. */
  operator: z.string().optional(),
  toolVersion: z.string().optional(),
  batch: z.string().optional(),
  profile: z.object({ name: z.string(), version: z.int(), sha256: z.string() }).optional(),
  chip: z
    .object({ kind: z.string(), description: z.string(), revision: z.string(), flashSizeBytes: z.int() })
    .optional(),
  firmware: firmwareSchema.optional(),
  /** Bits per second that the link bore in the end. */
  baud: z.int().optional(),
  /** Milliseconds of each stage that ran. */
  stagesMs: z.partialRecord(z.enum(STAGES), z.number()).optional(),
  /** What the board printed before its boot check failed: its last lines, secrets masked. */
  log: z.array(z.string()).optional(),
  /** How the board gets onto Wi-Fi, and what of it was proven. */
  wifi: wifiRecordSchema.optional(),
};

const deviceHistorySchema = deviceSchema
  .extend({
    /** One for each batch that it was a board of; a unit that passed comes before one that did not. */
    units: z.array(
      z.object({
        batch: z.string(),
        lot: z.string().optional(),
        serial: z.string().optional(),
        chip: z.string().optional(),
        passed: z.boolean(),
        claimedAt: timeSchema,
        passedAt: timeSchema.optional(),
      }),
    ),
    /** Newest first. The keys themselves are not in it. */
    keys: z.array(
      z.object({
        id: z.int(),
        state: z.enum(KEY_STATES),
        createdAt: timeSchema,
        provenAt: timeSchema.optional(),
        supersededAt: timeSchema.optional(),
      }),
    ),
    attempts: z.array(
      z.object({
        id: z.string(),
        outcome: z.enum(ATTEMPT_OUTCOMES),
        startedAt: timeSchema,
        endedAt: timeSchema.optional(),
        code: z.string().optional(),
        stage: z.string().optional(),
        image: flashImageSchema.optional(),
        ...attemptDetails,
      }),
    ),
  })
  .meta({ id: 'DeviceHistory' });
export type DeviceHistory = z.output<typeof deviceHistorySchema>;

const filterSchema = z.object({
  /** Anywhere in UUID, MAC, serial number or location; a lot or a batch by its whole name. */
  text: z.string().max(100).optional(),
  status: z.string().max(20).optional(),
  /** With an attempt for the batch of this name. */
  batch: z.string().max(64).optional(),
  /** With a unit in a batch of this lot. */
  lot: z.string().max(64).optional(),
  /** With a unit of this serial number. */
  serial: z.string().max(64).optional(),
  /** With an attempt at the station of this name; together with `batch`, the same attempt. */
  station: z.string().max(255).optional(),
  /** Provisioned at or after this time. */
  since: momentSchema.optional(),
  /** Provisioned before this time; a day alone is taken in as a whole. */
  until: momentSchema.optional(),
});
const deviceParams = z.object({
  device: z
    .string()
    .max(64)
    .meta({ description: 'MAC or UUID in any usual spelling, or the serial number.' }),
});

const spoolFaultSchema = z
  .object({
    code: z.enum(['SPOOL_UNREADABLE', 'SPOOL_DAMAGED', 'SPOOL_SET_ASIDE', 'SPOOL_DEAD_LETTER']),
    /** Path, reason, MAC or id, as the code has them: see the table of errors. */
    params: z.record(z.string(), z.union([z.string(), z.number()])),
    /** The sentence for a person, in English. */
    message: z.string(),
  })
  .meta({ id: 'SpoolFault' });

const registryStatusSchema = z
  .object({
    ok: z.boolean(),
    /** How a person would name it; never with a password. */
    description: z.string(),
    /** Of one small query. */
    durationMs: z.number(),
    code: z.string().optional(),
    message: z.string().optional(),
    /** Values of the sentence by name: with SECRET_UNREADABLE `wanted`, the id of the master key that it takes. */
    params: z.record(z.string(), z.union([z.string(), z.number()])).optional(),
    /** Attempts that this station still has to tell the registry. */
    pendingSync: z.int().optional(),
    /**
     * What is not as it should be in all that this computer keeps for the registry: a file that cannot be read, damage,
     * a record that the registry refuses. Nothing of it is lost; each waits for a person.
     */
    spool: z.array(spoolFaultSchema).optional(),
    /** Boards that were refused because they contradict the registry, and wait for somebody to decide. */
    conflicts: z.int().optional(),
    /** How old this station's copy of the allow and deny lists is. */
    listsCopiedAt: timeSchema.optional(),
    /** What is still to be sent to the user's own tables and services, and what was given up. */
    pushes: pushCountsSchema.optional(),
  })
  .meta({ id: 'RegistryStatus' });
export type RegistryStatus = z.output<typeof registryStatusSchema>;

export const DEVICE_OPERATIONS = operations({
  listDevices: {
    method: 'GET',
    path: '/devices',
    role: 'viewer',
    summary: 'Devices in pages, newest first; by the time of provisioning where `since` or `until` is given.',
    query: filterSchema.extend({
      limit: z.coerce.number().int().min(1).max(1000).default(100),
      /** `next` of the page before. */
      after: z.string().max(64).optional(),
    }),
    response: z.object({ devices: z.array(listedDeviceSchema), next: z.string().optional() }),
  },
  exportDevices: {
    method: 'GET',
    path: '/devices/export',
    role: 'viewer',
    summary:
      'All matching devices with serial number, batch and lot, as CSV, or as JSON Lines with `format=jsonl`; without secrets.',
    query: filterSchema.extend({
      format: z.enum(['csv', 'jsonl']).default('csv'),
      /** A list of values: with what each device has in it, but for secret columns. */
      values: z.string().min(1).max(64).optional(),
    }),
    response: {
      contentType: 'text/csv',
      description: 'One device a line, with a head line; the columns of `devices export`',
    },
  },
  showDevice: {
    method: 'GET',
    path: '/devices/:device',
    role: 'viewer',
    summary: 'One device with the history of its keys and attempts.',
    params: deviceParams,
    response: deviceHistorySchema,
  },
  deviceLabel: {
    method: 'GET',
    path: '/devices/:device/label',
    role: 'viewer',
    summary:
      'The label of a device and its unit, as the named printer or that of this station prints it, else with MAC, UUID and versions. Never its key.',
    params: deviceParams,
    query: z.object({ format: z.enum(LABEL_FORMATS).default('svg'), printer: z.string().max(64).optional() }),
    response: {
      contentType: 'image/svg+xml',
      description: 'The label, as PNG, ZPL or PDF when `format` says so',
    },
  },
  printLabel: {
    method: 'POST',
    path: '/devices/:device/label/print',
    role: 'operator',
    summary: 'Prints the label of a device again. Who asked and why is written to the audit trail first.',
    params: deviceParams,
    body: z.object({
      reason: reasonSchema,
      /** Absent: the printer of this station. */
      printer: z.string().max(64).optional(),
    }),
    response: doneSchema,
  },
  removeDevice: {
    method: 'POST',
    path: '/devices/:device/remove',
    role: 'engineer',
    summary:
      'Takes a device out of use: lists leave it out, its history and keys stay. Who asked and why is written to the audit trail.',
    params: deviceParams,
    body: z.object({ reason: reasonSchema }),
    response: deviceSchema.meta({ id: 'RemovedDevice' }),
  },
  revealKey: {
    method: 'POST',
    path: '/devices/:device/reveal',
    role: 'engineer',
    summary: 'The key of a device. Who asked and why is written to the audit trail first.',
    params: deviceParams,
    body: z.object({ reason: reasonSchema }),
    response: z.object({ mac: z.string(), uuid: z.string(), psk: z.string() }).meta({ id: 'RevealedKey' }),
  },
  registryStatus: {
    method: 'GET',
    path: '/registry',
    role: 'viewer',
    summary: 'Whether the registry answers, and how fast. It answers 200 also when the registry does not.',
    response: registryStatusSchema,
  },
  testRegistry: {
    method: 'POST',
    path: '/registry/test',
    role: 'admin',
    summary: 'Tries another registry (a PostgreSQL URL) without changing anything there or here.',
    body: z.object({ databaseUrl: z.string().max(1024) }),
    response: registryStatusSchema,
  },
});
