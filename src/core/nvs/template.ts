// A prepared image whose values are patched in place: for a product whose images differ in a few values only, this
// saves placing the entries and building the blank pages again for every device.
import { writeInteger, writeU16, writeU32 } from './bytes.js';
import { nvsCrc32 } from './crc32.js';
import { type EncodeOptions, encodeNvs } from './encode.js';
import { sealEntry } from './entry.js';
import { ENTRY, INTEGERS, SLOT_SIZE, slotsFor } from './layout.js';
import { type NvsItem, type NvsRow, itemsFromRows } from './rows.js';
import { ImageWriter, type NvsPlace } from './writer.js';

/** Rows of the same shape: names and types as in the template, values as they like. */
export type TemplateRows = readonly NvsRow[];

export interface NvsTemplate {
  /**
   * The image of these rows, the same bytes as `encodeNvs(rows, …)`. Rows whose values do not fit the places of the
   * template (other names or types, more slots) are encoded afresh.
   *
   * @returns the template's own buffer: it is overwritten by the next call, so copy what must last
   * @throws as `encodeNvs`
   */
  fill(rows: TemplateRows): Uint8Array;
}

/**
 * Prepares a template from the rows of any one device.
 *
 * @param sizeBytes size of the partition (see `encodeNvs`)
 * @throws as `encodeNvs`
 */
export function compileTemplate(
  rows: TemplateRows,
  sizeBytes: number,
  options: EncodeOptions = {},
): NvsTemplate {
  const version = options.version ?? 2;
  const writer = new ImageWriter(sizeBytes, version);
  const places = new Map<NvsItem, NvsPlace>();
  for (const item of itemsFromRows(rows)) places.set(item, writer.write(item));
  const image = writer.finish();
  const patches = patchesFor(rows, places, image, version === 2);
  return { fill: (values) => fillImage(image, patches, values) ?? encodeNvs(values, sizeBytes, options) };
}

/** One row's place. `write` puts a value there and returns false, with nothing written, when it does not fit. */
interface Patch {
  readonly namespace: string;
  readonly key: string | undefined;
  readonly type: NvsRow['type'];
  readonly write: (row: NvsRow) => boolean;
}

function fillImage(image: Uint8Array, patches: readonly Patch[], rows: TemplateRows): Uint8Array | undefined {
  if (rows.length !== patches.length) return undefined;
  for (let i = 0; i < patches.length; i++) {
    const [patch, row] = [patches[i] as Patch, rows[i] as NvsRow];
    if (row.type !== patch.type || row.namespace !== patch.namespace) return undefined;
    if (row.type !== 'namespace' && row.key !== patch.key) return undefined;
    if (!patch.write(row)) return undefined;
  }
  return image;
}

function patchesFor(
  rows: TemplateRows,
  places: ReadonlyMap<NvsItem, NvsPlace>,
  image: Uint8Array,
  chunked: boolean,
): Patch[] {
  // Definitions of namespaces have index 0; the other items stand in the order of the rows that are no namespaces.
  const placed = [...places].filter(([item]) => item.namespaceIndex !== 0).map(([, place]) => place);
  let next = 0;
  return rows.map((row) => {
    const { namespace, type } = row;
    if (row.type === 'namespace') return { namespace, type, key: undefined, write: () => true };
    const place = placed[next++] as NvsPlace;
    return { namespace, type, key: row.key, write: writerFor(row, image, place, chunked) };
  });
}

function writerFor(
  row: Exclude<NvsRow, { type: 'namespace' }>,
  image: Uint8Array,
  place: NvsPlace,
  chunked: boolean,
): Patch['write'] {
  if (row.type === 'string') return stringWriter(image, place, row.value);
  if (row.type === 'blob') return blobWriter(image, place, row.value, chunked);
  return integerWriter(image, place, row.value);
}

function integerWriter(image: Uint8Array, { offsetBytes }: NvsPlace, first: number | bigint): Patch['write'] {
  let current = first;
  return (row) => {
    if (row.type === 'namespace' || row.type === 'string' || row.type === 'blob') return false;
    const { value } = row;
    if (value === current) return true;
    const { bytes, min, max } = INTEGERS[row.type];
    // A number that cannot be stored is refused by the full encoder, with its message.
    if (value < min || value > max || (typeof value === 'number' && !Number.isSafeInteger(value)))
      return false;
    writeInteger(image, offsetBytes + ENTRY.value, bytes, value);
    sealEntry(image, offsetBytes);
    current = value;
    return true;
  };
}

const utf8 = new TextEncoder();

function stringWriter(image: Uint8Array, { offsetBytes, span }: NvsPlace, first: string): Patch['write'] {
  const data = image.subarray(offsetBytes + SLOT_SIZE, offsetBytes + span * SLOT_SIZE);
  const scratch = new Uint8Array(data.length);
  let current = first;
  return (row) => {
    if (row.type !== 'string') return false;
    if (row.value === current) return true;
    const length = writeText(row.value, scratch);
    if (length === undefined || slotsFor(length) !== span - 1) return false;
    data.set(scratch);
    patchData(image, offsetBytes, data, length);
    current = row.value;
    return true;
  };
}

/** Writes text and its NUL; undefined when there is no room. Plain ASCII, the usual case, is copied by hand: faster. */
function writeText(text: string, target: Uint8Array): number | undefined {
  if (text.length >= target.length) return undefined;
  let length = 0;
  for (; length < text.length; length++) {
    const code = text.charCodeAt(length);
    if (code > 0x7f) break;
    target[length] = code;
  }
  if (length < text.length) {
    const { read, written } = utf8.encodeInto(text, target);
    if (read < text.length || written === target.length) return undefined;
    length = written;
  }
  target[length] = 0;
  return length + 1;
}

/** Blobs are patched when they stand in one piece and keep their length; the rest is rare and encoded afresh. */
function blobWriter(
  image: Uint8Array,
  { offsetBytes, span }: NvsPlace,
  first: Uint8Array,
  chunked: boolean,
): Patch['write'] {
  const inOnePiece = span === 1 + slotsFor(first.length);
  const data = image.subarray(offsetBytes + SLOT_SIZE, offsetBytes + span * SLOT_SIZE);
  return (row) => {
    if (row.type !== 'blob' || !inOnePiece) return false;
    const { length } = row.value;
    if (length !== first.length && (chunked || slotsFor(length) !== span - 1)) return false;
    data.set(row.value);
    patchData(image, offsetBytes, data, length);
    return true;
  };
}

/** The data of an entry has changed: pads its last slot, and renews the length and both checksums. */
function patchData(image: Uint8Array, offsetBytes: number, data: Uint8Array, length: number): void {
  data.fill(0xff, length);
  writeU16(image, offsetBytes + ENTRY.dataLength, length);
  writeU32(image, offsetBytes + ENTRY.dataCrc, nvsCrc32(data, 0, length));
  sealEntry(image, offsetBytes);
}
