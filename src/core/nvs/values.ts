// From entries to values: names the namespaces, puts blobs together, and lets the last copy of a value win.
import { readInteger, readU32 } from './bytes.js';
import type { NvsEntry, NvsPage } from './decode-page.js';
import {
  CHUNK_START_OTHER,
  ENTRY,
  ENTRY_TYPE,
  INTEGERS,
  type NvsIntegerType,
  SLOT_SIZE,
  integerTypeOf,
} from './layout.js';

/** Where a value stands: its entry (of a blob in chunks: the index). */
export interface NvsAddress {
  readonly page: number;
  readonly slot: number;
  readonly offsetBytes: number;
}

interface Named {
  /** Empty for entries of index 0 that are no namespace definition; no firmware call can reach those. */
  readonly namespace: string;
  readonly namespaceIndex: number;
  readonly key: string;
  readonly address: NvsAddress;
}

/** A value read back. It is also an `NvsRow`, so `encodeNvs(decodeNvs(image).values, …)` writes it again. */
export type NvsValue = Named &
  (
    | { readonly type: NvsIntegerType; readonly value: number | bigint }
    /** `data` is what is stored, NUL included; bytes that are not UTF-8 come out as U+FFFD in `value`. */
    | { readonly type: 'string'; readonly value: string; readonly data: Uint8Array }
    | { readonly type: 'blob'; readonly value: Uint8Array }
  );

export interface NvsUnreadable extends Named {
  /** What is wrong, as the end of a sentence that begins with the key. */
  readonly reason: string;
}

export interface ResolvedValues {
  readonly namespaces: readonly { readonly name: string; readonly index: number }[];
  readonly values: readonly NvsValue[];
  readonly stale: readonly NvsValue[];
  readonly unreadable: readonly NvsUnreadable[];
}

/** Resolves the entries of `pages`, which come oldest first. */
export function resolveValues(image: Uint8Array, pages: readonly NvsPage[]): ResolvedValues {
  const resolver = new Resolver(image);
  for (const page of pages) resolver.learnNamespaces(page);
  for (const page of pages) resolver.collectChunks(page);
  for (const page of pages) resolver.readPage(page);
  return resolver.finish();
}

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

/** A blob chunk is found by namespace, key and chunk number. */
const chunkName = (namespaceIndex: number, key: string, chunk: number): string =>
  `${namespaceIndex}/${chunk}/${key}`;

class Resolver {
  readonly #namespaces = new Map<number, string>();
  readonly #chunks = new Map<string, { entry: NvsEntry; page: number; used: boolean }>();
  readonly #found: NvsValue[] = [];
  readonly #unreadable: NvsUnreadable[] = [];

  constructor(readonly image: Uint8Array) {}

  learnNamespaces(page: NvsPage): void {
    for (const entry of page.entries) {
      if (!isNamespace(entry)) continue;
      this.#namespaces.set(this.image[entry.offsetBytes + ENTRY.value] ?? 0, entry.key);
    }
  }

