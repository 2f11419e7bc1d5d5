// The networks around a virtual board, and how it fares when it tries to join one.
import { pbkdf2Sync } from 'node:crypto';

export interface VirtualNetwork {
  readonly ssid: string;
  /** In a scan these bytes stand in place of the name: a name need not be UTF-8. */
  readonly ssidHex?: string;
  /** It says no name in a scan. */
  readonly hidden?: boolean;
  /** Of wifi_auth_mode_t; default 3 (WPA2), or 0 without a password. 5 wants a user name, which no board here has. */
  readonly auth?: number;
  /** Empty or absent: open. */
  readonly password?: string;
  readonly rssi?: number;
  readonly channel?: number;
}

/** How a board's Wi-Fi misbehaves. */
export const WIFI_FAULTS = {
  slow: 'joining takes three seconds',
  rejects: 'the firmware refuses every network',
  drops: 'every second answer of the firmware is lost',
  closes: 'the connection ends in the middle of joining',
  'no-address': 'the board joins and gets no address',
  silent: 'the firmware never says how it went',
  noisy: 'log lines with colours run through all that the firmware says',
} as const;
export type WifiFault = keyof typeof WIFI_FAULTS;

/** What a board finds around it, and what its firmware was made with. */
export interface VirtualWifi {
  readonly networks?: readonly VirtualNetwork[];
  readonly fault?: WifiFault;
  /** Of unified provisioning: 0, 1 or 2. */
  readonly security?: 0 | 1 | 2;
  readonly securityPatch?: 0 | 1;
  /** Proof of possession; empty: the firmware wants none. A value in NVS wins. */
  readonly proof?: string;
  readonly username?: string;
}

const DEFAULT_NETWORKS: readonly VirtualNetwork[] = [
  { ssid: 'Lab', password: 'lab-password', rssi: -48, channel: 6 },
  { ssid: 'Factory Floor', password: 'correct horse battery', rssi: -61, channel: 11 },
  { ssid: 'Guests', rssi: -70, channel: 1 },
];

/** Its name as a scan has it. */
export const scannedName = ({ ssid, ssidHex, hidden }: VirtualNetwork): Buffer =>
  hidden === true ? Buffer.alloc(0) : ssidHex === undefined ? Buffer.from(ssid) : Buffer.from(ssidHex, 'hex');

export const authOf = ({ auth, password = '' }: VirtualNetwork): number => auth ?? (password === '' ? 0 : 3);

export interface JoinAttempt {
  readonly ssid: string;
  readonly password: string;
}

export type JoinOutcome =
  | { readonly joined: true; readonly address: string; readonly bssid: string; readonly channel: number }
  /** Reason of esp_wifi: 15 handshake timeout, 201 no such network, 0 no address. */
  | { readonly joined: false; readonly reason: number; readonly channel: number };

/** The air of one board. */
export class Air {
  readonly networks: readonly VirtualNetwork[];

  constructor(
    readonly settings: VirtualWifi,
    private readonly mac: Uint8Array,
  ) {
    this.networks = settings.networks ?? DEFAULT_NETWORKS;
  }

  get fault(): WifiFault | undefined {
    return this.settings.fault;
  }

  join({ ssid, password }: JoinAttempt): JoinOutcome {
    const network = this.networks.find((one) => one.ssid === ssid);
    if (network === undefined) return { joined: false, reason: 201, channel: 0 };
    const channel = network.channel ?? 1;
    if (authOf(network) === ENTERPRISE) return { joined: false, reason: 23, channel };
    if (!opens(network, password)) return { joined: false, reason: 15, channel };
    if (this.fault === 'no-address') return { joined: false, reason: 0, channel };
    const host = 10 + ((this.mac[5] ?? 0) % 200);
    return { joined: true, address: `192.168.77.${host}`, bssid: bssidOf(network), channel };
  }
}

/** A made-up address that stays the same for a name. */
export const bssidOf = ({ ssid }: VirtualNetwork): string =>
  [
    '02',
    ...Array.from({ length: 5 }, (_, at) =>
      (ssid.charCodeAt(at % ssid.length) & 0xff).toString(16).padStart(2, '0'),
    ),
  ].join(':');

const ENTERPRISE = 5;
const WPA3 = 6;

function opens(network: VirtualNetwork, given: string): boolean {
  const { ssid, password = '' } = network;
  if (given === password) return true;
  if (password === '' || authOf(network) === WPA3 || !/^[0-9a-f]{64}$/i.test(given)) return false;
  return pbkdf2Sync(password, ssid, 4096, 32, 'sha1').toString('hex') === given.toLowerCase();
}

/** What ESP-IDF logs while it joins, with the retries of its example. */
export function joinLog({ ssid }: JoinAttempt, outcome: JoinOutcome): string[] {
  if (outcome.joined) {
    const { channel, bssid, address } = outcome;
    return [
      'I (1204) wifi:new:<6,0>, old:<1,0>, ap:<255,255>, sta:<6,0>, prof:1',
      'I (1205) wifi:state: init -> auth (0xb0)',
      'I (1210) wifi:state: auth -> assoc (0x0)',
      'I (1221) wifi:state: assoc -> run (0x10)',
      `I (1233) wifi:connected with ${ssid}, aid = 1, channel ${channel}, BW20, bssid = ${bssid}`,
      `I (2089) esp_netif_handlers: sta ip: ${address}, mask: 255.255.255.0, gw: 192.168.77.1`,
    ];
  }
  if (outcome.reason === 0) {
    return [
      `I (1233) wifi:connected with ${ssid}, aid = 1, channel ${outcome.channel}, BW20, bssid = 02:00:00:00:00:01`,
    ];
  }
  return [1, 2, 3].flatMap((attempt) => [
    ...(outcome.reason === 15
      ? ['I (4300) wifi:state: assoc -> run (0x10)', 'I (4401) wifi:state: run -> init (0xfc0)']
      : []),
    `W (4402) wifi station: Wi-Fi disconnected, reason=${outcome.reason}, try ${attempt}`,
  ]);
}
