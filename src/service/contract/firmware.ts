// Firmware bundles of the registry: versioned, with a digest, the same bytes at all stations.
import { z } from 'zod';
import { doneSchema, operations, reasonSchema, timeSchema } from './operation.js';

/** 32 MB of flash in base64, and the names around it. */
const BUNDLE_BODY_BYTES = 48 * 1024 * 1024;
const MOST_FILES = 64;

const bundleParams = z.object({
  /** `NAME@VERSION`; where it is only looked at, `NAME` is its newest version. */
  bundle: z.string().min(1).max(200),
});

const bundleSchema = z
  .object({
    name: z.string(),
    version: z.string(),
    /** Lower-case hex SHA-256 over chips, offsets and bytes. */
    digest: z.string(),
    /** `any` where no image says for which chip it is. */
    chips: z.array(z.string()),
    sizeBytes: z.int(),
    /** What goes where. */
    parts: z.array(
      z.object({ chip: z.string().nullable(), name: z.string(), offsetBytes: z.int(), sizeBytes: z.int() }),
    ),
    addedAt: timeSchema,
    addedBy: z.string(),
  })
  .meta({ id: 'FirmwareBundle' });
export type BundleInfo = z.output<typeof bundleSchema>;

export const FIRMWARE_OPERATIONS = operations({
  listFirmware: {
    method: 'GET',
    path: '/firmware',
    role: 'viewer',
    summary: 'All firmware bundles of the registry, newest first.',
    response: z.object({ bundles: z.array(bundleSchema) }),
  },
  showFirmware: {
    method: 'GET',
    path: '/firmware/:bundle',
    role: 'viewer',
    summary: 'One bundle: what goes where.',
    params: bundleParams,
    response: bundleSchema,
  },
  addFirmware: {
    method: 'POST',
    path: '/firmware',
    role: 'engineer',
    bodyLimitBytes: BUNDLE_BODY_BYTES,
    summary:
      'Keeps the firmware of a build, checked: the file that lists the others (flasher_args.json, flash_args, an ESP Web Tools manifest) with all that it names, or one merged image. The same bytes again change nothing.',
    body: z.object({
      files: z
        .array(
          z.object({
            /** As the build has it: `build/bootloader/bootloader.bin`. */
            path: z.string().min(1).max(1024),
            /** Base64. */
            content: z.string().max(BUNDLE_BODY_BYTES),
          }),
        )
        .min(1)
        .max(MOST_FILES),
      /** Default: the name of its project. */
      name: z.string().trim().min(1).max(64).optional(),
      /** Default: the version of its application. */
      version: z.string().trim().min(1).max(64).optional(),
    }),
    response: bundleSchema,
  },
  removeFirmware: {
    method: 'POST',
    path: '/firmware/:bundle/remove',
    role: 'engineer',
    summary: 'Takes a bundle away: no new run gets it. What boards got stays in their history.',
    params: bundleParams,
    body: z.object({ reason: reasonSchema }),
    response: doneSchema,
  },
});
