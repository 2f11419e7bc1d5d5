// Errors in what the user gave: a value, an option, a file, a profile.
import type { Why } from '../../why.js';
import { EXIT, kind, input } from '../entry.js';

/** An empty name, or one with spaces around it, would not show. */
const named = (path: string): string => (/^\S(.*\S)?$/s.test(path) ? path : `"${path}"`);

export const INPUT_ERRORS = {
  INTERNAL: kind({ exit: EXIT.internal, http: 500, retryable: false })<{ reason: string }>({
    problem: ({ reason }) => `espmint met something it does not handle (${reason})`,
    next: () => 'run it again with --debug and report what it prints',
  }),
  CANCELLED: kind({ exit: EXIT.cancelled, http: 409, retryable: true })<{ what: string }>({
    problem: ({ what }) => `${what} was stopped on request`,
    next: () => 'run it again when you are ready',
  }),
  INPUT_INVALID: input<{ field: string; reason: string; hint: string; why?: Why }>({
    problem: ({ field, reason }) => `${field} ${reason}`,
    next: ({ hint }) => hint,
  }),
  FILE_UNREADABLE: input<{ path: string; reason: string; hint?: string }>({
    problem: ({ path, reason }) => `The file ${named(path)} cannot be read (${reason})`,
    next: ({ hint = 'check its name and permissions' }) => hint,
  }),
  FILE_UNWRITABLE: input<{ path: string; reason: string; hint?: string }>({
    problem: ({ path, reason }) => `The file ${named(path)} cannot be written (${reason})`,
    next: ({ hint = 'choose another place or free some space' }) => hint,
  }),
  MAC_INVALID: input<{ text: string; reason: string }>({
    problem: ({ text, reason }) => `"${text}" is not the MAC of a device: ${reason}`,
    next: () => 'give 12 hex digits such as a4:cf:12:34:56:78',
  }),
  UUID_INVALID: input<{ text: string }>({
    problem: ({ text }) => `"${text}" is not a UUID`,
    next: () => 'give 32 hex digits in the form 110e3dc9-fa05-568f-a05a-98d00891029d',
  }),
  PSK_INVALID: input<{ reason: string }>({
    problem: ({ reason }) => `The PSK ${reason}`,
    next: () => 'give exactly 32 lower-case hex digits (16 bytes)',
  }),
  CA_URL_INVALID: input<{ reason: string; why: Why; maxBytes: number }>({
    problem: ({ reason }) => `The CA URL ${reason}`,
    next: () =>
      'give an http or https URL of at most 255 bytes with a host that devices reach, such as https://ca.example.com:8443',
  }),
  WIFI_INVALID: input<{
    field: 'SSID' | 'password';
    reason: string;
    hint: string;
    why: Why;
    maxBytes: number;
  }>({
    problem: ({ field, reason }) => `The Wi-Fi ${field} ${reason}`,
    next: ({ hint }) => hint,
  }),
  PROFILE_INVALID: input<{
    file: string;
    line: number;
    column: number;
    path: string;
    reason: string;
    hint: string;
  }>({
    problem: ({ file, line, column, path, reason }) =>
      `${file}:${line}:${column}: ${path === '' ? 'the profile' : path} ${reason}`,
    next: ({ hint }) => hint,
  }),
};
