// One page: header (state, sequence number, version, CRC) and the bitmap that says which slots are written.
import { readU32, writeU32 } from './bytes.js';
import { nvsCrc32 } from './crc32.js';
import { type NvsVersion, PAGE, PAGE_STATE, VERSION_BYTE } from './layout.js';

/** A slot's two bits in the bitmap: 11 empty, 10 written, 00 erased. 01 can only come from damage. */
export type SlotState = 'empty' | 'written' | 'erased' | 'invalid';
const SLOT_STATES: readonly SlotState[] = ['erased', 'invalid', 'written', 'empty'];

/** Makes the blank page at `at` the active page with the given sequence number. */
export function writePageHeader(bytes: Uint8Array, at: number, sequence: number, version: NvsVersion): void {
  writeU32(bytes, at + PAGE.state, PAGE_STATE.active);
  writeU32(bytes, at + PAGE.sequence, sequence);
  bytes[at + PAGE.version] = VERSION_BYTE[version];
  writeU32(bytes, at + PAGE.crc, nvsCrc32(bytes, at + PAGE.crcStart, at + PAGE.crcEnd));
}

/** Turns the page at `at` full: no entry is added after that. */
export function markPageFull(bytes: Uint8Array, at: number): void {
  writeU32(bytes, at + PAGE.state, PAGE_STATE.full);
}

/** Marks `count` empty slots from `first` on as written. */
export function markWritten(bytes: Uint8Array, at: number, first: number, count: number): void {
  for (let slot = first; slot < first + count; slot++) {
    const byte = at + PAGE.bitmap + (slot >>> 2);
    bytes[byte] = (bytes[byte] as number) & ~(1 << (2 * (slot & 3)));
  }
}

/** State of one slot of the page at `at`. */
export function slotState(bytes: Uint8Array, at: number, slot: number): SlotState {
  const bits = ((bytes[at + PAGE.bitmap + (slot >>> 2)] ?? 0xff) >>> (2 * (slot & 3))) & 3;
  return SLOT_STATES[bits] as SlotState;
}

/** Offset of a slot from the start of its page. */
export function slotOffset(slot: number): number {
  return PAGE.slots + 32 * slot;
}

export type PageState = 'empty' | 'active' | 'full' | 'freeing' | 'corrupt';

export interface PageHeader {
  /** `corrupt` covers the state word that says so, every unknown one, and a wrong header CRC: firmware erases those. */
  readonly state: PageState;
  readonly stateWord: number;
  readonly sequence: number;
  readonly versionByte: number;
  readonly crcOk: boolean;
}

const STATE_BY_WORD = new Map<number, PageState>([
  [PAGE_STATE.empty, 'empty'],
  [PAGE_STATE.active, 'active'],
  [PAGE_STATE.full, 'full'],
  [PAGE_STATE.freeing, 'freeing'],
]);

/** Reads the header of the page at `at`, as firmware would take it. */
export function readPageHeader(bytes: Uint8Array, at: number): PageHeader {
  const stateWord = readU32(bytes, at + PAGE.state);
  const crcOk = readU32(bytes, at + PAGE.crc) === nvsCrc32(bytes, at + PAGE.crcStart, at + PAGE.crcEnd);
  const named = STATE_BY_WORD.get(stateWord) ?? 'corrupt';
  return {
    state: named === 'empty' || crcOk ? named : 'corrupt',
    stateWord,
    sequence: readU32(bytes, at + PAGE.sequence),
    versionByte: bytes[at + PAGE.version] ?? 0xff,
    crcOk,
  };
}

/** Whether the page at `at` is one that firmware made: its header has the right CRC and a state that pages have. */
export function isNvsPage(bytes: Uint8Array, at: number): boolean {
  const { stateWord, crcOk } = readPageHeader(bytes, at);
  return crcOk && stateWord !== PAGE_STATE.empty && WRITTEN_STATES.includes(stateWord);
}

const WRITTEN_STATES: readonly number[] = Object.values(PAGE_STATE);
