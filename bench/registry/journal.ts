// The key journal beside the floor under it: bare appends of the same bytes, each synced.
import { closeSync, fsyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Journal as JournalType } from '../../src/registry/spool/journal.js';
import { rate, ratesInTurns } from './rate.js';

const RECORD = {
  type: 'reserved',
  id: '11111111-2222-4333-8444-555555555555',
  at: '2026-01-31T12:00:00.000Z',
  mac: 'a4:cf:12:34:56:78',
  uuid: '110e3dc9-fa05-568f-a05a-98d00891029d',
  psk: `em1.kbench.${'x'.repeat(80)}`,
  wanted: { caUrl: 'https://ca.example.com', wifiSsid: 'Lab', location: 'Hall 7' },
  offline: false,
} as const;
/** Length and checksum before each record. */
const FRAME_HEAD_BYTES = 8;

export async function measureJournal(Journal: typeof JournalType): Promise<Record<string, number>> {
  const folder = mkdtempSync(join(tmpdir(), 'espmint-bench-journal-'));
  const bytes = Buffer.alloc(FRAME_HEAD_BYTES + JSON.stringify(RECORD).length, 'x');
  const file = openSync(join(folder, 'bare'), 'a');
  const journal = await Journal.open(folder);
  try {
    const bare = (): Promise<void> => {
      writeSync(file, bytes);
      fsyncSync(file);
      return Promise.resolve();
    };
    const rates = await ratesInTurns(5, {
      'bare append + fsync of these bytes, 1/s': () => rate(1, bare, 1),
      'journal, one writer, 1/s': () => rate(1, () => journal.append(RECORD), 1),
      'journal, eight writers of one process, 1/s': () => rate(8, () => journal.append(RECORD), 1),
    });
    return { 'bytes of a record': bytes.length, ...rates };
  } finally {
    closeSync(file);
    await journal.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
