// Why a station could not join, in words: numbers of IEEE 802.11 and of esp_wifi (wifi_err_reason_t).
import { EspmintError } from '../core/errors/index.js';
import type { JoinWhy } from '../core/why.js';

export interface ReasonText {
  readonly why: JoinWhy;
  /** What happened, as the end of "the board could not join (…)". */
  readonly text: string;
  /** What to do next, an imperative. */
  readonly hint: string;
}

const PASSWORD = 'check the password, letter by letter, and send it again';
const NEAR = 'bring the board nearer to the access point and try again';
const NETWORK = 'check the network name; these chips see 2.4 GHz networks (the ESP32-C5 also 5 GHz)';
const SECURITY = 'check how the network is secured against what the firmware asks for';

/** Of these the password is the usual cause. */
export const WRONG_PASSWORD_REASONS: readonly number[] = [15, 204];

const REASONS: Readonly<Record<number, readonly [JoinWhy, text: string, hint: string]>> = {
  2: ['password', 'authentication expired', 'try again; if it stays so, check the password'],
  3: ['access-point', 'the access point is leaving', 'wait for the access point and try again'],
  4: ['weak-signal', 'the access point let it go for want of traffic, or association timed out', NEAR],
  5: ['access-point', 'the access point has too many stations', 'free a station on the access point'],
  6: ['access-point', 'the access point did not know it as authenticated', 'try again'],
  7: ['access-point', 'the access point did not know it as associated', 'try again'],
  14: ['password', 'message integrity failed', PASSWORD],
  15: ['password', 'wrong password: the 4-way handshake timed out', PASSWORD],
  16: ['weak-signal', 'the group key handshake timed out', NEAR],
  17: ['security', 'the 4-way handshake differs from what was announced', SECURITY],
  23: [
    'user-name',
    '802.1X authentication failed',
    'this network wants a user name: provision it by your own firmware',
  ],
  200: ['weak-signal', 'the beacons of the access point were lost', NEAR],
  201: ['no-network', 'no such network in range', NETWORK],
  202: ['password', 'authentication failed: usually the password', PASSWORD],
  203: ['security', 'association failed', SECURITY],
  204: ['password', 'wrong password, or a weak signal: the handshake timed out', PASSWORD],
  205: ['password', 'the connection failed', PASSWORD],
  208: ['access-point', 'the access point asked it to come back later', 'wait and try again'],
  210: ['security', 'no network of that name has the security that the firmware asks for', SECURITY],
  211: ['security', 'the network is less secure than the firmware allows', SECURITY],
  212: ['weak-signal', 'the signal is weaker than the firmware allows', NEAR],
};

/** @param reason undefined where the log had none */
export function reasonText(reason: number | undefined): ReasonText {
  const [why, known, hint] = (reason === undefined ? undefined : REASONS[reason]) ?? [];
  if (why !== undefined && known !== undefined && hint !== undefined) return { why, text: known, hint };
  return {
    why: 'not-said',
    text: reason === undefined ? 'the firmware did not say why' : `reason ${reason}`,
    hint: 'check network name, password and distance, and try again',
  };
}

/** The board is on another network than the one that it was to join. */
export const elsewhere = (ssid = '', hint: string): ReasonText => ({
  why: 'other-network',
  text: `it is on "${ssid}" instead`,
  hint,
});

export function joinFailed(
  names: { readonly port: string; readonly ssid: string },
  { why, text: reason, hint }: ReasonText,
  cause?: unknown,
): EspmintError {
  return new EspmintError('WIFI_JOIN_FAILED', { ...names, reason, hint, why }, { cause });
}

export function joinUnproven(
  port: string,
  reason: string,
  { why = 'not-said', lastLine = '' }: { readonly why?: JoinWhy; readonly lastLine?: string } = {},
): EspmintError {
  return new EspmintError('WIFI_JOIN_UNPROVEN', { port, reason, why, lastLine });
}
