// What attempts, jobs and inspections tell of a board: its application, and its Wi-Fi.
import { z } from 'zod';
import { WIFI_PROOFS } from '../../core/stages.js';
import { JOIN_WHYS } from '../../core/why.js';
import { WIFI_MODES } from '../../core/wifi.js';

export const wifiRecordSchema = z.object({
  mode: z.enum(WIFI_MODES),
  result: z.enum(['joined', 'failed', 'unproven', 'not-asked']),
  ssid: z.string().optional(),
  /** What says that it joined: its log, its firmware when asked, an acknowledgement from inside the network. */
  proof: z.enum(WIFI_PROOFS).optional(),
  address: z.string().optional(),
  reason: z.string().optional(),
  /** The same as a code, where it has one. */
  why: z.enum(JOIN_WHYS).optional(),
});

/** What an application says of itself, `esp_app_desc_t`. */
export const appDescriptionSchema = z
  .object({
    project: z.string(),
    version: z.string(),
    idfVersion: z.string(),
    compiled: z.string(),
    elfSha256: z.string(),
  })
  .meta({ id: 'AppDescription' });
