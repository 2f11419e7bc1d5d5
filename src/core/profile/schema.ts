// A profile: all that is the same for every board of a product. The schema is types, checks and editor help in one.
import { z } from 'zod';
import { parseMemorySize, parseVersionRange } from '../firmware/version-range.js';
import { UUID_RECIPES } from '../uuid.js';
import { WIFI_MODES } from '../wifi.js';
import {
  CONSOLE_PRESET_NAMES,
  consoleScriptSchema,
  MAX_PATTERNS,
  regularExpression,
} from './console-script.js';
import { isPlaceholder } from './template.js';

const FLASH_SECTOR_BYTES = 0x1000;
const MAX_KEY_CHARS = 15;

const nvsName = z
  .string()
  .regex(/^[\x21-\x7e]+$/, 'must be printable ASCII without blanks')
  .max(MAX_KEY_CHARS, `must have at most ${MAX_KEY_CHARS} characters (the NVS format has no room for more)`);

const sectorMultiple = z
  .int()
  .nonnegative()
  .multipleOf(FLASH_SECTOR_BYTES, `must be a multiple of 0x1000 (a flash sector)`);

/** `file:PATH` (relative to the profile) or `env:NAME`: secrets are never written into a profile. */
const secretReference = z
  .string()
  .regex(
    /^(file:.+|env:[A-Za-z_][A-Za-z0-9_]*)$/,
    'must be a reference, file:PATH or env:NAME, never the secret itself',
  )
  .meta({ description: 'Where the secret is: file:PATH (relative to this profile) or env:NAME.' });

/** Signs of a start that every ESP32 firmware gives; the driver knows how each looks. */
const BOOT_SIGNS = ['banner', 'application', 'got-ip'] as const;

const INTEGER_TYPES = ['u8', 'i8', 'u16', 'i16', 'u32', 'i32', 'u64', 'i64'] as const;

const versionRange = z
  .string()
  .max(64)
  .refine((text) => parseVersionRange(text) !== undefined, {
    message: 'must be a version or a range, for example 2.1 or ">=2.1 <3"',
  });
const memorySize = z
  .string()
  .max(16)
  .refine((text) => parseMemorySize(text.replace(/^>=/, '')) !== undefined, {
    message: 'must be a size, for example 4MB or ">=4MB"',
  });

const row = z
  .strictObject({
    namespace: nvsName.optional().meta({ description: 'Defaults to nvs.namespace.' }),
    key: nvsName,
    type: z.enum([...INTEGER_TYPES, 'string', 'hex', 'base64']),
    value: z.union([z.string(), z.int(), z.bigint()]).meta({
      description:
        'Text may hold {{mac}}, {{macHex}}, {{uuid}}, {{chip}}, {{firmwareVersion}}, {{hardwareRevision}}, {{serial}}.',
    }),
  })
  .meta({ description: 'One further NVS entry.' });

/** A column of a list of values: what each board gets of its own. */
const valueColumn = z.strictObject({
  name: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]{0,31}$/, 'must be a name of letters, digits and _ (at most 32)')
    .refine((name) => !isPlaceholder(name), {
      message: 'must be another name: espmint fills this one by itself',
    }),
  type: z.enum([...INTEGER_TYPES, 'string', 'hex', 'base64']).default('string'),
  width: z.int().min(1).max(508_000).optional().meta({ description: 'Most bytes that a value may have.' }),
  unique: z.boolean().default(false).meta({ description: 'No two rows of the list may have the same.' }),
  secret: z.boolean().default(false).meta({ description: 'Sealed in the registry and masked everywhere.' }),
  label: z.boolean().default(false).meta({
    description: 'With secret: labels may show it, as a setup code that stands on each product.',
  }),
  file: z.boolean().default(false).meta({
    description: 'Cells are paths, relative to the list; the content of the file is taken in at the import.',
  }),
});

const values = z
  .strictObject({
    list: z.string().min(1).max(64).meta({ description: 'Name of the list in the registry.' }),
    match: z.enum(['next', 'mac', 'serial', 'uuid', 'batch', 'scan']).default('next').meta({
      description:
        'A board takes the next free row, the one that names its MAC, serial number or UUID, or the one whose code the operator scanned before; all boards of a batch share the one that names it.',
    }),
    columns: z.array(valueColumn).min(1).max(64),
  })
  .superRefine(({ columns, match }, context) => {
    columns.forEach(({ name }, index) => {
      if (match === 'batch' && name === 'batch')
        context.addIssue({
          code: 'custom',
          path: ['columns', index, 'name'],
          message: 'must be another name: with match: batch this column of the list names the batch',
        });
      if (columns.findIndex((other) => other.name === name) === index) return;
      context.addIssue({
        code: 'custom',
        path: ['columns', index, 'name'],
        message: 'must stand there once',
      });
    });
  });

