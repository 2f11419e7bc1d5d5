// Errors of stations, batches and labels.
import { inShell } from '../../text.js';
import { EXIT, kind, conflict, input, link, missing } from '../entry.js';
import { counted } from '../../text.js';

export const STATION_ERRORS = {
  BOARD_REMOVED: link<{ port: string }>({
    http: 409,
    problem: ({ port }) => `${port}: the board was unplugged before it was done`,
    next: () => 'plug it in again; it gets the same key',
  }),
  RUN_TIMED_OUT: link<{ port: string; timeoutMs: number }>({
    problem: ({ port, timeoutMs }) =>
      `${port}: the board was not done after ${Math.round(timeoutMs / 1000)} s`,
    next: () => 'unplug it and plug it in again; try another cable if it stays so',
  }),
  BATCH_UNKNOWN: missing<{ batch: string }>({
    problem: ({ batch }) => `There is no batch "${batch}"`,
    next: () => 'look with "espmint batch list"',
  }),
  BATCH_EXISTS: conflict<{ batch: string }>({
    problem: ({ batch }) => `There is a batch "${batch}" already`,
    next: () => 'choose another name',
  }),
  BATCH_NOT_OPEN: conflict<{ batch: string; state: string; reason: string }>({
    problem: ({ batch, state, reason }) =>
      `The batch "${batch}" is ${state}${reason === '' ? '' : ` (${reason})`}`,
    next: ({ batch, state }) =>
      state === 'paused'
        ? `open it again with "espmint batch resume ${inShell(batch)}"`
        : 'choose another batch',
  }),
  BATCH_BUSY: conflict<{ batch: string; quantity: number; reserved: number; held: number }>({
    retryable: true,
    problem: ({ batch, quantity, reserved, held }) =>
      `The last ${reserved} of the ${quantity} boards of the batch "${batch}" are being made now` +
      (held === 0 ? '' : `, or reserved by stations (${held})`),
    next: ({ batch, held }) =>
      'wait until they are done; this board is taken if one of them fails' +
      (held === 0 ? '' : `; "espmint batch show ${inShell(batch)}" tells which station has reserved units`),
  }),
  RESERVED_UNITS_USED_UP: conflict<{ batch: string; units: number }>({
    retryable: true,
    problem: ({ batch, units }) =>
      `The database is out of reach, and this station has reserved no further unit of the batch "${batch}"` +
      ` (${units} are used by boards that wait to be counted)`,
    next: () => 'wait: the board goes on when the database is back; --offline-boards reserves more units',
  }),
  BATCH_OUT_OF_REACH: kind({ exit: EXIT.registry, http: 503, retryable: true })<{
    batch: string;
    reason: string;
  }>({
    problem: ({ batch, reason }) =>
      `This station has reserved no unit of the batch "${batch}", and cannot get one: ${reason}`,
    next: () =>
      'start again when the server is back; boards that are made without the batch meanwhile count when they are plugged in again with it',
  }),
  BATCH_FULL: conflict<{ batch: string; quantity: number }>({
    problem: ({ batch, quantity }) => `The batch "${batch}" has all of its ${counted(quantity, 'board')}`,
    next: ({ batch, quantity }) =>
      `stop here, or ask for more than ${quantity} with "espmint batch resume ${inShell(batch)} --quantity COUNT"`,
  }),
  BATCH_PLACE_LOST: conflict<{ batch: string; mac: string }>({
    problem: ({ batch, mac }) =>
      `${mac}: its place in the batch "${batch}" went to another board while this station was out of reach`,
    next: () => 'put this board aside: it is good and registered, but not part of the batch',
  }),
  BATCH_PROFILE_DIFFERS: conflict<{ batch: string; wanted: string; given: string }>({
    problem: ({ batch, wanted, given }) =>
      `The batch "${batch}" is for the profile ${wanted}, not for ${given}`,
    next: () => 'start the station with that profile',
  }),
  BATCH_IDENTIFIERS_USED_UP: conflict<{ batch: string }>({
    problem: ({ batch }) => `The list of identifiers of the batch "${batch}" is used up`,
    next: ({ batch }) => `import more with "espmint batch import-ids ${inShell(batch)} FILE"`,
  }),
  IDENTIFIERS_INVALID: input<{ file: string; line: number; reason: string }>({
    problem: ({ file, line, reason }) => `${file}:${line}: ${reason}`,
    next: () => 'correct the list; nothing of it was imported',
  }),
  LABEL_INVALID: input<{ file: string; reason: string }>({
    problem: ({ file, reason }) => `The label template ${file} ${reason}`,
    next: () => 'correct it; "espmint help labels" shows how one is written',
  }),
  LABEL_VALUE_MISSING: input<{ mac: string; name: string }>({
    problem: ({ mac, name }) => `The label of ${mac} shows {{${name}}}, and this device has none`,
    next: ({ name }) =>
      `take it out of the template, write {{${name}?}} where it may be empty, or give the device one (serial and lot come from its batch)`,
  }),
  LABEL_VALUE_UNDRAWABLE: input<{ mac: string; name: string; letter: string }>({
    problem: ({ mac, name, letter }) =>
      `The label of ${mac} cannot show ${name}: no font here draws ${letter}`,
    next: () => 'write it with Latin, Greek, Cyrillic, Chinese, Japanese or Korean letters, or leave it out',
  }),
  LABEL_DOES_NOT_FIT: input<{ mac: string; what: string; size: string }>({
    problem: ({ mac, what, size }) => `The label of ${mac} (${size}) has no room for ${what}`,
    next: () => 'say less on it, or take a larger label or a printer with more dots an inch',
  }),
  LABEL_SECRET_REFUSED: input<{ reason: string }>({
    http: 403,
    problem: ({ reason }) => `The label would show the key of the device, and ${reason}`,
    next: () => 'take {{psk}} out, or allow it in both the template and the profile',
  }),
  LABEL_COLUMN_SECRET: input<{ file: string; column: string }>({
    http: 403,
    problem: ({ file, column }) => `The label template ${file} shows the secret column {{${column}}}`,
    next: () => 'take it out, or say label: true beside secret: true at this column in values.columns',
  }),
  LABEL_SCAN_DIFFERS: kind({ exit: EXIT.proof, http: 409, retryable: true })<{
    expected: string;
    scanned: string;
  }>({
    problem: ({ expected, scanned }) =>
      scanned === ''
        ? `No label was scanned in time; the code of this unit is "${expected}"`
        : `The scanned code is "${scanned}", and this unit's is "${expected}"`,
    next: ({ scanned }) =>
      scanned === ''
        ? 'start the board again: its label is printed once more; scan that'
        : "take the wrong label off, and start the board again: this unit's is printed once more; scan that",
  }),
  PRINTER_FAILED: link<{ printer: string; reason: string }>({
    problem: ({ printer, reason }) => `The label printer ${printer} did not take the label (${reason})`,
    next: () => 'look at paper, ribbon and network of the printer, then print again with "espmint label"',
  }),
};
