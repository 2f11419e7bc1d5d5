// An image back as a CSV file, from which the generator makes the same image again.
import { bytesToHex } from '@noble/hashes/utils.js';
import { readU32, sameBytes } from './bytes.js';
import { type NvsImage, decodeNvs, pagesInUse } from './decode.js';
import type { NvsEntry } from './decode-page.js';
import { isNamespace } from './entry-fault.js';
import { generateNvs } from './generate.js';
import { MASK } from '../masking/masker.js';
import { type InspectOptions, isHidden } from './inspect.js';
import { ENTRY } from './layout.js';
import type { NvsValue } from './values.js';
import { quotedCell } from '../text.js';
import { WifiExtras, isStationKey } from './wifi-extras.js';

export interface ExportedCsv {
  readonly text: string;
  /** Whether the text makes the same image again, with the image's size and version. False when a secret is masked. */
  readonly equal: boolean;
  readonly masked: number;
  /** Values that CSV cannot carry, by name. */
  readonly left: readonly string[];
}

const HEADER = 'key,type,encoding,value';

/** Not an encoding: a masked row is refused by every generator, rather than written with the mask for its value. */
const MASKED_ENCODING = 'masked';

/** Writes the values of an image in the order in which they stand there, copies included. */
export function exportNvsCsv(image: Uint8Array, options: InspectOptions = {}): ExportedCsv {
  const decoded = decodeNvs(image);
  const exporter = new Exporter(options);
  for (const step of stepsOf(image, decoded)) exporter.take(step);
  const text = [HEADER, ...exporter.lines, ''].join('\n');
  const equal = exporter.masked === 0 && makesSame(text, image, decoded);
  return { text, equal, masked: exporter.masked, left: exporter.left };
}

function makesSame(text: string, image: Uint8Array, decoded: NvsImage): boolean {
  try {
    const bytes = new TextEncoder().encode(text);
    const again = generateNvs([{ file: 'export', bytes }], image.length, {
      version: decoded.version ?? 2,
    }).image;
    return sameBytes(again, image);
  } catch {
    return false;
  }
}

type Step = { readonly namespace: string } | { readonly value: NvsValue };

/** Namespace definitions and values in the order written. */
function stepsOf(image: Uint8Array, decoded: NvsImage): Step[] {
  const valueAt = new Map<number, NvsValue>();
  for (const value of [...decoded.values, ...decoded.stale, ...decoded.unreachable]) {
    valueAt.set(value.address.offsetBytes, value);
  }
  const entries = decoded.looksEncrypted ? [] : pagesInUse(decoded.pages).flatMap((page) => page.entries);
  const indexOf = (entry: NvsEntry): number => image[entry.offsetBytes + ENTRY.value] ?? 0;
  const lastWithIndex = new Map(entries.filter(isNamespace).map((entry) => [indexOf(entry), entry]));
  const lastOutside = entries.findLastIndex((entry) => entry.namespaceIndex === 0 && !isNamespace(entry));
  let defined = 0;
  return entries.flatMap((entry, i): Step[] => {
    if (!isNamespace(entry)) {
      const value = valueAt.get(entry.offsetBytes);
      return value === undefined ? [] : [{ value }];
    }
    // A u8 written before any namespace looks like a definition. It is none when its number is not the next one, when
    // a later entry defines the same number, or when a later row still stands outside all namespaces.
    if (indexOf(entry) === defined + 1 && lastWithIndex.get(indexOf(entry)) === entry && i > lastOutside) {
      defined += 1;
      return [{ namespace: entry.key }];
    }
    const address = { page: 0, slot: entry.slot, offsetBytes: entry.offsetBytes };
    return [
      {
        value: {
          namespace: '',
          namespaceIndex: 0,
          key: entry.key,
          address,
          type: 'u8',
          value: indexOf(entry),
        },
      },
    ];
  });
}

class Exporter {
  readonly lines: string[] = [];
  readonly left: string[] = [];
  masked = 0;
  readonly #wifi = new WifiExtras();
  /** What the generator will add by itself after the row just written. */
  #pending: (readonly [key: string, data: Uint8Array])[] = [];
  #heldPmk: NvsValue | undefined;

  constructor(private readonly options: InspectOptions) {}

