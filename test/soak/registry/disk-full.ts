// The disk of the journal is full: a small file system of its own, filled up before a run or in the middle of one.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { ROOT } from '../../support/reference-tools.js';
import { plugInBoard, type SoakBoard } from './boards.js';
import type { Campaign, CampaignCounts } from './campaign.js';
import type { Home } from './homes.js';

/** Of the file system; a page is what a file takes at least. */
const [DISK_BYTES, PAGE_BYTES] = [65_536, 4096];

export interface SmallDisk {
  fill(): void;
  free(): void;
  unmount(): void;
}

/** Whether this process may mount one: on Linux, as root. */
export function canMount(): boolean {
  return process.platform === 'linux' && process.getuid?.() === 0;
}

export function mountJournalDisk(dataDir: string): SmallDisk {
  const folder = join(dataDir, 'spool/keys');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const options = `size=${DISK_BYTES},mode=700`;
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder], { encoding: 'utf8' });
  if (mounted.status !== 0) throw new Error(mounted.stderr);
  const ballast = join(folder, 'ballast');
  return {
    fill: () => fillUp(ballast),
    free: () => rmSync(ballast, { force: true }),
    unmount: () => void spawnSync('umount', [folder]),
  };
}

function fillUp(path: string): void {
  const file = openSync(path, 'a');
  const page = Buffer.alloc(PAGE_BYTES);
  try {
    for (;;) writeSync(file, page);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error;
  } finally {
    closeSync(file);
  }
}

export interface DiskFullReport extends Campaign {
  /** Runs that stopped because the disk was full, with not a byte of flash changed. */
  readonly stopped: number;
  /** Runs whose disk was filled while they were writing flash, and that passed all the same. */
  readonly passedThrough: number;
  readonly broken: readonly string[];
}

/** Three runs of each board: on a full disk, on one that gets full while the flash is written, and on a free one. */
export async function runOnFullDisk(home: Home, disk: SmallDisk, runs: number): Promise<DiskFullReport> {
  const boards = await Promise.all(
    Array.from({ length: Math.ceil(runs / 3) }, (_, index) => plugInBoard(index)),
  );
  const counts: CampaignCounts = {
    passed: 0,
    failed: 0,
    killed: 0,
    torn: 0,
    outages: 0,
    codes: {},
    killedAt: {},
  };
  const broken: string[] = [];
  let [stopped, passedThrough] = [0, 0];
  for (const board of boards) {
    const before = Buffer.from(board.content());
    disk.fill();
    const full = await provision(home, board);
    if (full !== 'DISK_FULL') broken.push(`${board.mac}: ${full} on a full disk`);
    else if (!before.equals(board.content())) broken.push(`${board.mac}: flash was changed on a full disk`);
    else stopped += 1;
    disk.free();
    const during = await provision(home, board, () => disk.fill());
    if (during === 'passed') passedThrough += 1;
    else broken.push(`${board.mac}: ${during} when the disk got full while its flash was written`);
    disk.free();
    const free = await provision(home, board);
    if (free !== 'passed') broken.push(`${board.mac}: ${free} after space was freed`);
    for (const outcome of [full, during, free]) count(counts, outcome);
  }
  return {
    counts,
    boards,
    provenLast: new Set(boards.map(({ mac }) => mac)),
    stopped,
    passedThrough,
    broken,
  };
}

function count(counts: CampaignCounts, outcome: string): void {
  if (outcome === 'passed') counts.passed += 1;
  else {
    counts.failed += 1;
    counts.codes[outcome] = (counts.codes[outcome] ?? 0) + 1;
  }
}

/** @returns `passed`, or the code of its failure */
async function provision(home: Home, board: SoakBoard, onWrite?: () => void): Promise<string> {
  const args = ['--data-dir', home.dataDirs[0] ?? '', '--port', board.url, '--known', 'rotate', '--json'];
  const command = [join(ROOT, 'bin/espmint.js'), 'provision', '--ca-url', 'https://ca.example.com', ...args];
  const child = spawn(process.execPath, command, { env: home.env, stdio: ['ignore', 'pipe', 'ignore'] });
  let code = 'no result';
  createInterface({ input: child.stdout }).on('line', (line) => {
    const event = JSON.parse(line) as {
      type: string;
      stage?: string;
      state?: string;
      ok?: boolean;
      code?: string;
    };
    if (event.type === 'stage' && event.stage === 'write' && event.state === 'started') onWrite?.();
    if (event.type === 'result' || event.type === 'error')
      code = event.ok === true ? 'passed' : (event.code ?? line);
  });
  await once(child, 'close');
  return code;
}
