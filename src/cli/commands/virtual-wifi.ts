// The file of `espmint virtual --wifi`: the networks around the boards, and how their Wi-Fi firmware behaves.
import { z } from 'zod';
import { EspmintError } from '../../core/errors/index.js';
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
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw invalid(file, 'is no JSON');
  }
  const checked = wifiSchema.safeParse(value);
  if (checked.success) return checked.data as VirtualWifi;
  const [issue] = checked.error.issues;
  const where = `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'is not valid'}`;
  throw invalid(file, `is not valid (${where})`);
}

function invalid(file: string, reason: string): EspmintError {
  const hint = '"espmint help guides/wifi" shows one';
  return new EspmintError('INPUT_INVALID', { field: `The file ${file}`, reason, hint });
}
