// What Wi-Fi firmware finds in its NVS partition: the contract of docs/guides/wifi.md, read as a device would.
import type { FlashMemory } from '../../flash/memory.js';
import { viewOf } from '../../packet.js';
import { TABLE_ADDRESS } from '../../partition-table.js';
import { readNvs, type NvsItem } from '../nvs-reader.js';
import type { JoinAttempt } from './air.js';

export interface StoredWifi {
  readonly mode: string;
  readonly network: JoinAttempt | undefined;
  readonly item: (key: string) => NvsItem | undefined;
}

/** Entries of the partition table: type 1, subtype 2 is NVS. */
const ENTRY_BYTES = 32;
const ENTRY_MAGIC = 0x50aa;
const NVS_TYPE = 0x0201;
/** `char ssid[32]`, `char password[64]` with nvs_get_str: the closing NUL counts. */
const SSID_ROOM = 31;
const PASSWORD_ROOM = 63;

export function nvsPartition(flash: FlashMemory): Uint8Array | undefined {
  for (let at = TABLE_ADDRESS; ; at += ENTRY_BYTES) {
    const view = viewOf(flash.read(at, ENTRY_BYTES));
    if (view.getUint16(0, true) !== ENTRY_MAGIC) return undefined;
    if (view.getUint16(2, true) === NVS_TYPE) {
      return flash.read(view.getUint32(4, true), view.getUint32(8, true));
    }
  }
}

export function readStoredWifi(flash: FlashMemory): StoredWifi {
  const partition = nvsPartition(flash);
  const items = partition === undefined ? [] : readNvs(partition);
  const item = (key: string): NvsItem | undefined =>
    items.find((one) => one.key === key && one.namespace !== 'nvs.net80211');
  return {
    mode: item('wifi_mode')?.value ?? 'static',
    network: ownNetwork(item) ?? driverNetwork(items),
    item,
  };
}

function ownNetwork(item: StoredWifi['item']): JoinAttempt | undefined {
  const ssid = item('wifi_ssid')?.value;
  const password = item('wifi_password')?.value ?? '';
  if (ssid === undefined) return undefined;
  const fits = Buffer.byteLength(ssid) <= SSID_ROOM && Buffer.byteLength(password) <= PASSWORD_ROOM;
  return fits ? { ssid, password } : undefined;
}

/** esp_wifi's own store: the name after its length in 32 bits, the password until its first zero byte. */
function driverNetwork(items: readonly NvsItem[]): JoinAttempt | undefined {
  const blob = (key: string): Uint8Array | undefined =>
    items.find((one) => one.namespace === 'nvs.net80211' && one.key === key)?.blob;
  const name = blob('sta.ssid');
  const password = blob('sta.pswd');
  if (name?.length !== 36 || password === undefined || password.length < 64) return undefined;
  const length = viewOf(name).getUint32(0, true);
  if (length === 0 || length > 32) return undefined;
  const end = password.indexOf(0);
  const text = new TextDecoder();
  return {
    ssid: text.decode(name.subarray(4, 4 + length)),
    password: text.decode(end === -1 ? password.subarray(0, 64) : password.subarray(0, end)),
  };
}
