// Places where boards can be plugged in, as the service describes them: serial, on the network, virtual.
import { portLabel, type PortInfo } from '../../driver/index.js';
import type { PortState, VirtualBoard } from '../contract/index.js';

/** A port without what only station and jobs know. */
export type Place = Omit<PortState, 'slot' | 'state' | 'job' | 'inspecting' | 'waiting' | 'held'>;

/** What a source lists: how it is shown, and what the tracker gets while a board is there. */
export interface Listed {
  readonly place: Place;
  readonly info: PortInfo | undefined;
}

export function serialPlace(info: PortInfo): Listed {
  const { path, ...rest } = info;
  return { info, place: { port: path, kind: 'serial', label: portLabel(info), present: true, ...rest } };
}

/** An address or a device that a person added. */
export function addedPlace(port: string, info: PortInfo | undefined): Listed {
  const kind = port.includes('://') ? 'network' : 'serial';
  const place = { port, kind, label: port, present: info !== undefined, isNativeUsb: false } as const;
  return { place, info };
}

/** Its MAC stands for the serial number: another board in the same place is another board, however quick the hand. */
export function virtualPlace({ port, chip, mac, plugged }: VirtualBoard): Listed {
  const label = `Virtual ${chip}`;
  const place = { port, kind: 'virtual', label, present: plugged, isNativeUsb: false } as const;
  return { place, info: plugged ? { path: port, serialNumber: mac, isNativeUsb: false } : undefined };
}
