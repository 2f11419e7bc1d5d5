// Why firmware cannot use an entry.
import type { NvsEntry } from './decode-page.js';
import { ENTRY_TYPE, integerTypeOf } from './layout.js';

type NvsFaultCode =
  | 'bitmap'
  | 'entry-crc'
  | 'type'
  | 'span'
  | 'data-crc'
  | 'namespace-undefined'
  | 'chunk-missing'
  | 'chunk-orphan'
  | 'blob-length';

/** `reason` is the end of a sentence that begins with the key. */
export interface NvsFault {
  readonly code: NvsFaultCode;
  readonly reason: string;
}

const VARIABLE_TYPES = new Set<number>([
  ENTRY_TYPE.string,
  ENTRY_TYPE.blobV1,
  ENTRY_TYPE.blobData,
  ENTRY_TYPE.blobIndex,
]);

/** The fault of an entry that is not erased, or undefined when firmware would use it. */
export function entryFault(entry: NvsEntry): NvsFault | undefined {
  if (entry.state === 'invalid') return { code: 'bitmap', reason: 'has an impossible state in the bitmap' };
  if (!entry.crcOk) return { code: 'entry-crc', reason: 'has a wrong entry checksum' };
  if (integerTypeOf(entry.type) === undefined && !VARIABLE_TYPES.has(entry.type)) {
    return { code: 'type', reason: `has the unknown type 0x${entry.type.toString(16).padStart(2, '0')}` };
  }
  if (!entry.spanOk)
    return { code: 'span', reason: `has a span of ${entry.span} slots, which cannot be right` };
  if (entry.dataCrcOk === false) return { code: 'data-crc', reason: 'has a wrong checksum of its data' };
  return undefined;
}

/** Whether firmware would use the entry. */
export function isSound(entry: NvsEntry): boolean {
  return entry.state === 'written' && entryFault(entry) === undefined;
}

/** A namespace definition: index 0, one byte, which is the index it defines. */
export function isNamespace(entry: NvsEntry): boolean {
  return entry.namespaceIndex === 0 && entry.type === ENTRY_TYPE.u8 && isSound(entry);
}
