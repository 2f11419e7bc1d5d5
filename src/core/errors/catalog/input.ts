// Errors in what the user gave: a value, an option, a file, a profile.
import type { Why } from '../../why.js';
import { EXIT, entry } from '../entry.js';

const input = { exit: EXIT.input, http: 400, retryable: false } as const;
/** An empty name, or one with spaces around it, would not show. */
const named = (path: string): string => (/^\S(.*\S)?$/s.test(path) ? path : `"${path}"`);

export const INPUT_ERRORS = {
  INTERNAL: entry<{ reason: string }>({
    exit: EXIT.internal,
    http: 500,
    retryable: false,
    problem: ({ reason }) => `espmint met something it does not handle (${reason})`,
    next: () => 'run it again with --debug and report what it prints',
  }),
  CANCELLED: entry<{ what: string }>({
    exit: EXIT.cancelled,
    http: 409,
    retryable: true,
    problem: ({ what }) => `${what} was stopped on request`,
    next: () => 'run it again when you are ready',
  }),
  INPUT_INVALID: entry<{ field: string; reason: string; hint: string; why?: Why }>({
    ...input,
    problem: ({ field, reason }) => `${field} ${reason}`,
    next: ({ hint }) => hint,
  }),
  FILE_UNREADABLE: entry<{ path: string; reason: string; hint?: string }>({
    ...input,
    problem: ({ path, reason }) => `The file ${named(path)} cannot be read (${reason})`,
    next: ({ hint = 'check its name and permissions' }) => hint,
  }),
  FILE_UNWRITABLE: entry<{ path: string; reason: string; hint?: string }>({
    ...input,
    problem: ({ path, reason }) => `The file ${named(path)} cannot be written (${reason})`,
    next: ({ hint = 'choose another place or free some space' }) => hint,
  }),
  MAC_INVALID: entry<{ text: string; reason: string }>({
    ...input,
    problem: ({ text, reason }) => `"${text}" is not the MAC of a device: ${reason}`,
    next: () => 'give 12 hex digits such as a4:cf:12:34:56:78',
  }),
  UUID_INVALID: entry<{ text: string }>({
    ...input,
    problem: ({ text }) => `"${text}" is not a UUID`,
    next: () => 'give 32 hex digits in the form 110e3dc9-fa05-568f-a05a-98d00891029d',
  }),
  PSK_INVALID: entry<{ reason: string }>({
    ...input,
    problem: ({ reason }) => `The PSK ${reason}`,
    next: () => 'give exactly 32 lower-case hex digits (16 bytes)',
  }),
  CA_URL_INVALID: entry<{ reason: string; why: Why; maxBytes: number }>({
    ...input,
    problem: ({ reason }) => `The CA URL ${reason}`,
    next: () =>
      'give an http or https URL of at most 255 bytes with a host that devices reach, such as https://ca.example.com:8443',
  }),
  WIFI_INVALID: entry<{
    field: 'SSID' | 'password';
    reason: string;
    hint: string;
    why: Why;
    maxBytes: number;
  }>({
    ...input,
    problem: ({ field, reason }) => `The Wi-Fi ${field} ${reason}`,
    next: ({ hint }) => hint,
  }),
  PROFILE_INVALID: entry<{
    file: string;
    line: number;
    column: number;
    path: string;
    reason: string;
    hint: string;
  }>({
    ...input,
    problem: ({ file, line, column, path, reason }) =>
      `${file}:${line}:${column}: ${path === '' ? 'the profile' : path} ${reason}`,
    next: ({ hint }) => hint,
  }),
};
