// Wi-Fi of one board in the field: what it speaks, and a network for it. No profile and no registry.
import { z } from 'zod';
import { operations } from './operation.js';

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
      .array(z.object({ ssid: z.string(), rssi: z.int().optional(), secured: z.boolean() }))
      .optional(),
  })
  .meta({ id: 'WifiLook' });
export type WifiLook = z.output<typeof wifiLookSchema>;

const wifiSetSchema = z
  .object({
    port: z.string(),
    ssid: z.string(),
    way: z.enum(['improv', 'protocomm', 'console', 'nvs']),
    address: z.string().optional(),
    url: z.string().optional(),
    /** What proves the connection, in words; never with a secret. */
    proof: z.string(),
    warnings: z.array(z.object({ code: z.string(), message: z.string() })),
  })
  .meta({ id: 'WifiSet' });
export type WifiSet = z.output<typeof wifiSetSchema>;

export const WIFI_OPERATIONS = operations({
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
