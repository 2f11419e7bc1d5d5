// Errors of bringing a board onto Wi-Fi at run time: what the board refused, could not do, or never said.
import type { JoinWhy, Why } from '../../why.js';
import { EXIT, entry } from '../entry.js';

const board = { exit: EXIT.board, http: 409, retryable: false } as const;
const link = { exit: EXIT.link, http: 424, retryable: true } as const;

export const WIFI_ERRORS = {
  WIFI_NO_ANSWER: entry<{ port: string; what: string; timeoutMs: number }>({
    ...link,
    problem: ({ port, what, timeoutMs }) => `${port}: no ${what} within ${Math.round(timeoutMs)} ms`,
    next: () =>
      'check that the firmware is running and speaks this protocol at this baud rate, restart the board and try again',
  }),
  WIFI_MODE_UNKNOWN: entry<{ port: string; tried: string }>({
    ...board,
    problem: ({ port, tried }) => `${port}: the board speaks nothing that espmint knows (tried ${tried})`,
    next: () =>
      'restart the board and try again, or write the credentials into its flash ("espmint wifi set --mode nvs")',
  }),
  WIFI_ANSWER_BROKEN: entry<{ port: string; what: string; reason: string }>({
    ...board,
    retryable: true,
    problem: ({ port, what, reason }) => `${port}: the answer to ${what} cannot be used (${reason})`,
    next: () => 'try again; if it happens again, the firmware speaks another version of the protocol',
  }),
  WIFI_REFUSED: entry<{ port: string; what: string; reason: string; hint?: string }>({
    ...board,
    problem: ({ port, what, reason }) => `${port}: the board refused ${what} (${reason})`,
    next: ({ hint = 'check the values, and that the firmware supports this' }) => hint,
  }),
  WIFI_PROOF_REFUSED: entry<{ port: string; reason: string }>({
    ...board,
    problem: ({ port, reason }) => `${port}: the proof of possession was not accepted (${reason})`,
    next: () => "give the one on the device's label with --pop-file, or in ESPMINT_WIFI_POP",
  }),
  WIFI_JOIN_FAILED: entry<{ port: string; ssid: string; reason: string; hint: string; why: JoinWhy }>({
    ...board,
    retryable: true,
    problem: ({ port, ssid, reason }) =>
      `${port}: the board could not join ${ssid === '' ? 'the network' : `"${ssid}"`} (${reason})`,
    next: ({ hint }) => hint,
  }),
  WIFI_JOIN_UNPROVEN: entry<{ port: string; reason: string; lastLine: string; why: JoinWhy }>({
    ...board,
    retryable: true,
    problem: ({ port, reason, lastLine }) =>
      `${port}: nothing proves that the board joined the network (${reason}${lastLine === '' ? '' : `; its last line was "${lastLine}"`})`,
    next: () =>
      'look at the access point for the board, or give it longer (--join-timeout, or wifi.join in the profile) and try again',
  }),
  WIFI_STEP_FAILED: entry<{ port: string; step: string; reason: string; line: string }>({
    ...board,
    retryable: true,
    problem: ({ port, step, reason, line }) =>
      `${port}: step ${step} failed: ${reason}${line === '' ? '' : ` ("${line}")`}`,
    next: () => 'check the command against the firmware, and the values that it was given',
  }),
  WIFI_STEP_TIMEOUT: entry<{ port: string; step: string; timeoutMs: number; lastLine: string }>({
    ...link,
    problem: ({ port, step, timeoutMs, lastLine }) =>
      `${port}: step ${step} had no answer that it expects within ${timeoutMs} ms` +
      (lastLine === '' ? ', and the board printed nothing' : ` (the last line was "${lastLine}")`),
    next: () => 'check the baud rate and that the console is open, or correct what the step expects',
  }),
  WIFI_CONSOLE_SCRIPT_INVALID: entry<{ where: string; reason: string; hint: string }>({
    exit: EXIT.input,
    http: 400,
    retryable: false,
    problem: ({ where, reason }) => `${where} ${reason}`,
    next: ({ hint }) => hint,
  }),
  SMARTCONFIG_NO_ACKNOWLEDGEMENT: entry<{ ssid: string; seconds: number; diagnosis: string }>({
    ...link,
    problem: ({ ssid, seconds, diagnosis }) =>
      `No board acknowledged "${ssid}" within ${seconds} s. ${diagnosis}`,
    next: () =>
      'remove the likeliest cause and send again; the improv, portal and nvs modes do not depend on the air',
  }),
  SMARTCONFIG_SOCKET: entry<{ reason: string }>({
    ...link,
    problem: ({ reason }) => `SmartConfig cannot send (${reason})`,
    next: () =>
      'check the network interface, name its address with --address, and stop other SmartConfig senders',
  }),
  WPS_PIN_INVALID: entry<{ reason: string; why: Why }>({
    exit: EXIT.input,
    http: 400,
    retryable: false,
    problem: ({ reason }) => `The WPS PIN ${reason}`,
    next: () => 'give 8 digits with the right checksum digit, or let `espmint wifi pin` make one',
  }),
  WPS_HOOK_FAILED: entry<{ command: string; reason: string }>({
    ...link,
    problem: ({ command, reason }) => `The command of the access point, ${command}, failed (${reason})`,
    next: () => 'run it by hand to see why, or press the button of the access point instead',
  }),
  WPS_WINDOW_OVER: entry<{ port: string; seconds: number }>({
    ...board,
    retryable: true,
    problem: ({ port, seconds }) => `${port}: the WPS window of ${seconds} s ended without a connection`,
    next: () => 'press the button of the access point within the window, near the board, and try again',
  }),
};
