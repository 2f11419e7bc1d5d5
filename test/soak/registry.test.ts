// Kill campaigns against the registry: whatever is killed, taken away, damaged or full, no key that is on a chip is lost.
// As long as you like with `npm run soak -- registry`.
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { otherPostgresBin } from '../registry/other-postgres.js';
import { toolAvailable } from '../support/reference-tools.js';
import { type Campaign, runCampaign } from './registry/campaign.js';
import { canMount, mountJournalDisk, runOnFullDisk } from './registry/disk-full.js';
import { embeddedHome, type Home, serverHome } from './registry/homes.js';
import { checkCampaign } from './registry/check-campaign.js';

/** Provisionings of each campaign. */
const RUNS = Number(process.env['ESPMINT_SOAK_RUNS'] ?? 9);
/** One campaign only: embedded, server or disk-full. */
const ONLY = process.env['ESPMINT_SOAK_MODE'];
/** Where a long campaign leaves its findings. */
const REPORT = process.env['ESPMINT_SOAK_REPORT'];
const TIMEOUT_MS = 60_000 + RUNS * 15_000;

const wants = (mode: string): boolean => ONLY === undefined || ONLY === mode;

/** Beside what the file says of other campaigns. */
function report(mode: string, figures: object): void {
  if (REPORT === undefined) return;
  const before = existsSync(REPORT) ? (JSON.parse(readFileSync(REPORT, 'utf8')) as object) : {};
  writeFileSync(REPORT, `${JSON.stringify({ ...before, [mode]: figures }, null, 2)}\n`);
  console.log(mode, figures);
}

let folder: string;
const opened: { close(): unknown }[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'espmint-soak-'));
  // The server of root runs as another user, who must get through.
  chmodSync(folder, 0o755);
});
afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one.close();
  rmSync(folder, { recursive: true, force: true });
});

async function checked(mode: string, home: Home, campaign: Campaign): Promise<void> {
  opened.push(...campaign.boards);
  const outcome = await checkCampaign(home, campaign);
  const { counts, boards } = campaign;
  report(mode, { runs: RUNS, boards: boards.length, ...counts, ...outcome });
  expect(outcome.broken.join('\n')).toBe('');
  expect(outcome.keysInFlash).toBeGreaterThan(0);
}

describe('no key that is on a chip is lost', () => {
  it.runIf(wants('embedded'))(
    `in ${RUNS} runs on the embedded server, with kills of espmint and of the server and torn journals`,
    async () => {
      const home = embeddedHome(folder);
      opened.push(home);
      await checked('embedded', home, await runCampaign(home, RUNS));
    },
    TIMEOUT_MS,
  );

  const binDir = otherPostgresBin();
  it.runIf(wants('server') && toolAvailable('a PostgreSQL server for the kill campaign', binDir))(
    `in ${RUNS} runs of two stations on one server, with kills, outages and torn journals`,
    async () => {
      const home = await serverHome(folder, binDir);
      opened.push(home);
      await checked('server', home, await runCampaign(home, RUNS));
    },
    TIMEOUT_MS,
  );

  const mayMount = canMount();
  if (!mayMount) console.warn('SKIPPED: the full disk, for only root of Linux may mount a small one');
  it.runIf(wants('disk-full') && mayMount)(
    `in ${RUNS} runs on a disk that is full before flashing, gets full during it, and is free again`,
    async () => {
      const home = embeddedHome(folder);
      opened.push(home);
      const disk = mountJournalDisk(home.dataDirs[0] ?? '');
      opened.push({ close: () => disk.unmount() });
      const { stopped, passedThrough, broken, ...campaign } = await runOnFullDisk(home, disk, RUNS);
      Object.assign(campaign.counts, { stopped, passedThrough });
      await checked('disk-full', home, campaign);
      expect(broken).toEqual([]);
      expect(stopped).toBe(campaign.boards.length);
    },
    TIMEOUT_MS,
  );
});
