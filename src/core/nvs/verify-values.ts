// Faults that only show when entries are put together: namespaces, blobs and copies.
import type { NvsImage } from './decode.js';
import { pagesInUse } from './decode.js';
import { isNamespace, isSound } from './entry-fault.js';
import { type NvsFinding, finding } from './findings.js';
import { CHUNK_START_OTHER, ENTRY, ENTRY_TYPE, NAMESPACES_MAX } from './layout.js';
import type { NvsValue } from './values.js';

/** Codes that one entry alone earns; `findPageFaults` tells those. */
const FOUND_BY_PAGE = new Set(['bitmap', 'entry-crc', 'type', 'span', 'data-crc']);

export function findValueFaults(image: Uint8Array, decoded: NvsImage): NvsFinding[] {
  const moving = isMoving(decoded);
  const unreadable = decoded.unreadable
    .filter(({ code }) => !FOUND_BY_PAGE.has(code))
    .map(({ code, key, reason, address }) => {
      const isCopy = moving && code === 'chunk-orphan';
      return finding(isCopy ? 'stale-copy' : code, address, `"${key}" ${reason}`);
    });
  return [
    ...unreadable,
    ...findNamespaceFaults(image, decoded),
    ...findCopies(decoded),
    ...findLongBlobs(image, decoded),
  ];
}

function findNamespaceFaults(image: Uint8Array, decoded: NvsImage): NvsFinding[] {
  const findings: NvsFinding[] = [];
  const names = new Map<string, number>();
  const indexes = new Map<number, string>();
  const used = new Set([...decoded.values, ...decoded.stale].map(({ namespaceIndex }) => namespaceIndex));
  const broken = new Set(decoded.unreadable.map(({ namespaceIndex }) => namespaceIndex));
  for (const page of pagesInUse(decoded.pages)) {
    for (const entry of page.entries.filter(isNamespace)) {
      const index = image[entry.offsetBytes + ENTRY.value] ?? 0;
      const at = { page: page.index, slot: entry.slot, offsetBytes: entry.offsetBytes };
      const name = `namespace "${entry.key}"`;
      if (index === 0 || index > NAMESPACES_MAX) {
        findings.push(finding('namespace-reserved', at, `${name} has the index ${index}`));
      } else if (!used.has(index) && !broken.has(index)) {
        findings.push(finding('namespace-unused', at, `${name} holds nothing`));
      }
      const [sameName, sameIndex] = [names.get(entry.key), indexes.get(index)];
      if (sameName !== undefined && sameName !== index) {
        findings.push(
          finding('namespace-clash', at, `${name} is defined with the indexes ${sameName} and ${index}`),
        );
      }
      if (sameIndex !== undefined && sameIndex !== entry.key) {
        findings.push(
          finding(
            'namespace-clash',
            at,
            `namespaces "${sameIndex}" and "${entry.key}" share the index ${index}`,
          ),
        );
      }
      names.set(entry.key, index);
      indexes.set(index, entry.key);
    }
  }
  return findings;
}

/** While a page is being moved, everything that has been copied stands there twice. */
function isMoving(decoded: NvsImage): boolean {
  return decoded.pages.some(({ state }) => state === 'freeing');
}

/** The same key twice. */
function findCopies(decoded: NvsImage): NvsFinding[] {
  const moving = isMoving(decoded);
  const copies = decoded.stale.map(({ namespace, key, address }) =>
    finding(
      moving ? 'stale-copy' : 'duplicate',
      address,
      `"${key}" stands twice in namespace "${namespace}"`,
    ),
  );
  const byName = new Map<string, NvsValue>();
  const types: NvsFinding[] = [];
  for (const value of decoded.values) {
    const name = `${value.namespaceIndex}/${value.key}`;
    const other = byName.get(name);
    byName.set(name, value);
    if (other === undefined) continue;
    const message = `"${value.key}" stands in namespace "${value.namespace}" as ${other.type} and as ${value.type}`;
    types.push(finding('two-types', value.address, message));
  }
  return [...copies, ...types];
}

function findLongBlobs(image: Uint8Array, decoded: NvsImage): NvsFinding[] {
  return pagesInUse(decoded.pages).flatMap((page) =>
    page.entries
      .filter((entry) => entry.type === ENTRY_TYPE.blobIndex && isSound(entry))
      .filter((entry) => (image[entry.offsetBytes + ENTRY.chunkCount] ?? 0) >= CHUNK_START_OTHER)
      .map((entry) => {
        const at = { page: page.index, slot: entry.slot, offsetBytes: entry.offsetBytes };
        return finding('chunk-count', at, `"${entry.key}" is a blob in more pieces than firmware can number`);
      }),
  );
}
