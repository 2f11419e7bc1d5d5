// Why a station could not join, in words: numbers of IEEE 802.11 and of esp_wifi (wifi_err_reason_t).

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

const REASONS: Readonly<Record<number, ReasonText>> = {
  2: {
    why: 'password',
    text: 'authentication expired',
    hint: 'try again; if it stays so, check the password',
  },
  3: {
    why: 'access-point',
    text: 'the access point is leaving',
    hint: 'wait for the access point and try again',
  },
  4: {
    why: 'weak-signal',
    text: 'the access point let it go for want of traffic, or association timed out',
    hint: NEAR,
  },
  5: {
    why: 'access-point',
    text: 'the access point has too many stations',
    hint: 'free a station on the access point',
  },
  6: { why: 'access-point', text: 'the access point did not know it as authenticated', hint: 'try again' },
  7: { why: 'access-point', text: 'the access point did not know it as associated', hint: 'try again' },
  14: { why: 'password', text: 'message integrity failed', hint: PASSWORD },
  15: { why: 'password', text: 'wrong password: the 4-way handshake timed out', hint: PASSWORD },
  16: { why: 'weak-signal', text: 'the group key handshake timed out', hint: NEAR },
  17: { why: 'security', text: 'the 4-way handshake differs from what was announced', hint: SECURITY },
  23: {
    why: 'user-name',
    text: '802.1X authentication failed',
    hint: 'this network wants a user name: provision it by your own firmware',
  },
  200: { why: 'weak-signal', text: 'the beacons of the access point were lost', hint: NEAR },
  201: { why: 'no-network', text: 'no such network in range', hint: NETWORK },
  202: { why: 'password', text: 'authentication failed: usually the password', hint: PASSWORD },
  203: { why: 'security', text: 'association failed', hint: SECURITY },
  204: { why: 'password', text: 'wrong password, or a weak signal: the handshake timed out', hint: PASSWORD },
  205: { why: 'password', text: 'the connection failed', hint: PASSWORD },
  208: {
    why: 'access-point',
    text: 'the access point asked it to come back later',
    hint: 'wait and try again',
  },
  210: {
    why: 'security',
    text: 'no network of that name has the security that the firmware asks for',
    hint: SECURITY,
  },
  211: { why: 'security', text: 'the network is less secure than the firmware allows', hint: SECURITY },
  212: { why: 'weak-signal', text: 'the signal is weaker than the firmware allows', hint: NEAR },
};

/** @param reason undefined where the log had none */
export function reasonText(reason: number | undefined): ReasonText {
  const known = reason === undefined ? undefined : REASONS[reason];
  if (known !== undefined) return known;
  return {
    why: 'not-said',
    text: reason === undefined ? 'the firmware did not say why' : `reason ${reason}`,
    hint: 'check network name, password and distance, and try again',
  };
}
