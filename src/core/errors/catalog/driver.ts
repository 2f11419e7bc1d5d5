// Errors of the link to the board, the loader and the chip.
import { EXIT, entry } from '../entry.js';

const link = { exit: EXIT.link, http: 502, retryable: true } as const;

export const DRIVER_ERRORS = {
  LINK_TIMEOUT: entry<{ port: string; what: string; timeoutMs: number }>({
    ...link,
    problem: ({ port, what, timeoutMs }) =>
      `${port}: no answer to ${what} within ${Math.round(timeoutMs)} ms`,
    next: () => 'check the cable and the power of the board, then try again',
  }),
  LINK_CLOSED: entry<{ port: string; reason: string }>({
    ...link,
    problem: ({ port, reason }) => `${port}: the connection went away (${reason})`,
    next: () => 'plug the board in again and retry',
  }),
  PARTITION_TABLE_INVALID: entry<{ atByte: number; reason: string }>({
    exit: EXIT.board,
    http: 422,
    retryable: false,
    problem: ({ atByte, reason }) =>
      `The partition table in flash ${reason} (at byte ${atByte} of the table)`,
    next: () =>
      'flash the firmware with its partition table first, or give the region with --offset and --force-offset',
  }),
};
