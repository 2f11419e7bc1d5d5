// The file of `espmint virtual --wifi`: the networks around the boards, and how their Wi-Fi firmware behaves.
import { z } from 'zod';
import { invalidInput } from '../../core/errors/index.js';
import { orFault } from '../../core/json.js';
import { parseSettings } from '../../core/profile/settings-file.js';
import { readTextFile } from '../../files/index.js';
import { WIFI_FAULTS, type VirtualWifi, type WifiFault } from '../../virtual/index.js';

const wifiSchema = z.strictObject({
  networks: z
    .array(
      z.strictObject({
        ssid: z.string().min(1).max(32),
        password: z.string().max(64).optional(),
        rssi: z.int().optional(),
        channel: z.int().min(1).max(14).optional(),
        ssidHex: z
          .string()
          .regex(/^([0-9a-f]{2}){1,32}$/i)
          .optional(),
        hidden: z.boolean().optional(),
        auth: z.int().min(0).max(15).optional(),
      }),
    )
    .optional(),
  fault: z.enum(Object.keys(WIFI_FAULTS) as [WifiFault, ...WifiFault[]]).optional(),
  security: z.union([z.literal(0), z.literal(1), z.literal(2)]).optional(),
  securityPatch: z.union([z.literal(0), z.literal(1)]).optional(),
  proof: z.string().max(64).optional(),
  username: z.string().max(64).optional(),
});

/** @throws FILE_UNREADABLE, INPUT_INVALID */
export async function readWifi(file: string): Promise<VirtualWifi> {
  const text = await readTextFile(file);
  const hint = '"espmint help guides/wifi" shows one';
  return orFault(
    () => parseSettings(text, wifiSchema),
    ({ line, reason }) => invalidInput(`The file ${file}:${line}`, reason, hint),
  ) as VirtualWifi;
}