/** What a region beside the identity holds: rows of an NVS partition, a file, or bytes that are written here. */
const region = z
  .strictObject({
    name: z.string().min(1).max(64).optional().meta({ description: 'For messages; default: its partition.' }),
    partition: z.string().min(1).max(16).optional(),
    offset: sectorMultiple.optional(),
    size: sectorMultiple
      .min(FLASH_SECTOR_BYTES)
      .optional()
      .meta({ description: 'Default: all of its partition, or what the content needs.' }),
    nvs: z
      .strictObject({
        namespace: nvsName.optional(),
        encrypted: z.boolean().optional().meta({
          description:
            'With the key of nvs.encryption: firmware opens it by nvs_flash_secure_init_partition.',
        }),
        rows: z.array(row).min(1),
      })
      .optional()
      .meta({ description: 'A further NVS partition, of its own rows; each may name its namespace.' }),
    file: z
      .string()
      .min(1)
      .max(1024)
      .optional()
      .meta({ description: 'An image: SPIFFS, LittleFS, FAT or raw data, relative to this profile.' }),
    hex: z
      .string()
      .regex(/^([0-9a-fA-F]{2}|\s)+$/, 'must be hex digits')
      .max(16_384)
      .optional(),
    text: z.string().max(16_384).optional().meta({ description: 'Text; it may hold placeholders.' }),
  })
  .superRefine((value, context) => {
    const contents = [value.nvs, value.file, value.hex, value.text].filter((one) => one !== undefined);
    if (contents.length !== 1)
      context.addIssue({ code: 'custom', message: 'must have one of nvs, file, hex and text' });
    if ((value.partition === undefined) === (value.offset === undefined))
      context.addIssue({ code: 'custom', message: 'must name a partition or an offset, one of them' });
  });

/** Firmware with CONFIG_NVS_ENCRYPTION: where the key of a board's NVS is. */
const nvsEncryption = z
  .strictObject({
    scheme: z.enum(['flash', 'hmac']).default('flash').meta({
      description:
        "flash: each board gets a key of its own, in its partition of type nvs_keys. hmac: firmware makes it from a key in the chip's eFuses.",
    }),
    keyPartition: z.string().min(1).max(16).optional().meta({
      description: 'With flash: the name of that partition. Default: the only one.',
    }),
    hmacKey: secretReference.optional().meta({
      description:
        'With hmac: the key that all chips of the product have, 64 hex digits, by file:PATH or env:NAME.',
    }),
    column: z.string().min(1).max(32).optional().meta({
      description:
        'With hmac, instead of hmacKey: the column of the list of values that has the key of each chip.',
    }),
  })
  .superRefine(({ scheme, keyPartition, hmacKey, column }, context) => {
    const refuse = (path: string, message: string): void => {
      context.addIssue({ code: 'custom', path: [path], message });
    };
    if (scheme === 'hmac' && keyPartition !== undefined)
      refuse('keyPartition', 'has no place with scheme hmac, whose key is in the chip');
    if (scheme === 'flash' && (hmacKey !== undefined || column !== undefined))
      refuse(hmacKey === undefined ? 'column' : 'hmacKey', 'belongs to scheme hmac, and the scheme is flash');
    if (scheme === 'hmac' && (hmacKey === undefined) === (column === undefined))
      refuse('hmacKey', 'is needed with scheme hmac, or column in its place');
  })
  .meta({ description: 'The image is encrypted as firmware with NVS encryption reads it (AES-XTS).' });

/** A value that no board may leave with; what is named counts together. */
const absentValue = z
  .strictObject({
    namespace: nvsName.optional(),
    key: nvsName.optional(),
    value: regularExpression.optional().meta({
      description:
        'Only a value that this matches, in RE2 syntax: of a text, a number in base 10, or a blob.',
    }),
  })
  .refine((rule) => Object.values(rule).some((part) => part !== undefined), {
    message: 'must name a namespace, a key or a value',
  });

