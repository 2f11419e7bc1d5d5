// Profiles: all that is the same for every board of a product, kept in numbered versions.
import { z } from 'zod';
import { profileSchema } from '../../core/profile/schema.js';
import { profileNameSchema } from './jobs.js';
import { doneSchema, operations, timeSchema, warningSchema } from './operation.js';
import { nvsRowSchema, partitionSchema } from './ports.js';

/** A profile as its YAML text, or as an object of the same settings (docs/reference/profile.schema.json). */
const profileInputSchema = z
  .union([
    z.object({ text: z.string().max(256 * 1024) }),
    z.object({ settings: z.record(z.string(), z.unknown()) }),
  ])
  .meta({ id: 'ProfileInput' });
export type ProfileInput = z.input<typeof profileInputSchema>;

const findingSchema = z
  .object({
    /** `wifi.ssid` style; empty for the whole profile. */
    path: z.string(),
    /** Of the error table, where it is one of its errors. */
    code: z.string().optional(),
    /** What exactly is wrong, where there is a code for it; with what fits, where it is too long. */
    why: z.string().optional(),
    maxBytes: z.int().optional(),
    /** Continues a sentence that begins with the path. */
    reason: z.string(),
    /** In the YAML text, from 1. */
    line: z.int(),
    column: z.int(),
  })
  .meta({ id: 'Finding' });
export type Finding = z.output<typeof findingSchema>;

const profileVersionSchema = z
  .object({
    name: z.string(),
    version: z.int(),
    savedAt: timeSchema,
    savedBy: z.string(),
    /** What its author wrote about the change. */
    note: z.string().optional(),
  })
  .meta({ id: 'ProfileVersion' });
export type ProfileVersion = z.output<typeof profileVersionSchema>;

const savedProfileSchema = profileVersionSchema
  .extend({
    /** YAML, with the author's comments. */
    text: z.string(),
    /** The same with all defaults filled in; whole numbers beyond 2^53 are text. */
    settings: profileSchema,
  })
  .meta({ id: 'SavedProfile' });
export type SavedProfile = z.output<typeof savedProfileSchema>;

const previewSchema = z
  .object({
    /** Not empty: the rest describes as much as could be worked out. */
    findings: z.array(findingSchema),
    /** The rows of the image for an example board, secrets masked. */
    rows: z.array(nvsRowSchema),
    /** The same as the CSV file that Espressif's generator takes, secrets masked. */
    csv: z.string(),
    image: z
      .object({
        sizeBytes: z.int(),
        /** Entries of 32 bytes. */
        usedEntries: z.int(),
        totalEntries: z.int(),
        /** Listing: one line an entry, with its offset in the image. */
        listing: z.array(
          z.object({
            offsetBytes: z.int(),
            page: z.int(),
            namespace: z.string(),
            key: z.string(),
            type: z.string(),
            entries: z.int(),
          }),
        ),
      })
      .optional(),
    /** Byte counters for the form. */
    limits: z.array(z.object({ path: z.string(), bytes: z.int(), maxBytes: z.int() })),
    /** Where the image goes on a board with this partition table. */
    flash: z.object({
      flashSizeBytes: z.int(),
      partitions: z.array(partitionSchema),
      region: z.object({ offsetBytes: z.int(), sizeBytes: z.int() }).optional(),
      fits: z.boolean(),
      /** Why it does not fit, or what one should know. */
      notes: z.array(warningSchema),
    }),
  })
  .meta({ id: 'Preview' });
export type Preview = z.output<typeof previewSchema>;

const damagedProfileSchema = z
  .object({ name: z.string(), version: z.int(), code: z.string(), message: z.string(), path: z.string() })
  .meta({ id: 'DamagedProfile' });
export type DamagedProfile = z.output<typeof damagedProfileSchema>;

const nameParams = z.object({ name: z.string().min(1).max(64) });
const secretParams = z.object({
  name: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'must be letters, digits, dots, dashes and underscores'),
});

export const PROFILE_OPERATIONS = operations({
  listProfiles: {
    method: 'GET',
    path: '/profiles',
    role: 'viewer',
    summary: 'The newest version of every profile, and the one that the station is set to.',
    response: z.object({
      profiles: z.array(profileVersionSchema.extend({ chip: z.string().optional() })),
      /** Those whose newest version cannot be read, with the file and what to do. */
      damaged: z.array(damagedProfileSchema),
      current: profileNameSchema.optional(),
    }),
  },
  getProfile: {
    method: 'GET',
    path: '/profiles/:name',
    role: 'viewer',
    summary: 'One profile, the newest version unless another is named.',
    params: nameParams,
    query: z.object({ version: z.coerce.number().int().positive().optional() }),
    response: savedProfileSchema,
  },
  listProfileVersions: {
    method: 'GET',
    path: '/profiles/:name/versions',
    role: 'viewer',
    summary: 'All versions of a profile, newest first.',
    params: nameParams,
    response: z.object({ versions: z.array(profileVersionSchema) }),
  },
  saveProfile: {
    method: 'POST',
    path: '/profiles',
    role: 'engineer',
    summary:
      'Saves a new version; its number is counted up here. Refused when somebody saved one since `basedOn`.',
    body: z.object({
      profile: profileInputSchema,
      /** The version it was made from; absent: the name is new. */
      basedOn: z.int().positive().optional(),
      note: z.string().max(200).optional(),
    }),
    response: savedProfileSchema,
  },
  checkProfile: {
    method: 'POST',
    path: '/profiles/check',
    role: 'viewer',
    summary: 'What is wrong with a profile, each finding with its path; saves nothing.',
    body: z.object({ profile: profileInputSchema }),
    response: z.object({ ok: z.boolean(), findings: z.array(findingSchema) }),
  },
  previewProfile: {
    method: 'POST',
    path: '/profiles/preview',
    role: 'viewer',
    summary:
      'What a board would get: NVS rows, image usage, place in flash. Secrets are masked; saves nothing.',
    body: z.object({
      profile: profileInputSchema,
      /** Example board. */
      mac: z.string().max(32).optional(),
      chip: z.string().max(32).optional(),
      /** The flash of an inspected board; absent: 4 MB with the table of ESP-IDF's single-app example. */
      flash: z
        .object({ flashSizeBytes: z.int().nonnegative(), partitions: z.array(partitionSchema).max(96) })
        .optional(),
    }),
    response: previewSchema,
  },
  listSecrets: {
    method: 'GET',
    path: '/secrets',
    role: 'engineer',
    summary:
      'Names of the secrets stored on this station, for use as `file:NAME` in a profile. Their values stay.',
    response: z.object({ secrets: z.array(z.object({ name: z.string(), savedAt: timeSchema })) }),
  },
  putSecret: {
    method: 'PUT',
    path: '/secrets/:name',
    role: 'engineer',
    summary: 'Stores a secret (a Wi-Fi password) on this station, or replaces it. Nothing reads it back.',
    params: secretParams,
    body: z.object({ value: z.string().min(1).max(1024) }),
    response: doneSchema,
  },
  removeSecret: {
    method: 'DELETE',
    path: '/secrets/:name',
    role: 'engineer',
    summary: 'Removes a stored secret.',
    params: secretParams,
    response: doneSchema,
  },
});
