// What an attempt and a job tell of a board's Wi-Fi.
import { z } from 'zod';
import { WIFI_MODES } from '../../core/wifi.js';

export const wifiRecordSchema = z.object({
  mode: z.enum(WIFI_MODES),
  result: z.enum(['joined', 'failed', 'unproven', 'not-asked']),
  address: z.string().optional(),
  reason: z.string().optional(),
});
