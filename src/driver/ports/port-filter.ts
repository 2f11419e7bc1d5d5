// Which ports a watcher may look at: by what is plugged in, by USB id, or by name. Everything else stays unopened.
import { EspmintError } from '../../core/errors/index.js';
import { isSamePort } from './port-name.js';
import type { PortInfo } from './ports.js';

export interface PortChoice {
  /** Further USB ids, `10c4:ea60` (vendor:product) or `10c4` (all of a vendor); four hex digits each. */
  readonly usbIds?: readonly string[] | undefined;
  /** Ports named by a person. When there are any, no other port is taken but those of `usbIds`. */
  readonly paths?: readonly string[] | undefined;
}

const USB_ID = /^[0-9a-f]{4}(:[0-9a-f]{4})?$/;

/**
 * Without a choice: the ports whose adapter is one that ESP boards carry (see ports.ts).
 *
 * @throws INPUT_INVALID for a USB id that is none
 */
export function portFilter({ usbIds = [], paths = [] }: PortChoice = {}): (port: PortInfo) => boolean {
  const ids = usbIds.map(parseUsbId);
  return (port) => {
    if (paths.some((path) => isSamePort(path, port.path))) return true;
    const { usbVendorId: vendor, usbProductId: product } = port;
    if (vendor !== undefined && ids.some((id) => id === vendor || id === `${vendor}:${product ?? ''}`)) {
      return true;
    }
    return paths.length === 0 && port.adapter !== undefined;
  };
}

function parseUsbId(text: string): string {
  const id = text.trim().toLowerCase();
  if (USB_ID.test(id)) return id;
  throw new EspmintError('INPUT_INVALID', {
    field: 'The USB id',
    reason: `is "${text}"`,
    hint: 'give it as vendor:product in hex, such as 10c4:ea60',
  });
}
