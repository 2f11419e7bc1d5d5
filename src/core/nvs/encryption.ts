// Encrypted NVS: every slot that holds data is an XTS unit of its own, its offset in the partition the tweak. Page
// headers, bitmaps and blank slots stay plain; checksums are made before encryption.
import { EspmintError } from '../errors/index.js';
import { isBlank } from './bytes.js';
import { decodeNvs } from './decode.js';
import { splitKey } from './keys.js';
import { PAGE_SIZE, SLOTS_PER_PAGE, SLOT_SIZE } from './layout.js';
import { readPageHeader, slotOffset, slotState } from './page.js';
import { xts } from './xts.js';

/**
 * Encrypts an image, as `esp_idf_nvs_partition_gen encrypt` would have made it from the same rows.
 *
 * @param key 64 bytes: data key and tweak key (see `decodeKeyFile`)
 * @throws NVS_KEY_INVALID; NVS_ENCRYPTED when the image already is
 */
export function encryptNvs(image: Uint8Array, key: Uint8Array): Uint8Array {
  if (decodeNvs(image).looksEncrypted) throw new EspmintError('NVS_ENCRYPTED', { what: 'The image' });
  return transform('encrypt', image, key);
}

/**
 * Decrypts an image or a dump of an encrypted partition. Slots are found by the bitmap, so holes do no harm.
 *
 * @throws NVS_KEY_INVALID; NVS_NOT_ENCRYPTED when entries can be read without a key; NVS_KEY_WRONG when none can be
 *   read with it
 */
export function decryptNvs(image: Uint8Array, key: Uint8Array): Uint8Array {
  const keyed = transform('decrypt', image, key);
  if (isReadable(image)) throw new EspmintError('NVS_NOT_ENCRYPTED', { what: 'The image' });
  if (!isReadable(keyed) && slotsWithData(image).length > 0) throw new EspmintError('NVS_KEY_WRONG', {});
  return keyed;
}

function isReadable(image: Uint8Array): boolean {
  return decodeNvs(image).pages.some((page) => page.entries.some((entry) => entry.crcOk));
}

function transform(direction: 'encrypt' | 'decrypt', image: Uint8Array, key: Uint8Array): Uint8Array {
  const xtsKey = splitKey(key);
  const offsets = slotsWithData(image);
  const units = new Uint8Array(offsets.length * SLOT_SIZE);
  offsets.forEach((offset, i) => units.set(image.subarray(offset, offset + SLOT_SIZE), i * SLOT_SIZE));
  const done = xts(direction, xtsKey, units, offsets);
  const result = image.slice();
  offsets.forEach((offset, i) => result.set(done.subarray(i * SLOT_SIZE, (i + 1) * SLOT_SIZE), offset));
  return result;
}

/** Offsets of slots that hold data: written ones, and on a device erased ones that are not blank. */
function slotsWithData(image: Uint8Array): number[] {
  const offsets: number[] = [];
  for (let page = 0; page + PAGE_SIZE <= image.length; page += PAGE_SIZE) {
    if (readPageHeader(image, page).state === 'empty') continue;
    for (let slot = 0; slot < SLOTS_PER_PAGE; slot++) {
      const state = slotState(image, page, slot);
      const offset = page + slotOffset(slot);
      if (state === 'written' || (state === 'erased' && !isBlank(image, offset, offset + SLOT_SIZE)))
        offsets.push(offset);
    }
  }
  return offsets;
}
