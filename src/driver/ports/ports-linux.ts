// Serial ports on Linux, from sysfs: no udev is needed, and the place on the USB tree is known.
import { readdir, readFile, realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { EspmintError } from '../../core/errors/index.js';

/** A serial port and what the USB device behind it says of itself. */
export interface RawPort {
  readonly path: string;
  readonly usbVendorId?: string | undefined;
  readonly usbProductId?: string | undefined;
  readonly serialNumber?: string | undefined;
  readonly manufacturer?: string | undefined;
  /** `1-4.2`: bus, then the port of each hub on the way. */
  readonly location?: string | undefined;
}

/** PORT_UNKNOWN of serial_core.h: a place that the driver reserved for hardware that is not there. */
const NO_HARDWARE = '0';
/** From a tty up to its USB device there are an interface and sometimes a port device; above that come hubs. */
const MAX_LEVELS = 4;

/** @param sysfs where sysfs is mounted; tests bring their own. @throws FILE_UNREADABLE: ports may be there all the same */
export async function listLinuxPorts(sysfs = '/sys'): Promise<RawPort[]> {
  const ttys = join(sysfs, 'class', 'tty');
  const names = await readdir(ttys).catch((error: NodeJS.ErrnoException): string[] => {
    // A container without sysfs.
    if (error.code === 'ENOENT') return [];
    throw new EspmintError('FILE_UNREADABLE', { path: ttys, reason: error.message }, { cause: error });
  });
  const ports = await Promise.all(names.map((name) => describe(join(ttys, name), name)));
  return ports.filter((port) => port !== undefined);
}

async function describe(folder: string, name: string): Promise<RawPort | undefined> {
  // Consoles and pseudo-terminals have no device.
  const device = await realpath(join(folder, 'device')).catch(() => undefined);
  if (device === undefined || (await attribute(folder, 'type')) === NO_HARDWARE) return undefined;
  const usb = await usbDeviceAbove(device);
  const path = `/dev/${name}`;
  if (usb === undefined) return { path };
  return {
    path,
    usbVendorId: await attribute(usb, 'idVendor'),
    usbProductId: await attribute(usb, 'idProduct'),
    serialNumber: await attribute(usb, 'serial'),
    manufacturer: await attribute(usb, 'manufacturer'),
    location: basename(usb),
  };
}

async function usbDeviceAbove(device: string): Promise<string | undefined> {
  let folder = device;
  for (let level = 0; level < MAX_LEVELS; level++) {
    if ((await attribute(folder, 'idVendor')) !== undefined) return folder;
    folder = dirname(folder);
  }
  return undefined;
}

async function attribute(folder: string, name: string): Promise<string | undefined> {
  const text = await readFile(join(folder, name), 'utf8').catch(() => '');
  return text.trim() === '' ? undefined : text.trim();
}
