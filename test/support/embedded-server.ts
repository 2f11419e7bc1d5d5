// Keeps the embedded server of a data directory running for a test file. Each command would start it and stop it again,
// which takes longer than the command, and has tests of its own.
import { mkdirSync } from 'node:fs';
import { afterAll, beforeAll } from 'vitest';
import { Presence } from '../../src/registry/embedded/presence.js';

/** To be called after the hook that removes the folder: hooks that clean up run in reverse. */
export function keepServerRunning(dataDir: string): void {
  const presence = new Presence({ dataDir, binDir: process.env['ESPMINT_POSTGRES_BIN'] });
  beforeAll(async () => {
    mkdirSync(dataDir, { recursive: true });
    await presence.ensure();
  });
  afterAll(() => presence.release());
}
