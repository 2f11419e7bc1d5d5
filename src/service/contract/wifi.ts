// Wi-Fi of one board in the field: what it speaks, and a network for it. No profile and no registry.
import { z } from 'zod';
import { WIFI_PROOFS } from '../../core/stages.js';
import { NETWORK_SECURITIES } from '../../core/wifi.js';
import { operations, warningSchema } from './operation.js';

const portName = z.string().min(1).max(512);
const proofText = z.string().max(128);

const wifiLookSchema = z
  .object({
    port: z.string(),
    /** `none`: it answers to nothing; credentials can go into its NVS. */
    way: z.enum(['improv', 'protocomm', 'console', 'none']),
    /** It wants its proof of possession, which stands on its label. */
    needsProof: z.boolean(),
    /** What the board itself sees, strongest first; absent: it does not tell, or not without its proof. */
    networks: z
      .array(
        z.object({
          ssid: z.string(),
          rssi: z.int().optional(),
          secured: z.boolean(),
          /** How, where the board says more. No way of espmint carries what `802.1X` wants. */
          security: z.enum(NETWORK_SECURITIES).optional(),
          /** Of a name that is no UTF-8 text: its bytes in hex. No board can be given such a name. */
          ssidHex: z.string().optional(),
        }),
      )
      .optional(),
  })
  .meta({ id: 'WifiLook' });
export type WifiLook = z.output<typeof wifiLookSchema>;

const wifiSetSchema = z
  .object({
    port: z.string(),
    /** Absent: WPS gave one that the log does not name. */
    ssid: z.string().optional(),
    way: z.enum(['improv', 'protocomm', 'console', 'nvs', 'wps', 'smartconfig', 'portal']),
    address: z.string().optional(),
    url: z.string().optional(),
    /** What says that it joined: its log, its firmware when asked, an acknowledgement from inside the network. */
    proof: z.enum(WIFI_PROOFS),
    /** The board's own line that says so; never with a secret. */
    line: z.string().optional(),
    warnings: z.array(warningSchema),
  })
  .meta({ id: 'WifiSet' });
export type WifiSet = z.output<typeof wifiSetSchema>;

/** As a profile names one: an access point's MAC. */
const bssidText = z.string().regex(/^([0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}$/);

export const WIFI_OPERATIONS = operations({
  joinByWps: {
    method: 'POST',
    path: '/ports/wifi/wps',
    role: 'operator',
    summary:
      'Restarts a board and waits until it has joined by WPS: 120 s, in which somebody presses the button of the access point, or types the PIN there; serve --wps-hook does it by itself.',
    body: z.object({ port: portName, pin: z.string().max(16).optional() }),
    response: wifiSetSchema,
  },
  joinBySmartConfig: {
    method: 'POST',
    path: '/ports/wifi/smartconfig',
    role: 'operator',
    summary:
      'Restarts a board and sends it a network over the air (ESPTouch), until it acknowledges or its log says that it joined: 90 s.',
    body: z.object({
      port: portName,
      ssid: z.string().min(1).max(32),
      password: z.string().max(64).optional(),
      protocol: z.enum(['v1', 'v2']).default('v2'),
      /** 16 characters, with v2. */
      key: z.string().max(16).optional(),
      /** Absent: the access point that this computer is joined to. */
      bssid: bssidText.optional(),
    }),
    response: wifiSetSchema,
  },
  joinByPortal: {
    method: 'POST',
    path: '/ports/wifi/portal',
    role: 'operator',
    summary:
      'Hands a network to a board over its own access point (unified provisioning over HTTP), which this computer has joined.',
    body: z.object({
      /** Such as http://192.168.4.1; private addresses only. */
      url: z.string().min(1).max(200),
      ssid: z.string().min(1).max(32),
      password: z.string().max(64).optional(),
      proof: proofText.optional(),
      username: z.string().max(64).optional(),
    }),
    response: wifiSetSchema,
  },
  lookAtWifi: {
    method: 'POST',
    path: '/ports/wifi/look',
    role: 'operator',
    summary:
      'Starts the firmware of a board and finds out how it takes a network, and which networks it sees.',
    body: z.object({ port: portName, proof: proofText.optional() }),
    response: wifiLookSchema,
  },
  setWifi: {
    method: 'POST',
    path: '/ports/wifi',
    role: 'operator',
    summary:
      'Hands a network to a board in the way that it speaks, or into its NVS, and proves the connection.',
    body: z.object({
      port: portName,
      ssid: z.string().min(1).max(32),
      /** Empty or absent: an open network. */
      password: z.string().max(64).optional(),
      proof: proofText.optional(),
      way: z.enum(['auto', 'improv', 'protocomm', 'console', 'nvs']).default('auto'),
    }),
    response: wifiSetSchema,
  },
});
