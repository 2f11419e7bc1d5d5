// A device as people name it on a command line.
import { isEspmintError } from '../../../core/errors/index.js';
import { parseMac } from '../../../core/mac.js';
import { parseUuid } from '../../../core/uuid.js';
import type { DeviceName } from '../../../registry/index.js';

/** A UUID has dashes in other places than a MAC; what is neither is reported as a MAC, the usual way to name a device. */
export function parseDevice(text: string): DeviceName {
  try {
    return { uuid: parseUuid(text) };
  } catch (error) {
    if (!isEspmintError(error, 'UUID_INVALID')) throw error;
    return { mac: parseMac(text) };
  }
}
