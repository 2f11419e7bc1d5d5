// What a device says of itself before any session (endpoint `proto-ver`). Pure.

export interface DeviceVersion {
  /** As the device gives it: `v1.1`, `netprov-v1.2`. */
  readonly version: string;
  readonly security: 0 | 1 | 2;
  /** 0 for old firmware, whose security 2 uses one nonce for all messages. */
  readonly securityPatch: number;
  /** Such as `no_pop`, `wifi_scan`. */
  readonly capabilities: readonly string[];
}

/** JSON since ESP-IDF 4; a bare version text before. @throws RangeError for what is neither */
export function readVersion(text: string): DeviceVersion {
  const trimmed = text.replace(/\0+$/, '').trim();
  const described = trimmed.startsWith('{') ? describedVersion(trimmed) : {};
  const { ver = trimmed.slice(0, 40), cap = [], sec_ver: secVer, sec_patch_ver: patch = 0 } = described;
  if (!/^[\x20-\x7e]+$/.test(ver)) throw new RangeError('it is no version');
  const assumed = cap.includes('no_sec') ? 0 : 1;
  const security = secVer ?? assumed;
  if (security !== 0 && security !== 1 && security !== 2) {
    throw new RangeError(`it asks for security ${security}, which is not known`);
  }
  return { version: ver, security, securityPatch: patch, capabilities: cap };
}

interface Described {
  readonly ver?: string;
  readonly sec_ver?: number;
  readonly sec_patch_ver?: number;
  readonly cap?: readonly string[];
}

function describedVersion(json: string): Described {
  let prov: unknown;
  try {
    prov = (JSON.parse(json) as { prov?: unknown }).prov;
  } catch {
    throw new RangeError('it is no JSON');
  }
  if (typeof prov !== 'object' || prov === null) throw new RangeError('it has no member prov');
  const { ver, sec_ver, sec_patch_ver, cap } = prov as Record<string, unknown>;
  return {
    ...(typeof ver === 'string' ? { ver } : {}),
    ...(typeof sec_ver === 'number' ? { sec_ver } : {}),
    ...(typeof sec_patch_ver === 'number' ? { sec_patch_ver } : {}),
    ...(Array.isArray(cap) ? { cap: cap.filter((one) => typeof one === 'string') } : {}),
  };
}
