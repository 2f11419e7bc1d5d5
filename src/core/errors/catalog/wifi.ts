// Errors of bringing a board onto Wi-Fi at run time: what the board refused, could not do, or never said.
import type { JoinWhy, Why } from '../../why.js';
import { board, input, link } from '../entry.js';

export const WIFI_ERRORS = {
  WIFI_NO_ANSWER: link<{ port: string; what: string; timeoutMs: number }>({
    problem: ({ port, what, timeoutMs }) => `${port}: no ${what} within ${Math.round(timeoutMs)} ms`,
    next: ({ port }) =>
      port.includes('http:')
        ? 'check that this computer is on the access point of the board and that its firmware is running, restart the board and try again'
        : 'check that the firmware is running and speaks this protocol at this baud rate, restart the board and try again',
  }),
  WIFI_MODE_UNKNOWN: board<{ port: string; tried: string }>({
    problem: ({ port, tried }) => `${port}: the board speaks nothing that espmint knows (tried ${tried})`,
    next: () =>
      'restart the board and try again, or write the credentials into its flash ("espmint wifi set --mode nvs")',
  }),
  WIFI_ANSWER_BROKEN: board<{ port: string; what: string; reason: string }>({
    retryable: true,
    problem: ({ port, what, reason }) => `${port}: the answer to ${what} cannot be used (${reason})`,
    next: () =>
      'try again; if it happens again, the firmware speaks another version of the protocol: use another way (espmint wifi set --mode nvs)',
  }),
  WIFI_REFUSED: board<{ port: string; what: string; reason: string; hint?: string }>({
    problem: ({ port, what, reason }) => `${port}: the board refused ${what} (${reason})`,
    next: ({ hint = 'check the values, and that the firmware supports this' }) => hint,
  }),
  WIFI_PROOF_REFUSED: board<{ port: string; reason: string }>({
    problem: ({ port, reason }) => `${port}: the proof of possession was not accepted (${reason})`,
    next: () => "give the one on the device's label with --pop-file, or in ESPMINT_WIFI_POP",
  }),
  WIFI_JOIN_FAILED: board<{ port: string; ssid: string; reason: string; hint: string; why: JoinWhy }>({
    retryable: true,
    problem: ({ port, ssid, reason }) =>
      `${port}: the board could not join ${ssid === '' ? 'the network' : `"${ssid}"`} (${reason})`,
    next: ({ hint }) => hint,
  }),
  WIFI_JOIN_UNPROVEN: board<{ port: string; reason: string; lastLine: string; why: JoinWhy }>({
    retryable: true,
    problem: ({ port, reason, lastLine }) =>
      `${port}: nothing proves that the board joined the network (${reason}${lastLine === '' ? '' : `; its last line was "${lastLine}"`})`,
    next: () =>
      'look at the access point for the board, or give it longer (--join-timeout, or wifi.join in the profile) and try again',
  }),
  WIFI_STEP_FAILED: board<{ port: string; step: string; reason: string; line: string }>({
    retryable: true,
    problem: ({ port, step, reason, line }) =>
      `${port}: step ${step} failed: ${reason}${line === '' ? '' : ` ("${line}")`}`,
    next: () => 'check the command against the firmware, and the values that it was given',
  }),
  WIFI_STEP_TIMEOUT: link<{ port: string; step: string; timeoutMs: number; lastLine: string }>({
    problem: ({ port, step, timeoutMs, lastLine }) =>
      `${port}: step ${step} had no answer that it expects within ${timeoutMs} ms` +
      (lastLine === '' ? ', and the board printed nothing' : ` (the last line was "${lastLine}")`),
    next: () => 'check the baud rate and that the console is open, or correct what the step expects',
  }),
  WIFI_CONSOLE_SCRIPT_INVALID: input<{ where: string; reason: string; hint: string }>({
    problem: ({ where, reason }) => `${where} ${reason}`,
    next: ({ hint }) => hint,
  }),
  SMARTCONFIG_NO_ACKNOWLEDGEMENT: link<{ ssid: string; seconds: number; diagnosis: string }>({
    problem: ({ ssid, seconds, diagnosis }) =>
      `No board acknowledged "${ssid}" within ${seconds} s. ${diagnosis}`,
    next: () =>
      'remove the likeliest cause and send again; the improv, portal and nvs modes do not depend on the air',
  }),
  SMARTCONFIG_SOCKET: link<{ reason: string }>({
    problem: ({ reason }) => `SmartConfig cannot send (${reason})`,
    next: () =>
      'check the network interface, name its address with --address, and stop other SmartConfig senders',
  }),
  WPS_PIN_INVALID: input<{ reason: string; why: Why }>({
    problem: ({ reason }) => `The WPS PIN ${reason}`,
    next: () => 'give 8 digits with the right checksum digit, or let `espmint wifi pin` make one',
  }),
  WPS_HOOK_FAILED: link<{ command: string; reason: string }>({
    problem: ({ command, reason }) => `The command of the access point, ${command}, failed (${reason})`,
    next: () =>
      'run it by hand to see why, or leave the option for it out and press the button of the access point instead',
  }),
  WPS_WINDOW_OVER: board<{ port: string; seconds: number }>({
    retryable: true,
    problem: ({ port, seconds }) => `${port}: the WPS window of ${seconds} s ended without a connection`,
    next: () => 'press the button of the access point within the window, near the board, and try again',
  }),
};
