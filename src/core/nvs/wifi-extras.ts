// Entries that the generator adds by itself when it meets certain Wi-Fi keys (undocumented, versions 0.1.9 to 0.3.0):
// blobs in the form in which ESP-IDF's Wi-Fi driver keeps them.
import { pbkdf2 } from '@noble/hashes/pbkdf2.js';
import { sha1 } from '@noble/hashes/legacy.js';

const STATION_KEYS = new Set(['sta.ssid', 'sta.pswd']);
/** WPA2 derives its pairwise master key so (IEEE 802.11, annex J.4). */
const WPA2_KEY = { c: 4096, dkLen: 32 } as const;
/** Zero bytes that stand before the key in `ap.pmk_info`. */
const PMK_INFO_LEAD_BYTES = 100;

/** Of these keys the generator ignores the row's type. */
export function isStationKey(key: string): boolean {
  return STATION_KEYS.has(key);
}

/** Remembers, for one image, what has been seen of the access point's cells and whether the station's blobs are out. */
export class WifiExtras {
  #ssid: string | undefined;
  #password: string | undefined;
  #authMode: string | undefined;
  #stationDone = false;
  #derived: { ssid: string; password: string; info: Uint8Array } | undefined;

  /**
   * Notes an access point cell. Returns the content of `ap.pmk_info` when name, password and mode are all known by now:
   * the generator writes it before this row, and again before every later one of the three.
   */
  accessPointKey(key: string, cell: string | undefined): Uint8Array | undefined {
    if (key === 'ap.ssid') this.#ssid = cell;
    else if (key === 'ap.passwd') this.#password = cell;
    else if (key !== 'ap.authmode') return undefined;
    else if (cell !== '0') this.#authMode = cell;
    // An empty cell counts as not known.
    if (!this.#ssid || !this.#password || !this.#authMode) return undefined;
    return this.#pmkInfo(this.#ssid, this.#password);
  }

  /** The blobs that follow the first station key of an image; none after that. */
  stationExtras(): readonly (readonly [key: string, data: Uint8Array])[] {
    if (this.#stationDone) return [];
    this.#stationDone = true;
    return [
      ['sta.apinfo', new Uint8Array(140).fill(0xff)],
      ['sta.pmk', new Uint8Array(32)],
      ['sta.apsw', new Uint8Array(2)],
    ];
  }

  #pmkInfo(ssid: string, password: string): Uint8Array {
    if (this.#derived?.ssid !== ssid || this.#derived.password !== password) {
      const info = new Uint8Array(PMK_INFO_LEAD_BYTES + WPA2_KEY.dkLen);
      info.set(
        pbkdf2(sha1, new TextEncoder().encode(password), new TextEncoder().encode(ssid), WPA2_KEY),
        PMK_INFO_LEAD_BYTES,
      );
      this.#derived = { ssid, password, info };
    }
    return this.#derived.info;
  }
}
