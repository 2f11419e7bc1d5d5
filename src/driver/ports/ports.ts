// Which serial ports there are, what is plugged into them, and where.
import { isSamePort, portKey } from './port-name.js';
import { listLinuxPorts, type RawPort } from './ports-linux.js';

export interface PortInfo {
  /** What to open: `/dev/ttyUSB0`, `COM3`. */
  readonly path: string;
  /** Four lower-case hex digits each; absent for a port that is not on USB. */
  readonly usbVendorId?: string;
  readonly usbProductId?: string;
  readonly serialNumber?: string;
  /** Place on the USB tree, the same after every re-plug: it tells equal adapters apart. */
  readonly location?: string;
  readonly manufacturer?: string;
  /** Name of the adapter where it is one that ESP boards carry. */
  readonly adapter?: string;
  /** The chip's own USB controller rather than a bridge. */
  readonly isNativeUsb: boolean;
  /** Of a network port: another number is another board, because the server went away in between. */
  readonly sighting?: number;
}

/** USB ids of what ESP boards carry, vendor:product (usb.ids; the last two are Espressif's own). */
const ADAPTERS: Readonly<Record<string, string>> = {
  '10c4:ea60': 'CP210x',
  '10c4:ea70': 'CP2105',
  '10c4:ea71': 'CP2108',
  '1a86:7523': 'CH340',
  '1a86:55d3': 'CH343',
  '1a86:55d4': 'CH9102',
  '0403:6001': 'FT232R',
  '0403:6010': 'FT2232 (ESP-Prog)',
  '0403:6011': 'FT4232',
  '0403:6014': 'FT232H',
  '0403:6015': 'FT230X',
  '067b:2303': 'PL2303',
  '303a:1001': 'ESP USB-Serial/JTAG',
  '303a:0002': 'ESP32-S2 USB OTG',
};
const NATIVE_VENDOR = '303a';

/** All serial ports, those with a known adapter first. */
export async function listPorts(): Promise<PortInfo[]> {
  const raw = process.platform === 'linux' ? await listLinuxPorts() : await listByLibrary();
  const ports = raw.map(describe);
  return ports.sort(
    (a, b) => Number(b.adapter !== undefined) - Number(a.adapter !== undefined) || compare(a.path, b.path),
  );
}

/** The library's own list: on Linux it needs udevadm, which small systems and containers lack. */
async function listByLibrary(): Promise<RawPort[]> {
  const { SerialPort } = await import('serialport/dist/serialport.js');
  return (await SerialPort.list()).map((port) => ({
    path: port.path,
    usbVendorId: port.vendorId,
    usbProductId: port.productId,
    serialNumber: port.serialNumber,
    manufacturer: port.manufacturer,
    location: port.locationId,
  }));
}

/** One line for a person: `/dev/ttyUSB0 CP210x at 1-4.2`. */
export function portLabel(port: PortInfo): string {
  const name = port.adapter ?? port.manufacturer;
  return [port.path, name, port.location === undefined ? undefined : `at ${port.location}`]
    .filter(Boolean)
    .join(' ');
}

/** Whether a path is the chip's own USB controller; such ports never look like a bridge's. */
export async function isNativeUsbPort(path: string): Promise<boolean> {
  if (!/ACM|usbmodem|^COM\d+$/.test(portKey(path))) return false;
  const ports = await listPorts().catch((): PortInfo[] => []);
  return ports.some((port) => isSamePort(port.path, path) && port.isNativeUsb);
}

function describe(raw: RawPort): PortInfo {
  const usbVendorId = raw.usbVendorId?.toLowerCase();
  const usbProductId = raw.usbProductId?.toLowerCase();
  const adapter = ADAPTERS[`${usbVendorId}:${usbProductId}`];
  const known = Object.entries({ ...raw, usbVendorId, usbProductId, adapter }).filter(
    ([, value]) => value !== undefined,
  );
  return { ...(Object.fromEntries(known) as { path: string }), isNativeUsb: usbVendorId === NATIVE_VENDOR };
}

function compare(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true });
}
