// After a run of tests as root: the databases of their data directories. Those lie in private temporary folders, which the
// server's account cannot enter, so the databases are kept elsewhere and outlive the folders.
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const PLACE = '/var/lib/espmint/clusters';
const NOTE = '.data-dir';
/** Folders for temporary files of tests and campaigns. */
const OURS = /^(\/private)?\/(tmp|var\/tmp|dev\/shm)\/(em|espmint)-/;

/** Only what a test has made, and only where its data directory is gone. */
export function teardown(): void {
  if (process.getuid?.() !== 0 || !existsSync(PLACE)) return;
  for (const name of readdirSync(PLACE)) {
    if (!name.endsWith(NOTE)) continue;
    const note = join(PLACE, name);
    // Another run of tests may be at it too.
    const dataDir = existsSync(note) ? readFileSync(note, 'utf8') : '';
    if (!OURS.test(dataDir) || existsSync(dataDir)) continue;
    rmSync(note.slice(0, -NOTE.length), { recursive: true, force: true });
    rmSync(note, { force: true });
  }
}
