// A device as people name it: by MAC, UUID, or the serial number on its label.
import { EspmintError, isEspmintError } from './errors/index.js';
import { parseMac } from './mac.js';
import { parseUuid } from './uuid.js';

/**
 * One device: MAC as `a4:cf:12:34:56:78`, UUID in lower case, serial number as it was given. A text of twelve digits can
 * be a MAC as well as a serial number: a serial number beside another name counts where no device has that name.
 */
export type DeviceName =
  | { readonly mac: string; readonly serial?: string }
  | { readonly uuid: string; readonly serial?: string }
  | { readonly serial: string };

/** As the registry holds serial numbers. */
const SERIAL_MAX_CHARS = 64;

/**
 * What is spelt like neither a UUID nor a MAC is a serial number.
 *
 * @throws INPUT_INVALID for a text that is no name at all, MAC_INVALID for a MAC that is none
 */
export function parseDeviceName(text: string): DeviceName {
  const serial = text.trim();
  if (serial === '' || serial.length > SERIAL_MAX_CHARS || /\p{Cc}/u.test(serial)) {
    throw new EspmintError('INPUT_INVALID', {
      field: 'device',
      reason: 'is no MAC, no UUID and no serial number',
      hint: 'give one of them; "espmint devices list" shows them',
    });
  }
  // Only a MAC has colons: what is wrong with one is said.
  if (/^[0-9a-f]+(:[0-9a-f]*)+$/i.test(serial)) return { mac: parseMac(serial) };
  const uuid = ifSpelt('UUID_INVALID', () => parseUuid(serial));
  if (uuid !== undefined) return { uuid, serial };
  const mac = ifSpelt('MAC_INVALID', () => parseMac(serial));
  return mac === undefined ? { serial } : { mac, serial };
}

/** How a message names it. */
export function nameOfDevice(device: DeviceName): string {
  if ('mac' in device) return device.mac;
  return 'uuid' in device ? device.uuid : device.serial;
}

function ifSpelt(code: 'UUID_INVALID' | 'MAC_INVALID', parse: () => string): string | undefined {
  try {
    return parse();
  } catch (error) {
    if (isEspmintError(error, code)) return undefined;
    throw error;
  }
}
