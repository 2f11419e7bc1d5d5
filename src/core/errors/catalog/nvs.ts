// Errors of the NVS codec.
import { EXIT, entry } from '../entry.js';

const input = { exit: EXIT.input, http: 400, retryable: false } as const;

export const NVS_ERRORS = {
  NVS_SIZE_INVALID: entry<{ sizeBytes: number }>({
    ...input,
    problem: ({ sizeBytes }) => `${sizeBytes} bytes is not a size that an NVS partition can have`,
    next: () => 'give a multiple of 4096 (0x1000), at least 0x3000 for a partition that the device writes to',
  }),
  NVS_VALUE_INVALID: entry<{ where: string; reason: string; hint: string }>({
    ...input,
    problem: ({ where, reason }) => `${where} ${reason}`,
    next: ({ hint }) => hint,
  }),
  NVS_CSV_INVALID: entry<{ file: string; line: number; column: number; reason: string; hint: string }>({
    ...input,
    problem: ({ file, line, column, reason }) => `${file}:${line}:${column}: ${reason}`,
    next: ({ hint }) => hint,
  }),
  NVS_CSV_DOUBTFUL: entry<{ file: string; line: number; column: number; message: string }>({
    ...input,
    problem: ({ file, line, column, message }) => `${file}:${line}:${column}: ${message}`,
    next: () => 'correct the line, or read it without --strict',
  }),
  NVS_FULL: entry<{ where: string; sizeBytes: number }>({
    ...input,
    problem: ({ where, sizeBytes }) => `${where} does not fit: the partition of ${sizeBytes} bytes is full`,
    next: () => 'make the partition larger or store less',
  }),
  NVS_KEY_INVALID: entry<{ what: string; reason: string; hint: string }>({
    ...input,
    problem: ({ what, reason }) => `${what} ${reason}`,
    next: ({ hint }) => hint,
  }),
  NVS_KEY_WRONG: entry<Record<never, never>>({
    ...input,
    problem: () => 'No entry of the image can be read with this key',
    next: () => 'give the key that the image was encrypted with',
  }),
  NVS_ENCRYPTED: entry<{ what: string }>({
    ...input,
    problem: ({ what }) => `${what} is encrypted`,
    next: () => 'decrypt it first (espmint nvs decrypt)',
  }),
  NVS_NOT_ENCRYPTED: entry<{ what: string }>({
    ...input,
    problem: ({ what }) => `${what} is not encrypted: its entries can be read as they are`,
    next: () => 'use it as it is',
  }),
  NVS_MERGE_LOSS: entry<{ lost: readonly string[] }>({
    ...input,
    problem: ({ lost }) => `The image holds values that cannot be read and would be lost: ${lost.join(', ')}`,
    next: () =>
      'write the whole partition anew (--nvs-mode replace); with espmint nvs merge, set them in the CSV, remove them by name (--remove), or let them go (--allow-loss)',
  }),
  NVS_CROSS_CHECK_MISSING: entry<Record<never, never>>({
    ...input,
    problem: () => "Espressif's NVS generator was not found for the cross-check",
    next: () =>
      'install it (pip install esp-idf-nvs-partition-gen), name its Python in ESPMINT_PYTHON, or leave out --cross-check',
  }),
  NVS_CROSS_CHECK_DIFFERS: entry<{ reason: string }>({
    exit: EXIT.proof,
    http: 500,
    retryable: false,
    problem: ({ reason }) => `Espressif's NVS generator does not agree with espmint: ${reason}`,
    next: () => 'do not use the image; report the rows without their secrets',
  }),
  NVS_MASS_CHANGED: entry<{ row: number; manifest: string }>({
    ...input,
    problem: ({ row, manifest }) =>
      `Device ${row} is not the one that ${manifest} lists: the inputs have changed`,
    next: () => 'go on with the same files and options, or choose an empty folder',
  }),
  NVS_MASS_EXISTS: entry<{ file: string; line: number; path: string }>({
    ...input,
    problem: ({ file, line, path }) => `${file}:${line}: ${path} exists already`,
    next: () => 'give each device a name of its own, or choose an empty folder',
  }),
};
