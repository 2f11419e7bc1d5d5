// The key journal under everything that may happen to files: refusing disks, flipped bits, cut and overwritten files, owners
// that sleep, vanish or run where nobody sees them. A key that was reported as stored is found, or a person is told where
// it was.
import { createHash } from 'node:crypto';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspectSpool } from '../../../src/registry/spool/inspect.js';
import { Log } from '../../../src/registry/spool/log.js';
import { thisProcess } from '../../../src/registry/spool/owner.js';
import { abandonAll } from '../../../src/registry/spool/testing/abandon.js';
import { type DiskFault, withFaultyDisk } from './faulty-disk.js';

const HAZARDS = [
  'full disk',
  'no rights',
  'broken disk',
  'flipped bit',
  'torn tail',
  'overwritten',
  'sleeper',
] as const;
type Hazard = (typeof HAZARDS)[number];
/** What no program can read any more; that a person is told counts then. */
const DESTROYS: readonly Hazard[] = ['overwritten'];

export interface CampaignFigures {
  readonly runs: number;
  readonly stored: number;
  readonly refused: number;
  /** Stored, destroyed by the run, and told. */
  readonly told: number;
  readonly byHazard: Readonly<Record<string, number>>;
  /** Stored, and neither found nor told. */
  readonly lost: readonly string[];
  /** What else must not be: an error without a code, a refusal that nothing caused. */
  readonly broken: readonly string[];
}

interface Run {
  readonly root: string;
  readonly stored: Set<string>;
  refused: number;
  readonly broken: string[];
  readonly random: () => number;
  readonly logs: Log<string>[];
}

export async function runKeyCampaign(runs: number, seed: number): Promise<CampaignFigures> {
  const byHazard: Record<string, number> = {};
  const [lost, broken]: [string[], string[]] = [[], []];
  let [stored, refused, told] = [0, 0, 0];
  for (let number = 0; number < runs; number++) {
    const dataDir = mkdtempSync(join(tmpdir(), 'espmint-hostile-'));
    const random = randomOf(seed, number);
    const hazard = HAZARDS[Math.floor(random() * HAZARDS.length)] ?? 'full disk';
    const run: Run = {
      root: join(dataDir, 'spool/keys'),
      stored: new Set(),
      refused: 0,
      broken,
      random,
      logs: [],
    };
    mkdirSync(run.root, { recursive: true });
    try {
      await work(run, hazard);
      const found = new Set((await new Log<string>(run.root).read()).records);
      const faults = await inspectSpool(dataDir);
      const missing = [...run.stored].filter((key) => !found.has(key));
      if (DESTROYS.includes(hazard) && faults.length > 0) told += missing.length;
      else for (const key of missing) lost.push(`seed ${seed} run ${number} ${hazard}: ${key}`);
      byHazard[hazard] = (byHazard[hazard] ?? 0) + 1;
      stored += run.stored.size;
      refused += run.refused;
    } finally {
      for (const log of run.logs) await log.close(() => false);
      rmSync(dataDir, { recursive: true, force: true });
    }
  }
  return { runs, stored, refused, told, byHazard, lost, broken };
}

/** Three processes one after another: each stores keys, and takes over what those before it have left. */
async function work(run: Run, hazard: Hazard): Promise<void> {
  const { random } = run;
  const struckAt = Math.floor(random() * 3);
  for (let process = 0; process < 3; process++) {
    const log = begin(run);
    const labour = async (): Promise<void> => {
      await log.adopt((records) => records);
      await store(run, log, process, 1 + Math.floor(random() * 6));
    };
    if (process === struckAt && faultOf(hazard, random) !== undefined)
      await onFaultyDisk(run, hazard, labour);
    else await labour();
    if (process === struckAt && hazard === 'sleeper') await oversleep(run, log);
    // Most end by a kill: their files stay open, and nobody says good-bye.
    if (random() < 0.3) await log.close(() => false);
    abandonAll(run.root);
    if (process === struckAt) damage(run, hazard);
  }
  await begin(run).adopt((records) => records);
}

function begin({ root, logs }: Run): Log<string> {
  const log = new Log<string>(root);
  logs.push(log);
  return log;
}

async function store(run: Run, log: Log<string>, process: number, count: number): Promise<void> {
  for (let at = 0; at < count; at++) {
    const key = createHash('sha256').update(`${process} ${at} ${run.random()}`).digest('hex');
    try {
      await log.append(key);
      run.stored.add(key);
    } catch (error) {
      run.refused += 1;
      const code = error instanceof Error && 'code' in error ? error.code : undefined;
      if (code !== 'DISK_FULL' && code !== 'FILE_UNWRITABLE') run.broken.push(String(error));
    }
  }
}

function faultOf(hazard: Hazard, random: () => number): DiskFault | undefined {
  const codes = { 'full disk': 'ENOSPC', 'no rights': 'EACCES', 'broken disk': 'EIO' } as const;
  const code = hazard in codes ? codes[hazard as keyof typeof codes] : undefined;
  if (code === undefined) return undefined;
  return { code, atCall: 1 + Math.floor(random() * 30), lasts: random() < 0.3, torn: random() };
}

async function onFaultyDisk(run: Run, hazard: Hazard, labour: () => Promise<void>): Promise<void> {
  const fault = faultOf(hazard, run.random);
  if (fault === undefined) return;
  const { thrown } = await withFaultyDisk(run.root, fault, labour);
  const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined;
  if (thrown instanceof Error && code !== 'DISK_FULL' && code !== 'FILE_UNWRITABLE')
    run.broken.push(thrown.message);
}

/** Its heartbeat stops where nobody sees the process; another one takes over while it wakes up and stores more. */
async function oversleep(run: Run, log: Log<string>): Promise<void> {
  for (const name of readdirSync(run.root).filter((folder) => /^\d/.test(folder))) {
    const file = join(run.root, name, 'owner.json');
    writeFileSync(file, JSON.stringify({ ...thisProcess(), pidNamespace: 'pid:[1]', pid: 1 }));
    const longAgo = new Date(Date.now() - 120_000);
    utimesSync(file, longAgo, longAgo);
  }
  await Promise.all([begin(run).adopt((records) => records), store(run, log, 9, 4)]);
}

function damage({ root, random }: Run, hazard: Hazard): void {
  const folders = readdirSync(root).filter((name) => /^\d/.test(name));
  const folder = folders[Math.floor(random() * folders.length)];
  if (folder === undefined) return;
  const name = readdirSync(join(root, folder)).find((file) => file.endsWith('.log'));
  if (name === undefined) return;
  const path = join(root, folder, name);
  const bytes = readFileSync(path);
  const at = Math.floor(random() * bytes.length);
  if (hazard === 'flipped bit') bytes[at] = (bytes[at] ?? 0) ^ (1 << Math.floor(random() * 8));
  else if (hazard === 'overwritten') bytes.fill(0xa5, at, Math.min(at + 40, bytes.length));
  else if (hazard === 'torn tail')
    // The beginning of one more record, which was never reported as stored.
    return writeFileSync(path, Buffer.concat([bytes, bytes.subarray(0, Math.floor(random() * 70))]));
  else return;
  writeFileSync(path, bytes);
}

/** The same runs for the same seed. */
function randomOf(seed: number, run: number): () => number {
  let state = (seed * 2_654_435_761 + run * 40_503 + 1) >>> 0;
  return () => {
    state = (state + 0x6d_2b_79_f5) >>> 0;
    let value = Math.imul(state ^ (state >>> 15), state | 1);
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61);
    return ((value ^ (value >>> 14)) >>> 0) / 2 ** 32;
  };
}
