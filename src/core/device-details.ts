// What a profile, a batch or a file says of a device beside its names and its key.

export interface DeviceDetails {
  readonly caUrl?: string | undefined;
  readonly wifiSsid?: string | undefined;
  readonly firmwareVersion?: string | undefined;
  readonly hardwareRevision?: string | undefined;
  readonly location?: string | undefined;
}

/** What the boards of a batch may have in common against their profile. */
export type BatchDetails = Pick<DeviceDetails, 'firmwareVersion' | 'hardwareRevision' | 'location'>;

/** Characters that the columns of the registry hold. */
export const DETAIL_WIDTHS = {
  caUrl: 255,
  wifiSsid: 32,
  firmwareVersion: 20,
  hardwareRevision: 10,
  location: 100,
} as const satisfies Readonly<Record<keyof DeviceDetails, number>>;

/** The details alone. */
export function detailsOf(from: DeviceDetails): DeviceDetails {
  const { caUrl, wifiSsid, firmwareVersion, hardwareRevision, location } = from;
  return { caUrl, wifiSsid, firmwareVersion, hardwareRevision, location };
}
