// Checks of a reservation that do not need a database, and the shape of its answer.
import { DETAIL_WIDTHS, type DeviceDetails } from '../../core/device-details.js';
import { EspmintError } from '../../core/errors/index.js';
import { textFault } from '../../core/text.js';
import type { Reservation } from '../registry.js';

const NAMES: Record<keyof DeviceDetails, string> = {
  caUrl: 'The CA URL',
  wifiSsid: 'The Wi-Fi SSID',
  firmwareVersion: 'The firmware version',
  hardwareRevision: 'The hardware revision',
  location: 'The location',
};

/**
 * Stops a text that the registry could not hold, before anything is stored.
 *
 * @throws INPUT_INVALID
 */
export function checkWidths(request: DeviceDetails): void {
  for (const field of Object.keys(NAMES) as (keyof DeviceDetails)[]) {
    const text = request[field];
    if (text === undefined) continue;
    const fault = textFault(text);
    if (fault !== undefined) throw new EspmintError('INPUT_INVALID', { field: NAMES[field], ...fault });
    // PostgreSQL counts code points, as the spread does.
    const width = DETAIL_WIDTHS[field];
    if ([...text].length > width) {
      const reason = `is longer than the ${width} characters that the registry holds`;
      throw new EspmintError('INPUT_INVALID', { field: NAMES[field], reason, hint: 'shorten it' });
    }
  }
}

/** The key is readable by name, and left out by whatever prints or serializes the object. */
export function makeReservation(fields: Omit<Reservation, 'psk'>, psk: string): Reservation {
  return Object.defineProperty({ ...fields, psk }, 'psk', { enumerable: false });
}

/** The reason of a reveal is what the audit trail is for. @throws INPUT_INVALID */
export function checkReason(reason: string): void {
  if (reason.trim() !== '') return;
  throw new EspmintError('INPUT_INVALID', {
    field: 'The reason',
    reason: 'is empty',
    hint: 'say why the key is needed; it is written to the audit trail',
  });
}