/** How the boards of a product get onto Wi-Fi (docs/guides/wifi.md). */
const wifi = z
  .strictObject({
    mode: z.enum(WIFI_MODES).default('static').meta({
      description:
        'Credentials in flash; a portal, WPS or SmartConfig that the firmware offers; or handed over in the run, by Improv or on its console.',
    }),
    ssid: z.string().optional(),
    password: secretReference.optional(),
    columns: z
      .strictObject({ ssid: z.string().min(1).max(32), password: z.string().min(1).max(32).optional() })
      .optional()
      .meta({ description: "Each board's own network, by the names of columns of its list of values." }),
    limits: z.enum(['char-array', 'standard']).default('char-array'),
    target: z.enum(['zc', 'net80211', 'both']).default('zc').meta({
      description: "With static: keys of the firmware's own, esp_wifi's store (nvs.net80211), or both.",
    }),
    portal: z
      .strictObject({
        security: z.union([z.literal(0), z.literal(1), z.literal(2)]).default(1),
        username: z.string().min(1).max(64).default('wifiprov'),
      })
      .optional(),
    wps: z.strictObject({ method: z.enum(['pin', 'button']).default('pin') }).optional(),
    smartconfig: z
      .strictObject({
        protocol: z.enum(['v1', 'airkiss', 'both', 'v2']).default('v2'),
        key: secretReference.optional(),
        bssid: z
          .string()
          .regex(/^([0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}$/)
          .optional()
          .meta({
            description:
              'Of a network that is sent in the run: MAC of the access point. Default: the one that the station is joined to.',
          }),
      })
      .optional(),
    console: z
      .strictObject({
        preset: z.enum(CONSOLE_PRESET_NAMES).optional(),
        script: consoleScriptSchema.optional(),
      })
      .refine(({ preset, script }) => preset === undefined || script === undefined, {
        message: 'must name a preset or give a script, not both',
      })
      .optional()
      .meta({
        description: 'With console: a console that is known, or steps of your own. Default: preset zc.',
      }),
    join: z
      .strictObject({
        timeoutMs: z.int().min(1_000).max(120_000).optional().meta({
          description:
            'Default: 30000 for a boot log, 45000 for a hand-over, 90000 for SmartConfig, 120000 for WPS.',
        }),
      })
      .optional()
      .meta({
        description:
          'A board passes only when its boot log proves that it is on the network; for a network that is handed over, how long that may take; with wps, the window is opened in the run.',
      }),
  })
  .superRefine((value, context) => {
    const refuse = (path: string, message: string): void => {
      context.addIssue({ code: 'custom', path: [path], message });
    };
    const { mode, ssid, password, columns, join, target, portal, smartconfig } = value;
    const hasNetwork = ssid !== undefined || columns !== undefined;
    const mustHave = mode === 'static' || mode === 'improv' || mode === 'console';
    if (mustHave && !hasNetwork) refuse('ssid', `is missing, and mode ${mode} needs it`);
    if (columns !== undefined && (ssid !== undefined || password !== undefined))
      refuse('columns', 'stand in place of ssid and password: give the ones or the others');
    if (mode !== 'static' && target !== 'zc') refuse('target', `has no place in mode ${mode}`);
    if (mode === 'wps' && hasNetwork)
      refuse(
        columns === undefined ? 'ssid' : 'columns',
        `has no place in mode ${mode}: the access point gives it`,
      );
    if (ssid === undefined && password !== undefined) refuse('password', 'has no place without an ssid');
    if (!hasNetwork && mode !== 'wps' && join !== undefined)
      refuse('join', `cannot be proven in mode ${mode}: the board has no network yet`);
    if (smartconfig?.bssid !== undefined && !hasNetwork)
      refuse('smartconfig', 'names an access point, and no ssid that is to be sent');
    if (hasNetwork && smartconfig?.protocol === 'airkiss')
      refuse('ssid', 'cannot be sent in the run by AirKiss: use v1 or v2');
    if (mode === 'portal' && hasNetwork && portal?.security === 2) {
      refuse(
        'ssid',
        'cannot be handed over on the console with security 2, whose keys do not fit into a line',
      );
    }
    for (const other of ['portal', 'wps', 'smartconfig', 'console'] as const) {
      if (value[other] !== undefined && mode !== other)
        refuse(other, `belongs to mode ${other}, and the mode is ${mode}`);
    }
  });

export const profileSchema = z
  .strictObject({
    name: z.string().min(1).max(64),
    version: z
      .int()
      .positive()
      .default(1)
      .meta({ description: 'Count it up with every change that boards can see.' }),
    chip: z
      .string()
      .optional()
      .meta({ description: 'Refuse boards with any other chip, for example esp32.' }),
    target: z
      .strictObject({
        partition: z.string().min(1).max(16).optional(),
        offset: sectorMultiple.optional(),
        size: sectorMultiple
          .min(0x1000, 'must be at least 0x1000 (one NVS page)')
          .optional()
          .meta({ description: 'Below 0x3000 only for a partition that the table marks as read-only.' }),
        partitionTableOffset: sectorMultiple.min(0x1000, 'must be at least 0x1000').optional().meta({
          description: 'CONFIG_PARTITION_TABLE_OFFSET of the firmware. Default: it is looked for.',
        }),
      })
      .default({})
      .refine((target) => target.partition === undefined || target.offset === undefined, {
        message: 'must name a partition or an offset, not both',
      })
      .meta({ description: "Where the image goes. Default: the chip's own partition of type data/nvs." }),
    identity: z
      .strictObject({
        recipe: z.enum(UUID_RECIPES).default('rfc9562'),
        namespaceUuid: z.guid().optional(),
      })
      .default({ recipe: 'rfc9562' }),
    nvs: z
      .strictObject({
        mode: z.enum(['replace', 'merge']).default('replace').meta({
          description: 'A fresh image, or keep what other software stored in the NVS partition of the board.',
        }),
        replaceEncrypted: z.boolean().default(false).meta({
          description:
            'Put a plain NVS where the board holds an encrypted one; without it such a board is refused.',
        }),
        namespace: nvsName.default('zc'),
        keys: z
          .strictObject({
            uuid: nvsName.default('global_uuid'),
            psk: nvsName.default('psk_secret'),
            caUrl: nvsName.default('ca_service_url'),
            ssid: nvsName.default('wifi_ssid'),
            password: nvsName.default('wifi_password'),
          })
          .prefault({}),
        rows: z.array(row).default([]),
        encryption: nvsEncryption.optional(),
      })
      .prefault({}),
    caUrl: z.string().optional(),
    wifi: wifi.optional(),
    firmware: z.string().min(1).max(1024).optional().meta({
      description:
        'Flashed with the identity: a file (flasher_args.json, flash_args, an ESP Web Tools manifest or a merged image, relative to this profile), or a bundle of the registry, NAME@VERSION.',
    }),
    values: values.optional().meta({
      description: 'Values of its own for each board, from a list: {{column}} in rows and regions.',
    }),
    regions: z.array(region).max(32).default([]).meta({
      description: 'Written beside the identity, and proven like it: factory data, file systems, raw data.',
    }),
    expect: z
      .strictObject({
        firmware: versionRange.optional().meta({
          description:
            'Version of the application on the board, or of the one that is flashed, for example ">=2.1".',
        }),
        flash: memorySize.optional().meta({ description: 'Size of the flash: 4MB, or ">=4MB".' }),
        psram: memorySize.optional().meta({
          description: 'PSRAM inside the chip package, as its eFuses tell; that of a module is not seen.',
        }),
        revision: versionRange.optional().meta({ description: 'Revision of the chip, for example ">=3.0".' }),
      })
      .optional()
      .meta({ description: 'A board that is not so is refused before anything is written.' }),
    ship: z
      .strictObject({
        absent: z.array(absentValue).min(1).max(100).meta({
          description: 'NVS values that must not be there: networks of the factory, keys of a test.',
        }),
      })
      .optional()
      .meta({ description: 'What `espmint verify` demands of a board that leaves, beside all else here.' }),
    firmwareVersion: z
      .string()
      .max(20)
      .optional()
      .meta({ description: 'Typed, and marked as typed. Default: what the application on the board says.' }),
    hardwareRevision: z.string().max(10).optional(),
    location: z.string().max(100).optional(),
    boot: z
      .strictObject({
        success: z
          .union([z.enum(BOOT_SIGNS), z.strictObject({ pattern: regularExpression })])
          .default('application')
          .meta({
            description: 'What counts as started: a well-known sign, or a line that matches a pattern.',
          }),
        failure: z.array(regularExpression).max(MAX_PATTERNS).default([]),
        timeoutMs: z.int().min(500).max(120_000).default(10_000),
        baud: z.int().min(9600).max(3_000_000).default(115_200),
      })
      .optional()
      .meta({
        description: 'Reads the log after the reset. Without it a board passes without having started.',
      }),
    policy: z
      .strictObject({
        known: z.enum(['keep', 'rotate', 'refuse']).default('keep').meta({
          description: 'A device that is already provisioned: keep its key, make a new one, or refuse.',
        }),
        verify: z.enum(['md5', 'readback']).default('md5').meta({
          description: "The chip's MD5 of the region; readback also reads it and compares key by key.",
        }),
        attempts: z.int().min(1).max(10).default(3),
        baud: z.int().min(9600).max(3_000_000).default(921_600),
        secretsOnLabels: z.boolean().default(false).meta({
          description: 'Whether a label template that asks for it may show the key of a device.',
        }),
      })
      .prefault({}),
  })
  .meta({ title: 'espmint profile', description: 'All that is the same for every board of a product.' });

export type Profile = z.output<typeof profileSchema>;
export type ProfileRow = Profile['nvs']['rows'][number];
export type ProfileRegion = Profile['regions'][number];

/** JSON Schema of a profile file, for editors. */
export function profileJsonSchema(): object {
  return z.toJSONSchema(profileSchema, { io: 'input', target: 'draft-2020-12', unrepresentable: 'any' });
}
