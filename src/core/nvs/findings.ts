// What `verifyNvs` can find: for each code how bad it is and what the device does about it.

/** `fault`: data is lost or the partition refused. `warning`: works today, by luck or with a surprise. */
type NvsSeverity = 'fault' | 'warning';

interface Meaning {
  readonly severity: NvsSeverity;
  /** What the device does. */
  readonly consequence: string;
}

const fault = (consequence: string): Meaning => ({ severity: 'fault', consequence });
const warning = (consequence: string): Meaning => ({ severity: 'warning', consequence });

export const NVS_FINDINGS = {
  size: fault('the partition cannot be mounted'),
  'read-only': warning('the partition can only be mounted read-only'),
  encrypted: warning('the entries can be judged only with the key'),
  'no-empty-page': fault('a partition that the device writes to cannot be mounted'),
  version: fault('the whole partition is refused'),
  sequence: fault('which of the two pages is the newer one is not defined'),
  'page-header-crc': fault('the page is taken for corrupt and erased'),
  'page-state': fault('the page is taken for corrupt and erased'),
  'page-not-blank': fault('the page is taken for corrupt and erased'),
  'page-freeing': warning('the move of its entries, cut short on the device, is finished at the next start'),
  'page-order': warning('only the page with the highest sequence number is written to'),
  bitmap: fault('the slots are erased'),
  'bitmap-hole': fault('the data is not seen and gets in the way of new entries'),
  'written-blank': fault('the slot is erased'),
  'erased-blank': warning('the slot stays unused until the page is erased'),
  'span-state': fault('the value is lost or read from slots that are free for others'),
  'entry-crc': fault('the entry is erased'),
  type: fault('no call can read the entry'),
  span: fault('the entry is erased'),
  'data-crc': fault('the value is reported as not found and erased'),
  key: fault('no call can name the entry'),
  padding: warning('nothing today: unused bytes are not looked at'),
  'string-end': warning('a reader that expects the closing NUL runs past the text'),
  'chunk-field': warning('lookups by chunk number miss the entry'),
  'chunk-missing': fault('the blob is reported as not found and erased'),
  'chunk-orphan': fault('the piece is erased at the next start'),
  'chunk-count': fault('the pieces collide with those of the next version of the blob'),
  'blob-length': fault('the blob is reported as not found and erased'),
  'namespace-undefined': fault('no call can name the entry'),
  'namespace-unused': warning('it takes up an entry for nothing'),
  'namespace-reserved': fault('firmware keeps this index for itself'),
  'namespace-clash': fault('which of the two the device means is not defined'),
  duplicate: fault('which of the two the device finds is not defined'),
  'stale-copy': warning('the older copy is erased at the next start'),
  'two-types': warning('reading it with the other type fails or finds the older value'),
} as const satisfies Record<string, Meaning>;

export type NvsFindingCode = keyof typeof NVS_FINDINGS;

export interface NvsFinding {
  readonly code: NvsFindingCode;
  readonly severity: NvsSeverity;
  /** Number of the page by its place; missing when the finding is about the whole image. */
  readonly page?: number | undefined;
  readonly slot?: number | undefined;
  readonly offsetBytes: number;
  /** What is wrong; names keys, never values. */
  readonly message: string;
  readonly consequence: string;
}

/** Makes a finding with the severity and consequence of its code. */
export function finding(
  code: NvsFindingCode,
  at: { readonly page?: number; readonly slot?: number; readonly offsetBytes: number },
  message: string,
): NvsFinding {
  return { code, page: at.page, slot: at.slot, offsetBytes: at.offsetBytes, message, ...NVS_FINDINGS[code] };
}
