// Faults of one page: its header, its bitmap, and each entry by itself.
import { isBlank } from './bytes.js';
import type { NvsImage } from './decode.js';
import type { NvsEntry, NvsPage } from './decode-page.js';
import { entryFault } from './entry-fault.js';
import { type NvsFinding, finding } from './findings.js';
import {
  CHUNK_ANY,
  ENTRY,
  ENTRY_TYPE,
  INTEGERS,
  PAGE_SIZE,
  SLOTS_PER_PAGE,
  SLOT_SIZE,
  VERSION_BYTE,
  integerTypeOf,
} from './layout.js';
import { slotOffset, slotState } from './page.js';

/** Faults of one page and its entries. Of an encrypted image only the header and the bitmap are looked at. */
export function findPageFaults(image: Uint8Array, page: NvsPage, whole: NvsImage): NvsFinding[] {
  const header = findHeaderFaults(image, page);
  if (page.state === 'empty' || page.state === 'corrupt') return header;
  const entries = whole.looksEncrypted
    ? []
    : page.entries.flatMap((entry) => findEntryFaults(image, page, entry));
  return [...header, ...findBitmapFaults(image, page), ...entries];
}

function findHeaderFaults(image: Uint8Array, page: NvsPage): NvsFinding[] {
  const at = { page: page.index, offsetBytes: page.offsetBytes };
  if (page.state === 'empty') {
    if (isBlank(image, page.offsetBytes, page.offsetBytes + PAGE_SIZE)) return [];
    return [
      finding(
        'page-not-blank',
        at,
        `page ${page.index} says that it is empty, and holds bytes that are not 0xFF`,
      ),
    ];
  }
  if (!page.headerCrcOk)
    return [finding('page-header-crc', at, `the header of page ${page.index} has a wrong checksum`)];
  if (page.state === 'corrupt') {
    const word = page.stateWord.toString(16).padStart(8, '0');
    return [finding('page-state', at, `page ${page.index} has the state 0x${word}, which means nothing`)];
  }
  const findings: NvsFinding[] = [];
  if (page.versionByte < VERSION_BYTE[2]) {
    const version = page.versionByte.toString(16).padStart(2, '0');
    findings.push(
      finding(
        'version',
        at,
        `page ${page.index} has the format version 0x${version}, newer than firmware knows`,
      ),
    );
  }
  if (page.state === 'freeing') {
    findings.push(finding('page-freeing', at, `page ${page.index} is being emptied into another one`));
  }
  return findings;
}

function findBitmapFaults(image: Uint8Array, page: NvsPage): NvsFinding[] {
  const findings: NvsFinding[] = [];
  for (let slot = 0; slot < SLOTS_PER_PAGE; slot++) {
    const offsetBytes = page.offsetBytes + slotOffset(slot);
    const at = { page: page.index, slot, offsetBytes };
    const state = slotState(image, page.offsetBytes, slot);
    const blank = isBlank(image, offsetBytes, offsetBytes + SLOT_SIZE);
    if (state === 'empty' && !blank) {
      findings.push(finding('bitmap-hole', at, `slot ${slot} is marked empty and holds data`));
    } else if (state === 'erased' && blank) {
      findings.push(finding('erased-blank', at, `slot ${slot} is marked erased and was never written`));
    } else if (state === 'invalid') {
      findings.push(finding('bitmap', at, `slot ${slot} has an impossible state in the bitmap`));
    }
  }
  return findings;
}

function findEntryFaults(image: Uint8Array, page: NvsPage, entry: NvsEntry): NvsFinding[] {
  const at = { page: page.index, slot: entry.slot, offsetBytes: entry.offsetBytes };
  if (entry.state !== 'written') {
    if (!entry.crcOk || !entry.spanOk || entry.slotsTaken === entry.span) return [];
    return [finding('span-state', at, `"${entry.key}" is erased, and its data is still marked written`)];
  }
  if (isBlank(image, entry.offsetBytes, entry.offsetBytes + SLOT_SIZE)) {
    return [finding('written-blank', at, `slot ${entry.slot} is marked written and is blank`)];
  }
  const fault = entryFault(entry);
  const named = entry.crcOk ? `"${entry.key}"` : `the entry in slot ${entry.slot}`;
  // Faults of whole values (a blob's pieces, namespaces) are found by findValueFaults.
  if (fault !== undefined) return [finding(fault.code, at, `${named} ${fault.reason}`)];
  return [...findKeyFaults(image, entry, at), ...findFieldFaults(image, page, entry, at)];
}

type At = { readonly page: number; readonly slot: number; readonly offsetBytes: number };

function findKeyFaults(image: Uint8Array, entry: NvsEntry, at: At): NvsFinding[] {
  const field = image.subarray(entry.offsetBytes + ENTRY.key, entry.offsetBytes + ENTRY.keyEnd);
  if (field.at(-1) !== 0)
    return [finding('key', at, `the key "${entry.key}" does not end with a NUL in its 16 bytes`)];
  if (field.some((byte) => byte > 0x7f))
    return [finding('key', at, `the key "${entry.key}" has bytes outside ASCII`)];
  return [];
}

function findFieldFaults(image: Uint8Array, page: NvsPage, entry: NvsEntry, at: At): NvsFinding[] {
  const findings: NvsFinding[] = [];
  for (let slot = entry.slot + 1; slot < entry.slot + entry.span; slot++) {
    if (slotState(image, page.offsetBytes, slot) === 'written') continue;
    findings.push(
      finding('span-state', at, `"${entry.key}" is written, and its data in slot ${slot} is not marked so`),
    );
    break;
  }
  if (
    entry.type !== ENTRY_TYPE.blobData &&
    entry.chunk !== CHUNK_ANY &&
    page.versionByte === VERSION_BYTE[2]
  ) {
    findings.push(
      finding('chunk-field', at, `"${entry.key}" has the chunk number ${entry.chunk} and is no chunk`),
    );
  }
  const integer = integerTypeOf(entry.type);
  const valueEnd = integer === undefined ? SLOT_SIZE : ENTRY.value + INTEGERS[integer].bytes;
  if (!isBlank(image, entry.offsetBytes + valueEnd, entry.offsetBytes + SLOT_SIZE)) {
    findings.push(finding('padding', at, `"${entry.key}" has bytes after its value that are not 0xFF`));
  }
  if (entry.type === ENTRY_TYPE.string && image[entry.offsetBytes + SLOT_SIZE + entry.dataLength - 1] !== 0) {
    findings.push(finding('string-end', at, `the string "${entry.key}" does not end with a NUL`));
  }
  return findings;
}
