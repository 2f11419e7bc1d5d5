// Errors of the NVS codec.
import { EXIT, kind, input } from '../entry.js';

export const NVS_ERRORS = {
  NVS_SIZE_INVALID: input<{ sizeBytes: number }>({
    problem: ({ sizeBytes }) => `${sizeBytes} bytes is not a size that an NVS partition can have`,
    next: () => 'give a multiple of 4096 (0x1000), at least 0x3000 for a partition that the device writes to',
  }),
  NVS_VALUE_INVALID: input<{ where: string; reason: string; hint: string }>({
    problem: ({ where, reason }) => `${where} ${reason}`,
    next: ({ hint }) => hint,
  }),
  NVS_CSV_INVALID: input<{ file: string; line: number; column: number; reason: string; hint: string }>({
    problem: ({ file, line, column, reason }) => `${file}:${line}:${column}: ${reason}`,
    next: ({ hint }) => hint,
  }),
  NVS_CSV_DOUBTFUL: input<{ file: string; line: number; column: number; message: string }>({
    problem: ({ file, line, column, message }) => `${file}:${line}:${column}: ${message}`,
    next: () => 'correct the line, or read it without --strict',
  }),
  NVS_FULL: input<{ where: string; sizeBytes: number }>({
    problem: ({ where, sizeBytes }) => `${where} does not fit: the partition of ${sizeBytes} bytes is full`,
    next: () => 'make the partition larger or store less',
  }),
  NVS_KEY_INVALID: input<{ what: string; reason: string; hint: string }>({
    problem: ({ what, reason }) => `${what} ${reason}`,
    next: ({ hint }) => hint,
  }),
  NVS_KEY_WRONG: input({
    problem: () => 'No entry of the image can be read with this key',
    next: () => 'give the key that the image was encrypted with',
  }),
  NVS_ENCRYPTED: input<{ what: string }>({
    problem: ({ what }) => `${what} is encrypted`,
    next: () => 'decrypt it first (espmint nvs decrypt)',
  }),
  NVS_NOT_ENCRYPTED: input<{ what: string }>({
    problem: ({ what }) => `${what} is not encrypted: its entries can be read as they are`,
    next: () => 'use it as it is',
  }),
  NVS_MERGE_LOSS: input<{ lost: readonly string[] }>({
    problem: ({ lost }) => `The image holds values that cannot be read and would be lost: ${lost.join(', ')}`,
    next: () =>
      'write the whole partition anew (--nvs-mode replace); with espmint nvs merge, set them in the CSV, remove them by name (--remove), or let them go (--allow-loss)',
  }),
  NVS_CROSS_CHECK_MISSING: input({
    problem: () => "Espressif's NVS generator was not found for the cross-check",
    next: () =>
      'install it (pip install esp-idf-nvs-partition-gen), name its Python in ESPMINT_PYTHON, or leave out --cross-check',
  }),
  NVS_CROSS_CHECK_DIFFERS: kind({ exit: EXIT.proof, http: 500, retryable: false })<{ reason: string }>({
    problem: ({ reason }) => `Espressif's NVS generator does not agree with espmint: ${reason}`,
    next: () => 'do not use the image; report the rows without their secrets',
  }),
  NVS_MASS_CHANGED: input<{ row: number; manifest: string }>({
    problem: ({ row, manifest }) =>
      `Device ${row} is not the one that ${manifest} lists: the inputs have changed`,
    next: () => 'go on with the same files and options, or choose an empty folder',
  }),
  NVS_MASS_EXISTS: input<{ file: string; line: number; path: string }>({
    problem: ({ file, line, path }) => `${file}:${line}: ${path} exists already`,
    next: () => 'give each device a name of its own, or choose an empty folder',
  }),
};
