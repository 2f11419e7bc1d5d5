// The messages of unified provisioning by their field numbers (ESP-IDF: protocomm/proto, wifi_provisioning/proto; the
// component network_provisioning has the same numbers for Wi-Fi). Pure.
import { macText } from '../../core/mac.js';
import { nameOf, securityOf, type SeenNetwork } from '../seen-network.js';
import { encodeMessage, Message, type Fields } from './protobuf.js';

/** Status of every answer. */
export const STATUS_TEXTS: Readonly<Record<number, string>> = {
  1: 'the security scheme does not match',
  2: 'the message is not understood',
  3: 'too many sessions',
  4: 'an argument is not valid',
  5: 'an internal error',
  6: 'the cryptography failed',
  7: 'the session is not valid',
};

/** SessionData: `sec_ver` = 2, and the payload of that version in field 10, 11 or 12. */
export function sessionRequest(version: 0 | 1 | 2, step: number, command: Fields): Uint8Array {
  const commandField = 20 + step;
  const payload = encodeMessage([
    [1, step],
    [commandField, encodeMessage(command)],
  ]);
  return encodeMessage([
    [2, version],
    [10 + version, payload],
  ]);
}

/** What the device says to it: the answer in the field of the step, 21 or 23, and its number, 1 or 3, in `msg` = 1. */
export function sessionAnswer(bytes: Uint8Array, version: 0 | 1 | 2, answerField: number): Message {
  return answerOf(new Message(bytes).message(10 + version), answerField - 20, answerField);
}

/**
 * Zeros and empty messages are left out on the wire: without its kind, an empty answer would say that all went well.
 * @throws RangeError where this is the answer to another request, or none
 */
function answerOf(message: Message, kind: number, field: number): Message {
  if (message.number(1) !== kind) throw new RangeError('it does not say that it answers this');
  return message.message(field);
}

const CONFIG = { getStatus: 0, set: 2, apply: 4 } as const;

export const configGetStatus = (): Uint8Array => request(CONFIG.getStatus, []);
export const configApply = (): Uint8Array => request(CONFIG.apply, []);
export const configSet = (ssid: Uint8Array, passphrase: Uint8Array): Uint8Array =>
  request(CONFIG.set, [
    [1, ssid],
    [2, passphrase.length === 0 ? undefined : passphrase],
  ]);

/** A request of either endpoint: its kind, and the command in the field of that kind. */
function request(type: number, command: Fields): Uint8Array {
  return encodeMessage([
    [1, type],
    [10 + type, encodeMessage(command)],
  ]);
}

/** Status of an answer to set (13) or apply (15). */
export function configStatus(bytes: Uint8Array, what: 'set' | 'apply'): number {
  const kind = 1 + CONFIG[what];
  return answerOf(new Message(bytes), kind, 10 + kind).number(1);
}

export type StationState =
  | {
      readonly state: 'connected';
      readonly address: string;
      readonly ssid?: string | undefined;
      readonly channel?: number | undefined;
    }
  | { readonly state: 'connecting'; readonly attemptsRemaining?: number | undefined }
  | { readonly state: 'disconnected' }
  | { readonly state: 'failed'; readonly reason: 'auth' | 'not-found' | 'unknown' };

/** Answer to get_status: state 0 connected, 1 connecting, 2 disconnected, 3 failed. @returns the status where not 0 */
export function stationState(
  bytes: Uint8Array,
): StationState | { readonly state: 'refused'; readonly status: number } {
  const answer = answerOf(new Message(bytes), 1, 11);
  const status = answer.number(1);
  if (status !== 0) return { state: 'refused', status };
  switch (answer.number(2)) {
    case 0: {
      // A state left out, as in an answer that was cut off, reads as 0.
      if (!answer.has(11)) throw new RangeError('it does not say how the board is connected');
      const connected = answer.message(11);
      const ssid = connected.text(3);
      return {
        state: 'connected',
        address: connected.text(1),
        ssid: ssid === '' ? undefined : ssid,
        channel: connected.number(5) || undefined,
      };
    }
    case 1:
      return {
        state: 'connecting',
        attemptsRemaining: answer.has(12) ? answer.message(12).number(1) : undefined,
      };
    case 2:
      return { state: 'disconnected' };
    default:
      if (!answer.has(10)) return { state: 'failed', reason: 'unknown' };
      return { state: 'failed', reason: answer.number(10) === 0 ? 'auth' : 'not-found' };
  }
}

const SCAN = { start: 0, status: 2, result: 4 } as const;

export const scanStart = (): Uint8Array =>
  request(SCAN.start, [
    [1, 1],
    [3, 5],
    [4, 120],
  ]);
export const scanStatus = (): Uint8Array => request(SCAN.status, []);
export const scanResult = (startIndex: number, count: number): Uint8Array =>
  request(SCAN.result, [
    [1, startIndex],
    [2, count],
  ]);

export function readScanStatus(bytes: Uint8Array): { status: number; finished: boolean; count: number } {
  const message = new Message(bytes);
  const answer = answerOf(message, 3, 13);
  return { status: message.number(2), finished: answer.number(1) !== 0, count: answer.number(2) };
}

/** Of the answer to a start, or to the question for results. */
export function readScanOutcome(bytes: Uint8Array, what: 'start' | 'result'): number {
  const message = new Message(bytes);
  const kind = 1 + SCAN[what];
  answerOf(message, kind, 10 + kind);
  return message.number(2);
}

export function readScanResult(bytes: Uint8Array): SeenNetwork[] {
  return new Message(bytes)
    .message(15)
    .all(1)
    .map((entry) => ({
      ...nameOf(entry.bytes(1)),
      channel: entry.number(2),
      rssi: entry.number(3),
      bssid: macText(entry.bytes(4)),
      secured: entry.number(5) !== 0,
      security: securityOf(entry.number(5)),
    }));
}

/** prov-ctrl: forget a failed try, so that another network can be set without a restart. */
export const controlReset = (): Uint8Array => request(1, []);
