// What the NVS of a board holds, as `inspect` shows it: values with secrets masked, and why there are none.
import { bytesToHex } from '@noble/hashes/utils.js';
import { MASK } from '../../core/masking/masker.js';
import { isHiddenValue, type KnownKeys } from '../../core/masking/nvs-values.js';
import { decodeNvs, type NvsImage } from '../../core/nvs/decode.js';
import type { NvsValue } from '../../core/nvs/values.js';
import { printable } from './printable.js';

type ShownValue = Readonly<Record<'namespace' | 'key' | 'type' | 'value', string | number>>;

export interface NvsContent {
  /** `unknown`: it could not be read. `other`: bytes that no firmware reads as NVS. */
  readonly state: 'values' | 'empty' | 'encrypted' | 'other' | 'unknown';
  readonly values: readonly ShownValue[];
  /** Entries that cannot be read, and why; names, no values. */
  readonly unreadable: readonly {
    readonly namespace: string;
    readonly key: string;
    readonly reason: string;
  }[];
}

/**
 * @param bytes of the whole region; undefined: they could not be read.
 * @param known what the profiles say of keys; undefined: everything is shown.
 */
export function nvsContent(bytes: Uint8Array | undefined, known: KnownKeys | undefined): NvsContent {
  if (bytes === undefined) return { state: 'unknown', values: [], unreadable: [] };
  const image = decodeNvs(bytes);
  return {
    state: stateOf(image, bytes),
    values: image.values.map((value) => shownValue(value, known)),
    unreadable: image.unreadable.map(({ namespace, key, reason }) => ({ namespace, key, reason })),
  };
}

function stateOf(
  { looksEncrypted, values, unreadable, version }: NvsImage,
  bytes: Uint8Array,
): NvsContent['state'] {
  if (looksEncrypted) return 'encrypted';
  if (values.length + unreadable.length > 0) return 'values';
  // Firmware leaves pages without a value behind when it erases them all.
  return version !== undefined || bytes.every((byte) => byte === 0xff) ? 'empty' : 'other';
}

const WITHOUT_VALUES = {
  empty: 'empty',
  encrypted: 'encrypted: nobody reads its values without the key of this board',
  other: 'no NVS: bytes that firmware cannot read as NVS',
  unknown: 'not known: it could not be read (see above)',
} as const;

/** A line for each value, or one that says why there is none. */
export function nvsLines({ state, values, unreadable }: NvsContent): readonly string[] {
  if (state !== 'values') return [WITHOUT_VALUES[state]];
  const faults = unreadable.map(
    ({ namespace, key, reason }) => `${namespace}:${key} cannot be read: ${reason}`,
  );
  return [
    ...values.map(({ namespace, key, type, value }) => `${namespace}:${key} ${type} = ${value}`),
    ...faults,
  ].map(printable);
}

function shownValue(row: NvsValue, known: KnownKeys | undefined): ShownValue {
  const { namespace, key, type, value } = row;
  const isHidden = known !== undefined && isHiddenValue(row, known);
  return { namespace, key, type, value: isHidden ? MASK : textOf(value, known === undefined) };
}

function textOf(value: NvsValue['value'], isRevealed: boolean): string {
  if (typeof value !== 'object') return String(value);
  return isRevealed ? bytesToHex(value) : `${value.length} bytes`;
}