  collectChunks(page: NvsPage): void {
    for (const entry of page.entries) {
      if (!isSound(entry) || entry.type !== ENTRY_TYPE.blobData) continue;
      this.#chunks.set(chunkName(entry.namespaceIndex, entry.key, entry.chunk), {
        entry,
        page: page.index,
        used: false,
      });
    }
  }

  readPage(page: NvsPage): void {
    for (const entry of page.entries) {
      if (entry.state === 'erased' || isNamespace(entry)) continue;
      const named = this.#name(entry, page.index);
      const fault = entryFault(entry);
      if (fault !== undefined) this.#unreadable.push({ ...named, reason: fault });
      else if (entry.type !== ENTRY_TYPE.blobData) this.#readValue(entry, named);
    }
  }

  finish(): ResolvedValues {
    for (const { entry, page, used } of this.#chunks.values()) {
      if (!used)
        this.#unreadable.push({
          ...this.#name(entry, page),
          reason: 'is a piece of a blob that has no index',
        });
    }
    const values = new Map<string, NvsValue>();
    const stale: NvsValue[] = [];
    for (const value of this.#found) {
      const name = `${value.namespaceIndex}/${value.type}/${value.key}`;
      const earlier = values.get(name);
      if (earlier !== undefined) stale.push(earlier);
      // Deleted first, so that the value takes the place of its last copy in the order.
      values.delete(name);
      values.set(name, value);
    }
    const namespaces = [...this.#namespaces].map(([index, name]) => ({ name, index }));
    return { namespaces, values: [...values.values()], stale, unreadable: this.#unreadable };
  }

  #name(entry: NvsEntry, page: number): Named {
    const { namespaceIndex, key, slot, offsetBytes } = entry;
    const namespace = this.#namespaces.get(namespaceIndex) ?? '';
    return { namespace, namespaceIndex, key, address: { page, slot, offsetBytes } };
  }

  #readValue(entry: NvsEntry, named: Named): void {
    if (named.namespace === '') {
      const reason = `belongs to namespace index ${named.namespaceIndex}, which nothing defines`;
      this.#unreadable.push({ ...named, reason });
      return;
    }
    const integer = integerTypeOf(entry.type);
    if (integer !== undefined) {
      const value = readInteger(
        this.image,
        entry.offsetBytes + ENTRY.value,
        INTEGERS[integer].bytes,
        integer.startsWith('i'),
      );
      this.#found.push({ ...named, type: integer, value });
    } else if (entry.type === ENTRY_TYPE.string) {
      const data = this.#data(entry);
      const text = utf8.decode(data.at(-1) === 0 ? data.subarray(0, -1) : data);
      this.#found.push({ ...named, type: 'string', value: text, data });
    } else if (entry.type === ENTRY_TYPE.blobV1) {
      this.#found.push({ ...named, type: 'blob', value: this.#data(entry) });
    } else {
      this.#readBlob(entry, named);
    }
  }

  #readBlob(index: NvsEntry, named: Named): void {
    const length = readU32(this.image, index.offsetBytes + ENTRY.blobLength);
    const count = this.image[index.offsetBytes + ENTRY.chunkCount] ?? 0;
    const start = this.image[index.offsetBytes + ENTRY.chunkStart] ?? 0;
    const parts: Uint8Array[] = [];
    let total = 0;
    for (let chunk = start; chunk < start + count; chunk++) {
      const found = this.#chunks.get(chunkName(index.namespaceIndex, index.key, chunk));
      if (found === undefined) {
        this.#unreadable.push({
          ...named,
          reason: `misses piece ${chunk - start + 1} of ${count} of its blob`,
        });
        return;
      }
      found.used = true;
      const part = this.#data(found.entry);
      parts.push(part);
      total += part.length;
    }
    if (total !== length || (start !== 0 && start !== CHUNK_START_OTHER)) {
      const reason = `has a blob index that says ${length} bytes from piece ${start} on, and pieces of ${total} bytes`;
      this.#unreadable.push({ ...named, reason });
      return;
    }
    this.#found.push({ ...named, type: 'blob', value: joinParts(parts, total) });
  }

  #data(entry: NvsEntry): Uint8Array {
    const start = entry.offsetBytes + SLOT_SIZE;
    return this.image.slice(start, start + entry.dataLength);
  }
}

function joinParts(parts: readonly Uint8Array[], total: number): Uint8Array {
  const joined = new Uint8Array(total);
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

/** Whether firmware would use the entry. */
export function isSound(entry: NvsEntry): boolean {
  return entry.state === 'written' && entryFault(entry) === undefined;
}

/** A namespace definition: index 0, one byte, which is the index it defines. */
export function isNamespace(entry: NvsEntry): boolean {
  return isSound(entry) && entry.namespaceIndex === 0 && entry.type === ENTRY_TYPE.u8;
}

/** Why firmware cannot use a written entry, or undefined. */
export function entryFault(entry: NvsEntry): string | undefined {
  if (entry.state === 'invalid') return 'has an impossible state in the bitmap';
  if (!entry.crcOk) return 'has a wrong entry checksum';
  if (integerTypeOf(entry.type) === undefined && !VARIABLE_TYPES.has(entry.type)) {
    return `has the unknown type 0x${entry.type.toString(16).padStart(2, '0')}`;
  }
  if (!entry.spanOk) return `has a span of ${entry.span} slots, which cannot be right`;
  if (entry.dataCrcOk === false) return 'has a wrong checksum of its data';
  return undefined;
}

const VARIABLE_TYPES = new Set<number>([
  ENTRY_TYPE.string,
  ENTRY_TYPE.blobV1,
  ENTRY_TYPE.blobData,
  ENTRY_TYPE.blobIndex,
]);
