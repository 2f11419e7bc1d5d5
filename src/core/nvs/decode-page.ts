// One page of an image as entries, each with its place and whether its checksums hold.
import { isBlank } from './bytes.js';
import { nvsCrc32 } from './crc32.js';
import { type EntryFields, readEntry } from './entry.js';
import {
  ENTRY_TYPE,
  PAGE,
  PAGE_SIZE,
  SLOTS_PER_PAGE,
  SLOT_SIZE,
  hasData,
  integerTypeOf,
  slotsFor,
} from './layout.js';
import { type PageHeader, type SlotState, readPageHeader, slotOffset, slotState } from './page.js';

export interface NvsEntry extends EntryFields {
  /** Number of the slot in its page, 0 to 125. */
  readonly slot: number;
  /** Offset of the entry in the image. */
  readonly offsetBytes: number;
  readonly state: Exclude<SlotState, 'empty'>;
  /** Slots that the decoder gave to this entry: its span, or 1 when the span cannot be right. */
  readonly slotsTaken: number;
  /** Whether the span fits the page and the type. */
  readonly spanOk: boolean;
  /** Whether the data has the CRC that the entry names; undefined for entries without data. */
  readonly dataCrcOk: boolean | undefined;
}

export interface NvsPage extends Omit<PageHeader, 'crcOk'> {
  /** Number of the page by its place in the image. */
  readonly index: number;
  readonly offsetBytes: number;
  readonly headerCrcOk: boolean;
  readonly entries: readonly NvsEntry[];
  readonly writtenSlots: number;
  readonly erasedSlots: number;
  readonly emptySlots: number;
}

/** Decodes the page at `at`. An empty page has no entries; one whose header is corrupt is still read for what it holds. */
export function decodePage(image: Uint8Array, at: number): NvsPage {
  const header = readPageHeader(image, at);
  const counts = countSlots(image, at);
  // Field by field: to spread an object takes V8 longer than to read the page.
  return {
    state: header.state,
    stateWord: header.stateWord,
    sequence: header.sequence,
    versionByte: header.versionByte,
    index: at / PAGE_SIZE,
    offsetBytes: at,
    headerCrcOk: header.crcOk,
    entries: header.state === 'empty' ? [] : readEntries(image, at),
    writtenSlots: counts.written,
    erasedSlots: counts.erased + counts.invalid,
    emptySlots: counts.empty,
  };
}

function countSlots(image: Uint8Array, at: number): Record<SlotState, number> {
  const counts = { written: 0, erased: 0, empty: 0, invalid: 0 };
  // Most pages of a new partition are blank: known by a glance at 32 bytes.
  if (isBlank(image, at + PAGE.bitmap, at + PAGE.bitmapEnd)) return { ...counts, empty: SLOTS_PER_PAGE };
  for (let slot = 0; slot < SLOTS_PER_PAGE; slot++) counts[slotState(image, at, slot)] += 1;
  return counts;
}

function readEntries(image: Uint8Array, at: number): NvsEntry[] {
  const entries: NvsEntry[] = [];
  let slot = 0;
  while (slot < SLOTS_PER_PAGE) {
    const state = slotState(image, at, slot);
    const offset = at + slotOffset(slot);
    if (state === 'empty' || (state === 'erased' && isBlank(image, offset, offset + SLOT_SIZE))) {
      slot += 1;
      continue;
    }
    const entry = readOne(image, at, slot, state);
    entries.push(entry);
    slot += entry.slotsTaken;
  }
  return entries;
}

function readOne(
  image: Uint8Array,
  pageOffset: number,
  slot: number,
  state: Exclude<SlotState, 'empty'>,
): NvsEntry {
  const offsetBytes = pageOffset + slotOffset(slot);
  const fields = readEntry(image, offsetBytes);
  const spanOk = isSpanRight(fields, slot);
  // An entry whose CRC is wrong may claim any span: believing it would hide the entries that follow.
  const slotsTaken = fields.crcOk && spanOk ? sameStateRun(image, pageOffset, slot, fields.span, state) : 1;
  const dataStart = offsetBytes + SLOT_SIZE;
  const dataCrcOk =
    hasData(fields.type) && spanOk
      ? nvsCrc32(image, dataStart, dataStart + fields.dataLength) === fields.dataCrc
      : undefined;
  const { namespaceIndex, type, span, chunk, key, crcOk, dataLength, dataCrc } = fields;
  const place = { slot, offsetBytes, state, slotsTaken, spanOk, dataCrcOk };
  return Object.assign(place, { namespaceIndex, type, span, chunk, key, crcOk, dataLength, dataCrc });
}

/** Slots of an erased entry's span that are erased with it; a written entry takes its whole span. */
function sameStateRun(
  image: Uint8Array,
  pageOffset: number,
  slot: number,
  span: number,
  state: SlotState,
): number {
  if (state === 'written') return span;
  let taken = 1;
  while (taken < span && slotState(image, pageOffset, slot + taken) === state) taken += 1;
  return taken;
}

function isSpanRight({ type, span, dataLength }: EntryFields, slot: number): boolean {
  if (span < 1 || slot + span > SLOTS_PER_PAGE) return false;
  if (hasData(type)) return span === 1 + slotsFor(dataLength);
  if (type === ENTRY_TYPE.blobIndex || integerTypeOf(type) !== undefined) return span === 1;
  return true;
}
