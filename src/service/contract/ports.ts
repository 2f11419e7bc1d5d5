// Ports and their slots: where a board can be plugged in, and what happens there.
import { z } from 'zod';
import { chipFactsSchema, jobSchema } from './jobs.js';
import { appDescriptionSchema } from './board-record.js';
import { doneSchema, flashImageSchema, operations, reasonSchema, warningSchema } from './operation.js';

export const portSchema = z
  .object({
    /** The address to start a job on. */
    port: z.string(),
    /** From 1; stays with the place (USB location, else the address) while the service runs. */
    slot: z.int(),
    kind: z.enum(['serial', 'network', 'virtual']),
    /** For a person: `/dev/ttyUSB0 CP210x at 1-4.2`. */
    label: z.string(),
    /** What the slot shows, folded from all that follows: `stopped` by a person, `interrupted` by the end of the
     *  service, `held` by a stop rule, `reading` while an inspection holds it. */
    state: z.enum([
      'empty',
      'ready',
      'reading',
      'waiting',
      'held',
      'running',
      'scanning',
      'passed',
      'failed',
      'stopped',
      'interrupted',
    ]),
    /** False: the place is known and nothing is plugged in there now. */
    present: z.boolean(),
    adapter: z.string().optional(),
    manufacturer: z.string().optional(),
    serialNumber: z.string().optional(),
    /** Place on the USB tree. */
    location: z.string().optional(),
    usbVendorId: z.string().optional(),
    usbProductId: z.string().optional(),
    isNativeUsb: z.boolean(),
    /** What a board that is there waits for: the start key, a seat, the station to go on, another try, the registry, a
     *  place in the batch, or a person to look at a slot that failed too often in the same way. */
    waiting: z.enum(['start', 'seat', 'station', 'retry', 'registry', 'batch', 'clear']).optional(),
    /** The slot begins no board until somebody starts one: the same failure came too often in a row. */
    held: z.object({ code: z.string(), count: z.int() }).optional(),
    /** An inspection holds the port. */
    inspecting: z.boolean(),
    /** The job that the tile shows: the running one, or the last one until the board is unplugged (a pass) or the
     *  result was seen (a failure). */
    job: jobSchema.optional(),
  })
  .meta({ id: 'Port' });
export type PortState = z.output<typeof portSchema>;

export const partitionSchema = z
  .object({
    label: z.string(),
    type: z.int(),
    subtype: z.int(),
    /** `app`, `nvs`, `ota`, `phy`, ... or the numbers. */
    kind: z.string(),
    offsetBytes: z.int(),
    sizeBytes: z.int(),
    encrypted: z.boolean(),
    readonly: z.boolean(),
  })
  .meta({ id: 'Partition' });
export type PartitionInfo = z.output<typeof partitionSchema>;

export const nvsRowSchema = z
  .object({
    namespace: z.string(),
    key: z.string(),
    type: z.string(),
    /** Secrets are `***`, whatever their length; blobs are lower-case hex, cut after 256 bytes. */
    value: z.string(),
    /** Of the value as stored, the NUL of a string included; absent for secrets. */
    bytes: z.int().optional(),
    secret: z.boolean(),
  })
  .meta({ id: 'NvsRow' });
export type NvsRowInfo = z.output<typeof nvsRowSchema>;

const inspectionSchema = z
  .object({
    port: z.string(),
    chip: chipFactsSchema,
    security: z.object({
      flashEncryption: z.boolean(),
      secureBoot: z.boolean(),
      secureDownload: z.boolean(),
    }),
    /** Absent: this flash has no partition table yet. */
    partitions: z.array(partitionSchema).optional(),
    /** Of the application that starts; absent: there is none that says what it is. */
    firmware: appDescriptionSchema.optional(),
    /** The NVS region that a run would use, and what stands there now. */
    nvs: z
      .object({
        image: flashImageSchema,
        encrypted: z.boolean(),
        rows: z.array(nvsRowSchema),
        usedEntries: z.int(),
        totalEntries: z.int(),
      })
      .optional(),
    /** Side by side with the registry, field by field; absent: the registry does not know this MAC. */
    registry: z
      .object({
        uuid: z.string(),
        status: z.string(),
        compared: z.array(
          z.object({
            field: z.enum(['uuid', 'caUrl', 'wifiSsid', 'image']),
            board: z.string().optional(),
            registry: z.string().optional(),
            /** `unknown`: one of the sides does not tell. */
            verdict: z.enum(['same', 'different', 'unknown']),
          }),
        ),
      })
      .optional(),
    warnings: z.array(warningSchema),
  })
  .meta({ id: 'Inspection' });
