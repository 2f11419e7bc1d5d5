// A network as a board sees it, and what espmint can and cannot do about it. Pure.
import { bytesToHex } from '@noble/hashes/utils.js';
import type { NetworkSecurity } from '../core/wifi.js';

export interface SeenNetwork {
  /** As text; of a name that is no UTF-8 with U+FFFD in place of the bytes that are none. */
  readonly ssid: string;
  /** Of a name that is no UTF-8 text: its bytes, lower-case hex. */
  readonly ssidHex?: string | undefined;
  /** dBm; absent where the board gave no number. */
  readonly rssi?: number | undefined;
  readonly secured: boolean;
  /** How, where the board says more than that. */
  readonly security?: NetworkSecurity | undefined;
  readonly channel?: number | undefined;
  readonly bssid?: string | undefined;
}

/** A name as the air has it: 1 to 32 bytes, which need not be text. */
export function nameOf(bytes: Uint8Array): Pick<SeenNetwork, 'ssid' | 'ssidHex'> {
  try {
    return { ssid: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes) };
  } catch {
    return { ssid: new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes), ssidHex: bytesToHex(bytes) };
  }
}

/** By number of wifi_auth_mode_t, which later versions only add to. */
const SECURITIES: readonly NetworkSecurity[] = [
  'open',
  'WEP',
  'WPA',
  'WPA2',
  'WPA/WPA2',
  '802.1X',
  'WPA3',
  'WPA2/WPA3',
  'other',
  'OWE',
  '802.1X',
];
export const securityOf = (auth: number): NetworkSecurity => SECURITIES[auth] ?? 'other';

/** What somebody has to know before the network is given to a board; undefined where nothing is special. */
export function cautionOf({ ssidHex, security }: SeenNetwork): string | undefined {
  if (ssidHex !== undefined)
    return `its name is no UTF-8 text (bytes ${ssidHex}), so espmint cannot give it to a board: rename the network`;
  switch (security) {
    case '802.1X':
      return 'wants a user name or a certificate (802.1X): no way of espmint carries one, so give it to your firmware in NVS rows of your own';
    case 'WPA3':
      return 'is WPA3 only: it takes no WPS, no SmartConfig of old firmware and no raw key of 64 hex digits';
    case 'WEP':
      return 'is WEP, which firmware refuses by default: secure it by WPA2 or WPA3';
    default:
      return undefined;
  }
}

/** One entry a name: the strongest. A hidden network says no name: it is typed where it is wanted. */
export function strongestFirst(networks: readonly SeenNetwork[]): SeenNetwork[] {
  const strength = ({ rssi = -200 }: SeenNetwork): number => rssi;
  const best = new Map<string, SeenNetwork>();
  for (const network of networks) {
    const name = network.ssidHex ?? network.ssid;
    const known = best.get(name);
    if (network.ssid === '' || /^\0+$/.test(network.ssid)) continue;
    if (known === undefined || strength(network) > strength(known)) best.set(name, network);
  }
  return [...best.values()].sort((a, b) => strength(b) - strength(a));
}
