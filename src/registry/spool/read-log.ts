// One file of a log as values: its records, and what in it is no record.
import { decodeFrames } from './frame.js';

/** Something of a log that could not be read. It is kept, and a person hears of it. */
export type LogFault =
  /** By this user, or from this disk. */
  | { readonly kind: 'unreadable'; readonly path: string; readonly reason: string }
  /** `cut`: the last record was not written whole, and never reported as stored, unless the file was cut later. */
  | { readonly kind: 'damaged' | 'cut'; readonly path: string; readonly sizeBytes: number };

export function readLogFile<T>(path: string, bytes: Uint8Array): { records: T[]; faults: LogFault[] } {
  const { payloads, damage } = decodeFrames(bytes);
  const faults: LogFault[] = damage.map(({ kind, sizeBytes }) => ({ kind, path, sizeBytes }));
  const records: T[] = [];
  for (const payload of payloads) {
    try {
      records.push(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload)) as T);
    } catch {
      faults.push({ kind: 'damaged', path, sizeBytes: payload.length });
    }
  }
  return { records, faults };
}
