// From entries to values: names the namespaces, puts blobs together, and lets the last copy of a value win.
import { readInteger, readU32 } from './bytes.js';
import type { NvsEntry, NvsPage } from './decode-page.js';
import { type NvsFault, entryFault, isNamespace, isSound } from './entry-fault.js';
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
interface NvsAddress {
  readonly page: number;
  readonly slot: number;
  readonly offsetBytes: number;
}

interface Named {
  /** Empty when nothing defines the index; no firmware call can reach such a value. */
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

/** An entry that cannot be read, and why. */
export type NvsUnreadable = Named & NvsFault;

interface NvsNamespace {
  readonly name: string;
  readonly index: number;
}

export interface ResolvedValues {
  /** In order of appearance. */
  readonly namespaces: readonly NvsNamespace[];
  /** What the device would find, in the order written. */
  readonly values: readonly NvsValue[];
  /** Older copies of a value: still there, and overruled by a later one. */
  readonly stale: readonly NvsValue[];
  /** Sound values of a namespace index that nothing defines. They are also listed in `unreadable`. */
  readonly unreachable: readonly NvsValue[];
  readonly unreadable: readonly NvsUnreadable[];
}

/** Resolves the entries of `pages`, which come oldest first. */
export function resolveValues(image: Uint8Array, pages: readonly NvsPage[]): ResolvedValues {
  const resolver = new Resolver(image);
  for (const page of pages) resolver.collect(page);
  for (const page of pages) resolver.read(page);
  return resolver.finish();
}

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

interface Chunk {
  readonly entry: NvsEntry;
  readonly page: number;
  /** Indexes that the chunk was given to. */
  uses: number;
}

/** While a page is moved, an index stands there twice and its chunks once. More than that is damage. */
const CHUNK_USES_MAX = 2;

class Resolver {
  readonly #namespaces = new Map<number, string>();
  readonly #chunks: Chunk[] = [];
  /** The last chunk of each name in the whole image, and the last one before the entry being read. */
  readonly #lastChunk = new Map<string, Chunk>();
  readonly #chunkSoFar = new Map<string, Chunk>();
  readonly #found: NvsValue[] = [];
  readonly #unreachable: NvsValue[] = [];
  readonly #unreadable: NvsUnreadable[] = [];
  #passed = 0;

  constructor(readonly image: Uint8Array) {}

  collect(page: NvsPage): void {
    for (const entry of page.entries) {
      if (isNamespace(entry)) {
        this.#namespaces.set(this.image[entry.offsetBytes + ENTRY.value] ?? 0, entry.key);
      } else if (entry.type === ENTRY_TYPE.blobData && isSound(entry)) {
        const chunk = { entry, page: page.index, uses: 0 };
        this.#chunks.push(chunk);
        this.#lastChunk.set(chunkName(entry, entry.chunk), chunk);
      }
    }
  }

  read(page: NvsPage): void {
    for (const entry of page.entries) {
      if (entry.state === 'erased' || isNamespace(entry)) continue;
      const named = this.#name(entry, page.index);
      const fault = entryFault(entry);
      if (fault !== undefined) this.#unreadable.push(Object.assign(named, fault));
      else if (entry.type === ENTRY_TYPE.blobData) this.#passChunk(entry);
      else this.#add(this.#readValue(entry, named));
    }
  }

