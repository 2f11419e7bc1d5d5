// Errors of the provisioning flow: the board's flash layout does not allow what was asked.
import { hex } from '../../text.js';
import { EXIT, kind, board, input } from '../entry.js';
import { counted } from '../../text.js';

export const PROVISION_ERRORS = {
  PARTITION_NOT_FOUND: board<{
    port: string;
    wanted: string;
    present: string;
    /** Such as "--partition nvs"; empty where no partition of the board would do. */
    choice: string;
  }>({
    problem: ({ port, wanted, present }) =>
      `${port}: the partition table has no ${wanted} (it has: ${present})`,
    next: ({ choice }) =>
      `${choice === '' ? '' : `choose ${choice}, or `}flash the firmware whose partition table has it first`,
  }),
  PARTITION_AMBIGUOUS: board<{ port: string; names: string; type: string; setting: string }>({
    problem: ({ port, names, type }) =>
      `${port}: the partition table has several partitions of type ${type} (${names})`,
    next: ({ setting }) => `choose one with ${setting}`,
  }),
  IMAGE_DOES_NOT_FIT: board<{
    port: string;
    imageBytes: number;
    offset: number;
    partition: string;
    endOffset: number;
  }>({
    problem: ({ port, imageBytes, offset, partition, endOffset }) =>
      `${port}: an image of ${hex(imageBytes)} bytes at ${hex(offset)} would run past the NVS partition "${partition}", which ends at ${hex(endOffset)}`,
    next: ({ offset, endOffset }) => `use --size ${hex(Math.max(endOffset - offset, 0))} or leave --size out`,
  }),
  REGION_NOT_NVS: board<{ port: string; offset: number; size: number; holds: string }>({
    problem: ({ port, offset, size, holds }) =>
      `${port}: the region ${hex(offset)} + ${hex(size)} is not in an NVS partition but in ${holds}`,
    next: () =>
      'leave --offset and --partition out to use the NVS partition of the board, or add --force-offset if you are sure',
  }),
  REGION_INVALID: board<{ port: string; offset: number; size: number; reason: string }>({
    problem: ({ port, offset, size, reason }) =>
      `${port}: the region ${hex(offset)} + ${hex(size)} ${reason}`,
    next: () => 'choose another --offset and --size',
  }),
  PROFILE_REGION_INVALID: board<{ port: string; region: string; reason: string; hint: string }>({
    problem: ({ port, region, reason }) => `${port}: ${region} of the profile ${reason}`,
    next: ({ hint }) => hint,
  }),
  REGION_IN_USE: board<{ port: string; offset: number; size: number; at: number }>({
    problem: ({ port, offset, size, at }) =>
      `${port}: the region ${hex(offset)} + ${hex(size)} holds data that is no NVS (at ${hex(at)}), and no partition table says whose it is`,
    next: () =>
      'flash the firmware with its partition table first; or choose another region with --offset and --size; or add --force-offset if that data may go',
  }),
  NVS_REGION_SHARED: board<{ port: string; partition: string; reason: string }>({
    problem: ({ port, partition, reason }) =>
      `${port}: the region is not all of the NVS partition "${partition}", and with what stands in the rest of it the firmware might read something else: ${reason}`,
    next: () =>
      'leave --offset and --size out (in the profile: target.offset and target.size), so that the whole partition is written; --nvs-mode merge keeps its other values',
  }),
  NVS_REGION_ENCRYPTED: board<{ port: string; offset: number; size: number; sign: string }>({
    problem: ({ port, offset, size, sign }) =>
      `${port}: the firmware of this board seems to keep its NVS encrypted (${hex(offset)} + ${hex(size)}: ${sign}), and would read nothing from a plain one`,
    next: () =>
      'if its firmware reads a plain NVS, put one there with --replace-encrypted-nvs and --nvs-mode replace (nvs.replaceEncrypted in the profile)',
  }),
  READBACK_MISMATCH: kind({ exit: EXIT.proof, http: 424, retryable: true })<{
    port: string;
    keys: readonly string[];
  }>({
    problem: ({ port, keys }) => `${port}: the flash, read back, differs in ${keys.join(', ')}`,
    next: () => 'write it again; if it stays so, take this board out and report the names of these keys',
  }),
  WRITTEN_UNPROVEN: kind({ exit: EXIT.proof, http: 424, retryable: false })<{ port: string; reason: string }>(
    {
      problem: ({ port, reason }) =>
        `${port}: the image was written, but Secure Download Mode lets nothing prove it, ${reason}`,
      next: () =>
        'its key stays reserved: let the firmware print the UUID that it found, make that line the boot check of the profile, and run this board again',
    },
  ),
  CHIP_UNEXPECTED: board<{ port: string; expected: string; found: string }>({
    problem: ({ port, expected, found }) =>
      `${port}: this board has an ${found}, the profile is for ${expected}`,
    next: () => 'put it aside, or choose the profile for this product',
  }),
  FIRMWARE_INVALID: input<{ file: string; reason: string; hint: string }>({
    problem: ({ file, reason }) => `The firmware file ${file} ${reason}`,
    next: ({ hint }) => hint,
  }),
  FIRMWARE_NOT_FOR_BOARD: board<{ port: string; what: string; reason: string; hint: string }>({
    problem: ({ port, what, reason }) => `${port}: ${what} ${reason}`,
    next: ({ hint }) => hint,
  }),
  BOARD_NOT_AS_EXPECTED: board<{ port: string; unmet: readonly string[] }>({
    problem: ({ port, unmet }) => `${port}: the profile expects ${unmet.join('; ')}`,
    next: () =>
      'put the board aside, flash the firmware that the profile expects, or change `expect` in the profile',
  }),
  BOARD_CHECK_FAILED: board<{ port: string; count: number; points?: readonly string[] }>({
    problem: ({ port, count, points = [] }) =>
      `${port}: the board differs in ${counted(count, 'point')} from what it must be, and may not leave${points.length === 0 ? '' : ` (${points.join('; ')})`}`,
    next: () => 'do what stands with each point of the list, then check the board again',
  }),
  FLASH_PARTS_OVERLAP: input<{ one: string; other: string }>({
    problem: ({ one, other }) => `${one} and ${other} would lie in the same flash`,
    next: () =>
      'give each a place of its own: in the partition table, in target, or in regions of the profile',
  }),
  FLASH_ENCRYPTED: board<{ port: string }>({
    problem: ({ port }) =>
      `${port}: flash encryption is on, so the firmware would not read a plain NVS image`,
    next: () =>
      'provision boards before their flash encryption is switched on, or take a board where it is off',
  }),
  IDENTITY_FOR_ONE_BOARD: input<{ option: string }>({
    problem: ({ option }) => `${option} belongs to one board, but several ports were given`,
    next: () => 'give one --port, or leave the option out',
  }),
};
