// What an application says of itself, as jobs, inspections and devices tell it.
import { z } from 'zod';

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
