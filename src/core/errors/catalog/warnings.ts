// Warnings: what is worth knowing and ends nothing. Rows of the table of codes, as errors are.
import { hex } from '../../text.js';
import type { ErrorCode } from '../catalog.js';

export interface WarningEntry<D> {
  /** What is the case and where, without a full stop. */
  readonly problem: (details: D) => string;
  /** What to do about it: an imperative, lower case, without a full stop. */
  readonly next: (details: D) => string;
}

/** Gives a row its details type. */
function entry<D>(row: WarningEntry<D>): WarningEntry<D> {
  return row;
}

export const WARNINGS = {
  BAUD_LOWERED: entry<{ port: string; from: number; to: number; reason: string }>({
    problem: ({ port, from, to, reason }) =>
      `${port}: the link fails at ${from} baud (${reason}); going on at ${to}`,
    next: () => 'change the cable if this comes often',
  }),
  STEP_REPEATED: entry<{ port: string; what: string; reason: string }>({
    problem: ({ port, what, reason }) => `${port}: ${what} is repeated (${reason})`,
    next: () => 'change the cable if this comes often',
  }),
  NO_PARTITION_TABLE: entry<{ port: string; offset: number; size: number }>({
    problem: ({ port, offset, size }) =>
      `${port}: the flash has no partition table yet; the image goes to ${hex(offset)}, ${hex(size)} bytes`,
    next: () => 'make sure that the firmware has its NVS partition there',
  }),
  PARTITION_NOT_FILLED: entry<{
    port: string;
    offset: number;
    size: number;
    partition: string;
    partitionOffset: number;
    partitionSize: number;
  }>({
    problem: ({ port, offset, size, partition, partitionOffset, partitionSize }) =>
      `${port}: the image covers ${hex(size)} bytes at ${hex(offset)} of the NVS partition "${partition}" ` +
      `(${hex(partitionSize)} bytes at ${hex(partitionOffset)}): the firmware reads the rest of it too`,
    next: () => 'leave --offset and --size out, unless the rest is meant to stay',
  }),
  OFFSET_FORCED: entry<{ port: string }>({
    problem: ({ port }) => `${port}: written against the partition table at your own risk (--force-offset)`,
    next: () => 'make sure that the firmware reads its NVS there',
  }),
  NVS_VALUES_LOST: entry<{ port: string; lost: readonly string[] }>({
    problem: ({ port, lost }) =>
      `${port}: the NVS partition holds values that this image does not, and they are gone with it: ${lost.join(', ')}`,
    next: () => 'use --nvs-mode merge where they have to stay',
  }),
  RESERVATION_SETTLED: entry<{ mac: string; startedAt: string }>({
    problem: ({ mac, startedAt }) =>
      `${mac} holds what an interrupted attempt wrote at ${startedAt}; its key is current now`,
    next: () => 'go on: the registry agrees with the board',
  }),
  WRITE_NOT_PROVEN: entry<{ port: string }>({
    problem: ({ port }) =>
      `${port}: Secure Download Mode: the ROM took the image, but nothing can be read back to prove it`,
    next: () => 'rely on the boot check alone: it shows what the firmware has read',
  }),
  SMARTCONFIG_READABLE: entry<{ protocol: 'v1' | 'v2' }>({
    problem: () => 'The password can be read by everybody in radio range while this sends',
    next: ({ protocol }) =>
      `${protocol === 'v1' ? 'use --protocol v2 with --key-file' : 'give --key-file'} where the firmware can`,
  }),
  WPS_WINDOW_OPEN: entry<{ port: string; reason: string }>({
    problem: ({ port, reason }) => `${port}: the WPS window of the access point was not closed (${reason})`,
    next: () => 'close it there, or let nobody near for two minutes: it lets in whoever comes first',
  }),
  WIFI_UNPROTECTED: entry<{ port: string }>({
    problem: ({ port }) => `${port}: this device takes credentials unencrypted (security 0)`,
    next: () => 'build its firmware with security 1 or 2',
  }),
  WIFI_NONCE_REUSED: entry<{ port: string }>({
    problem: ({ port }) =>
      `${port}: this firmware encrypts every message with the same nonce (security 2, patch 0)`,
    next: () => 'update the firmware',
  }),
};

export type WarningCode = keyof typeof WARNINGS;
export type WarningDetails<C extends WarningCode> =
  (typeof WARNINGS)[C] extends WarningEntry<infer D> ? D : never;

export interface Warning {
  /** A refusal that was turned into a warning, or a failed attempt that another follows, keeps the code of its error. */
  readonly code: WarningCode | ErrorCode;
  /** One sentence: what is the case and where, and what to do about it. Never a secret. */
  readonly message: string;
}

export type OnWarning = (warning: Warning) => void;

export function warningOf<C extends WarningCode>(code: C, details: WarningDetails<C>): Warning {
  const row = WARNINGS[code] as unknown as WarningEntry<WarningDetails<C>>;
  return { code, message: `${row.problem(details)}; ${row.next(details)}.` };
}
