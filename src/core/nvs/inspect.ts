// A report of what an image holds, for people and for programs: plain data without byte arrays, secrets masked.
import { bytesToHex } from '@noble/hashes/utils.js';
import { type NvsImage, decodeNvs, pagesInUse } from './decode.js';
import { type NvsVersion, READ_WRITE_MIN_SIZE, SLOTS_PER_PAGE } from './layout.js';
import { MASK } from '../masking/masker.js';
import { isSecretValue } from '../masking/nvs-values.js';
import type { PageState } from './page.js';
import type { NvsUnreadable, NvsValue } from './values.js';

export interface InspectOptions {
  /** Show secrets. */
  readonly reveal?: boolean;
  /** Further keys to mask, as `key` or `namespace:key`. */
  readonly secretKeys?: readonly string[];
}

/** Whether a value is not to be shown. */
export function isHidden(value: NvsValue, options: InspectOptions): boolean {
  if (options.reveal === true) return false;
  const { namespace, key } = value;
  const named = options.secretKeys ?? [];
  return isSecretValue(value) || named.includes(key) || named.includes(`${namespace}:${key}`);
}

export interface InspectedValue {
  readonly namespace: string;
  readonly key: string;
  readonly type: string;
  /** Text; hex digits for blobs; numbers in base 10, those of 64 bits too; `********` when masked. */
  readonly value: string;
  readonly masked: boolean;
  /** Bytes of a string (its NUL included) or blob. */
  readonly lengthBytes?: number;
  readonly page: number;
  readonly slot: number;
  readonly offsetBytes: number;
}

export interface InspectedPage {
  readonly page: number;
  readonly offsetBytes: number;
  readonly state: PageState;
  readonly sequence: number;
  readonly version: NvsVersion;
  readonly writtenSlots: number;
  readonly erasedSlots: number;
  readonly emptySlots: number;
}

export interface NvsInspection {
  readonly sizeBytes: number;
  readonly encrypted: boolean;
  readonly version: NvsVersion | undefined;
  /** Pages in use, oldest first. */
  readonly pages: readonly InspectedPage[];
  readonly namespaces: readonly { readonly name: string; readonly index: number }[];
  readonly values: readonly InspectedValue[];
  readonly stale: readonly InspectedValue[];
  readonly unreadable: readonly (Pick<NvsUnreadable, 'namespace' | 'key' | 'code' | 'reason'> & {
    page: number;
    slot: number;
  })[];
  /** Slots of 32 bytes. `free` is what firmware can still fill, erased slots that it can win back included. */
  readonly slots: { readonly total: number; readonly used: number; readonly free: number };
}

/** Reports what an image or dump holds. Never throws. */
export function inspectNvs(image: Uint8Array, options: InspectOptions = {}): NvsInspection {
  const decoded = decodeNvs(image);
  return {
    sizeBytes: decoded.sizeBytes,
    encrypted: decoded.looksEncrypted,
    version: decoded.version,
    pages: pagesInUse(decoded.pages).map((page) => ({
      page: page.index,
      offsetBytes: page.offsetBytes,
      state: page.state,
      sequence: page.sequence,
      version: page.versionByte === 0xff ? 1 : 2,
      writtenSlots: page.writtenSlots,
      erasedSlots: page.erasedSlots,
      emptySlots: page.emptySlots,
    })),
    namespaces: decoded.namespaces,
    values: decoded.values.map((value) => inspectValue(value, options)),
    stale: decoded.stale.map((value) => inspectValue(value, options)),
    unreadable: decoded.unreadable.map(({ namespace, key, code, reason, address }) => {
      return { namespace, key, code, reason, page: address.page, slot: address.slot };
    }),
    slots: countSlots(decoded),
  };
}

function countSlots(decoded: NvsImage): NvsInspection['slots'] {
  // Firmware never fills its last empty page.
  const reserved = decoded.sizeBytes >= READ_WRITE_MIN_SIZE ? 1 : 0;
  const total = Math.max(0, decoded.pages.length - reserved) * SLOTS_PER_PAGE;
  const used = pagesInUse(decoded.pages).reduce((sum, page) => sum + page.writtenSlots, 0);
  return { total, used, free: Math.max(0, total - used) };
}

function inspectValue(value: NvsValue, options: InspectOptions): InspectedValue {
  const masked = isHidden(value, options);
  const { page, slot, offsetBytes } = value.address;
  const data = value.type === 'string' ? value.data : value.type === 'blob' ? value.value : undefined;
  return {
    namespace: value.namespace,
    key: value.key,
    type: value.type,
    value: masked ? MASK : valueText(value),
    masked,
    ...(data === undefined ? {} : { lengthBytes: data.length }),
    page,
    slot,
    offsetBytes,
  };
}

function valueText(value: NvsValue): string {
  return value.type === 'blob' ? bytesToHex(value.value) : String(value.value);
}