  take(step: Step): void {
    if ('namespace' in step) {
      this.lines.push(row(step.namespace, 'namespace', '', ''));
      return;
    }
    const { value } = step;
    if (this.#isPending(value)) return;
    // Written before the row that completes the three access point keys: so it is known for an addition one row late.
    if (value.key === 'ap.pmk_info') {
      this.#flushPmk();
      this.#heldPmk = value;
      return;
    }
    this.#write(value);
  }

  #isPending(value: NvsValue): boolean {
    const [next] = this.#pending;
    if (next === undefined) return false;
    const same = value.type === 'blob' && value.key === next[0] && sameBytes(value.value, next[1]);
    if (same) this.#pending.shift();
    else this.#pending = [];
    return same;
  }

  #flushPmk(): void {
    const held = this.#heldPmk;
    this.#heldPmk = undefined;
    if (held !== undefined) this.#writeRow(held, cellOf(held));
  }

  #write(value: NvsValue): void {
    const cell = cellOf(value);
    const master = this.#wifi.accessPointKey(value.key, cell?.text);
    const held = this.#heldPmk;
    if (master !== undefined && held?.type === 'blob' && sameBytes(master, held.value))
      this.#heldPmk = undefined;
    this.#flushPmk();
    this.#writeRow(value, cell);
    if (isStationKey(value.key)) this.#pending = [...this.#wifi.stationExtras()];
  }

  #writeRow(value: NvsValue, cell: Cell | undefined): void {
    if (isHidden(value, this.options)) {
      this.masked += 1;
      this.lines.push(row(value.key, 'data', MASKED_ENCODING, MASK));
    } else if (cell === undefined) {
      this.left.push(`${value.namespace}:${value.key}`);
    } else {
      this.lines.push(row(value.key, 'data', cell.encoding, cell.text));
    }
  }
}

interface Cell {
  readonly encoding: string;
  readonly text: string;
}

const utf8 = new TextEncoder();
const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
/** A cell holds 131,072 characters: hex carries half as many bytes, base64 three quarters. */
const HEX_MAX_BYTES = 65_536;
const BASE64_MAX_BYTES = 98_304;

/** The cell that a value came from, or one that means the same; undefined when CSV cannot carry it. */
function cellOf(value: NvsValue): Cell | undefined {
  if (value.type === 'string') return stringCell(value.data);
  if (value.type !== 'blob') return { encoding: value.type, text: String(value.value) };
  if (value.key === 'ap.ssid' || value.key === 'ap.passwd')
    return filledCell(value.value) ?? blobCell(value.value);
  return blobCell(value.value);
}

function stringCell(data: Uint8Array): Cell | undefined {
  const ended = data.at(-1) === 0;
  const content = ended ? data.subarray(0, -1) : data;
  try {
    const text = strictUtf8.decode(content);
    // A CR becomes a LF on reading, and a line inside quotes that begins with # is dropped as a comment.
    if (/\r|\n#/.test(text)) return undefined;
    return { encoding: ended ? 'string' : 'STRING', text };
  } catch {
    return undefined;
  }
}

function blobCell(data: Uint8Array): Cell | undefined {
  if (data.length <= HEX_MAX_BYTES) return { encoding: 'hex2bin', text: bytesToHex(data) };
  if (data.length > BASE64_MAX_BYTES) return undefined;
  let binary = '';
  for (const byte of data) binary += String.fromCharCode(byte);
  return { encoding: 'base64', text: btoa(binary) };
}

/** The access point's name and password as fills: the generator derives a key from the cell's text, not from its bytes. */
function filledCell(data: Uint8Array): Cell | undefined {
  const textLength = data.length >= 4 ? readU32(data, 0) : data.length;
  const counted = data.length >= 4 && textLength <= data.length - 4;
  const start = counted ? 4 : 0;
  const end = counted ? 4 + textLength : 1 + data.findLastIndex((byte) => byte !== 0);
  const text = readText(data.subarray(start, end));
  const pad = data[end] ?? 0;
  if (text === undefined || data.subarray(end).some((byte) => byte !== pad)) return undefined;
  const fill = `(${data.length - start};0x${pad.toString(16).padStart(2, '0')})`;
  return { encoding: `${counted ? 'blob_sz_fill' : 'blob_fill'}${fill}`, text };
}

function readText(bytes: Uint8Array): string | undefined {
  const text = new TextDecoder().decode(bytes);
  return sameBytes(utf8.encode(text), bytes) && !/[\r\n]/.test(text) ? text : undefined;
}

function row(...cells: string[]): string {
  return cells.map((text, i) => quotedCell(text, (i === 0 && text.startsWith('#')) || undefined)).join(',');
}