export type Inspection = z.output<typeof inspectionSchema>;

const addressBody = z.object({ port: z.string().min(1).max(512) });

const inspectBody = addressBody.extend({
  /** Shows secrets too, to engineers. Who asked and why is written to the audit trail of the device first. */
  reveal: z.object({ reason: reasonSchema }).optional(),
});

/** Faults for a rehearsal, by names that an operator understands. */
const VIRTUAL_FAULTS = [
  'unplugged while writing',
  'worn cable',
  'worn flash',
  'no answer',
  'wrong proof',
] as const;
export type VirtualFault = (typeof VIRTUAL_FAULTS)[number];

/** Firmware of virtual boards that waits for a network, by how it takes one. */
const VIRTUAL_FIRMWARE = ['improv', 'protocomm', 'console', 'wps', 'smartconfig'] as const;
export type VirtualFirmware = (typeof VIRTUAL_FIRMWARE)[number];

const virtualBoardSchema = z
  .object({
    port: z.string(),
    chip: z.string(),
    mac: z.string(),
    plugged: z.boolean(),
    /** Address of its own portal, once it has one. */
    portal: z.string().optional(),
  })
  .meta({ id: 'VirtualBoard' });
export type VirtualBoard = z.output<typeof virtualBoardSchema>;

export const PORT_OPERATIONS = operations({
  listPorts: {
    method: 'GET',
    path: '/ports',
    role: 'viewer',
    summary: 'All ports by slot, each with the job that its tile shows.',
    response: z.object({ ports: z.array(portSchema) }),
  },
  addPort: {
    method: 'POST',
    path: '/ports',
    role: 'engineer',
    summary: 'Adds a network port (tcp://host:port, rfc2217://host:port) to the station; it is remembered.',
    body: addressBody,
    response: portSchema,
  },
  removePort: {
    method: 'POST',
    path: '/ports/remove',
    role: 'engineer',
    summary: 'Takes a network port away, or forgets the slot of a serial port that is not plugged in.',
    body: addressBody,
    response: doneSchema,
  },
  inspectPort: {
    method: 'POST',
    path: '/ports/inspect',
    role: 'operator',
    summary:
      'Reads everything a board says of itself, changes nothing, resets it, and compares it with the registry.',
    body: inspectBody,
    response: inspectionSchema,
  },
  listVirtualBoards: {
    method: 'GET',
    path: '/virtual-boards',
    role: 'viewer',
    summary: 'Virtual boards of this service.',
    response: z.object({ boards: z.array(virtualBoardSchema) }),
  },
  addVirtualBoards: {
    method: 'POST',
    path: '/virtual-boards',
    role: 'engineer',
    summary: 'Adds virtual boards, to try espmint without hardware.',
    body: z.object({
      count: z.int().min(1).max(64).default(1),
      chip: z.string().max(32).optional(),
      /** The board shall have it until another one takes its place. */
      fault: z.enum(VIRTUAL_FAULTS).optional(),
      /** What its firmware takes a network by; absent: it has one. */
      firmware: z.enum(VIRTUAL_FIRMWARE).optional(),
    }),
    response: z.object({ boards: z.array(virtualBoardSchema) }),
  },
  removeVirtualBoards: {
    method: 'POST',
    path: '/virtual-boards/remove',
    role: 'engineer',
    summary: 'Takes virtual boards away; without ports: all of them.',
    body: z.object({ ports: z.array(z.string().max(512)).max(64).optional() }),
    response: z.object({ boards: z.array(virtualBoardSchema) }),
  },
  pressVirtualWps: {
    method: 'POST',
    path: '/virtual-boards/wps',
    role: 'operator',
    summary:
      'Presses the WPS button of the access point beside a virtual board. False: the board does not wait for it.',
    body: addressBody,
    response: z.object({ joins: z.boolean() }),
  },
  plugVirtualBoard: {
    method: 'POST',
    path: '/virtual-boards/plug',
    role: 'operator',
    summary:
      'Pulls the plug of a virtual board, at any moment, or plugs it in again; `fresh`: another board is plugged in.',
    body: addressBody.extend({ plugged: z.boolean(), fresh: z.boolean().optional() }),
    response: virtualBoardSchema,
  },
});