  finish(): ResolvedValues {
    for (const { entry, page, uses } of this.#chunks) {
      if (uses > 0) continue;
      const reason = 'is a piece of a blob that has no index';
      this.#unreadable.push({ ...this.#name(entry, page), code: 'chunk-orphan', reason });
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
    return {
      namespaces: [...this.#namespaces].map(([index, name]) => ({ name, index })),
      values: [...values.values()],
      stale,
      unreachable: this.#unreachable,
      unreadable: this.#unreadable,
    };
  }

  /** A new object each time, which its value is then added to: to spread one takes V8 much longer. */
  #name(entry: NvsEntry, page: number): Named {
    const { namespaceIndex, key, slot, offsetBytes } = entry;
    const namespace = this.#namespaces.get(namespaceIndex) ?? '';
    return { namespace, namespaceIndex, key, address: { page, slot, offsetBytes } };
  }

  #add(value: NvsValue | NvsUnreadable): void {
    if ('reason' in value) {
      this.#unreadable.push(value);
    } else if (this.#namespaces.has(value.namespaceIndex)) {
      this.#found.push(value);
    } else {
      const { namespaceIndex, key, address } = value;
      const reason = `belongs to namespace index ${namespaceIndex}, which nothing defines`;
      this.#unreachable.push(value);
      this.#unreadable.push({
        namespace: '',
        namespaceIndex,
        key,
        address,
        code: 'namespace-undefined',
        reason,
      });
    }
  }

  #readValue(entry: NvsEntry, named: Named): NvsValue | NvsUnreadable {
    const integer = integerTypeOf(entry.type);
    if (integer !== undefined) {
      const at = entry.offsetBytes + ENTRY.value;
      const value = readInteger(this.image, at, INTEGERS[integer].bytes, integer.startsWith('i'));
      return Object.assign(named, { type: integer, value });
    }
    if (entry.type === ENTRY_TYPE.string) {
      const data = this.#data(entry);
      const text = utf8.decode(data.at(-1) === 0 ? data.subarray(0, -1) : data);
      return Object.assign(named, { type: 'string' as const, value: text, data });
    }
    if (entry.type === ENTRY_TYPE.blobV1)
      return Object.assign(named, { type: 'blob' as const, value: this.#data(entry) });
    return this.#readBlob(entry, named);
  }

  #readBlob(index: NvsEntry, named: Named): NvsValue | NvsUnreadable {
    const length = readU32(this.image, index.offsetBytes + ENTRY.blobLength);
    const count = this.image[index.offsetBytes + ENTRY.chunkCount] ?? 0;
    const start = this.image[index.offsetBytes + ENTRY.chunkStart] ?? 0;
    const parts: Uint8Array[] = [];
    let total = 0;
    for (let chunk = start; chunk < start + count; chunk++) {
      const found = this.#findChunk(index, chunk);
      if (found === undefined) {
        return Object.assign(named, {
          code: 'chunk-missing' as const,
          reason: `misses piece ${chunk - start + 1} of ${count} of its blob`,
        });
      }
      found.uses += 1;
      const part = this.#data(found.entry);
      parts.push(part);
      total += part.length;
    }
    if (total !== length || (start !== 0 && start !== CHUNK_START_OTHER)) {
      const reason = `has a blob index that says ${length} bytes from piece ${start} on, and pieces of ${total} bytes`;
      return Object.assign(named, { code: 'blob-length' as const, reason });
    }
    return Object.assign(named, { type: 'blob' as const, value: joinParts(parts, total) });
  }

  /** Chunks come in the order in which they were collected. */
  #passChunk(entry: NvsEntry): void {
    const chunk = this.#chunks[this.#passed++];
    if (chunk !== undefined) this.#chunkSoFar.set(chunkName(entry, entry.chunk), chunk);
  }

  /** The last such chunk before the index; one after it when a page was moved in between. */
  #findChunk(index: NvsEntry, chunk: number): Chunk | undefined {
    const name = chunkName(index, chunk);
    const found = this.#chunkSoFar.get(name) ?? this.#lastChunk.get(name);
    return found !== undefined && found.uses < CHUNK_USES_MAX ? found : undefined;
  }

  #data(entry: NvsEntry): Uint8Array {
    const start = entry.offsetBytes + SLOT_SIZE;
    return this.image.slice(start, start + entry.dataLength);
  }
}

/** A blob chunk is found by namespace, key and chunk number. */
function chunkName(entry: NvsEntry, chunk: number): string {
  return `${entry.namespaceIndex}/${chunk}/${entry.key}`;
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
