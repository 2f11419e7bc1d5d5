// Which serial ports there are, what is plugged into them, and where.
import type { SerialPort } from 'serialport';

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
  const { SerialPort } = await import('serialport');
  const ports = (await SerialPort.list()).map(describe);
  return ports.sort(
    (a, b) => Number(b.adapter !== undefined) - Number(a.adapter !== undefined) || compare(a.path, b.path),
  );
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
  if (!/ACM|usbmodem|^COM\d+$/i.test(path)) return false;
  const ports = await listPorts().catch((): PortInfo[] => []);
  return ports.some((port) => port.path === path && port.isNativeUsb);
}

type Listed = Awaited<ReturnType<typeof SerialPort.list>>[number];

function describe(port: Listed): PortInfo {
  const usbVendorId = port.vendorId?.toLowerCase();
  const usbProductId = port.productId?.toLowerCase();
  const adapter = ADAPTERS[`${usbVendorId}:${usbProductId}`];
  const location = port.locationId ?? usbPlace(port.pnpId);
  return {
    path: port.path,
    ...(usbVendorId === undefined ? {} : { usbVendorId }),
    ...(usbProductId === undefined ? {} : { usbProductId }),
    ...(port.serialNumber === undefined ? {} : { serialNumber: port.serialNumber }),
    ...(location === undefined ? {} : { location }),
    ...(port.manufacturer === undefined ? {} : { manufacturer: port.manufacturer }),
    ...(adapter === undefined ? {} : { adapter }),
    isNativeUsb: usbVendorId === NATIVE_VENDOR,
  };
}

/** Linux gives no location, but sometimes a by-path name: `pci-0000:00:14.0-usb-0:4.2:1.0-port0`. */
function usbPlace(pnpId: string | undefined): string | undefined {
  return /usb-\d+:([\d.]+)/.exec(pnpId ?? '')?.[1];
}

function compare(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true });
}
