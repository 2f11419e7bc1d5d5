// Seeded random CSV files through Espressif's own generator and through ours: same bytes, or both refuse.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type GeneratedImage,
  decodeKeyFile,
  decodeNvs,
  encryptNvs,
  exportNvsCsv,
  generateNvs,
} from '../../src/core/nvs/index.js';
import { buildPlan, provisionDevice } from '../../src/provision/index.js';
import { parseProfile } from '../../src/core/profile/parse.js';
import { openKeyFile } from '../../src/registry/index.js';
import { createVirtualBoard } from '../../src/virtual/index.js';
import { connectTo } from '../support/flow.js';
import { row, tableBytes } from '../support/flash-layouts.js';
import { PYTHON, ROOT, toolAvailable } from '../support/reference-tools.js';
import { CORPUS, fixture } from '../support/nvs-corpus.js';
import { type RandomCsv, randomCsv } from '../support/nvs-random-csv.js';

const CASES = Number(process.env['ESPMINT_NVS_CASES'] ?? 600);
const FIRST_SEED = Number(process.env['ESPMINT_NVS_SEED'] ?? 1);
/** What we refuse and the tool accepts, because a device cannot read what the tool makes of it. */
const REFUSED_ON_PURPOSE = /outside ASCII/;
/** What the tool refuses by a fault of its own. */
const TOOL_CRASH = /PageFullError/;

interface Answer {
  readonly ok: boolean;
  readonly error?: string;
}

function runTool(folder: string, jobs: readonly object[]): Answer[] {
  const script = `${ROOT}test/support/nvs_generate_many.py`;
  const input = jobs.map((job) => `${JSON.stringify(job)}\n`).join('');
  const run = spawnSync(PYTHON, ['-W', 'ignore', script], {
    cwd: folder,
    input,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  expect(run.stderr).toBe('');
  return run.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Answer);
}

function generateOurs(csv: RandomCsv): GeneratedImage | string {
  try {
    return generateNvs([{ file: 'in.csv', bytes: new TextEncoder().encode(csv.text) }], csv.sizeBytes, {
      version: csv.version,
      readFile: (path) => {
        const content = csv.files.get(path);
        if (content === undefined) throw new Error('absent');
        return content;
      },
    });
  } catch (error) {
    return (error as Error).message;
  }
}

describe.runIf(toolAvailable('esp-idf-nvs-partition-gen', PYTHON))('beside the real generator', () => {
  let folder = '';
  beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'espmint-nvs-'))));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it(`agrees on ${CASES} random CSV files from seed ${FIRST_SEED} on`, () => {
    const csvs = Array.from({ length: CASES }, (_, i) => randomCsv(FIRST_SEED + i));
    const answers = runTool(
      folder,
      csvs.map((csv, i) => writeJob(folder, csv, i)),
    );
    const outcome = { equal: 0, bothRefuse: 0, refusedOnPurpose: 0, toolCrash: 0 };
    csvs.forEach((csv, i) => {
      const seed = FIRST_SEED + i;
      const answer = answers[i] as Answer;
      const ours = generateOurs(csv);
      if (typeof ours === 'string') {
        if (answer.ok) expect(ours, `seed ${seed}: the tool accepts it`).toMatch(REFUSED_ON_PURPOSE);
        outcome[answer.ok ? 'refusedOnPurpose' : 'bothRefuse'] += 1;
      } else if (!answer.ok) {
        expect(answer.error, `seed ${seed}: only the tool refuses it`).toMatch(TOOL_CRASH);
        outcome.toolCrash += 1;
      } else {
        const theirs = readFileSync(join(folder, `${i}.bin`));
        expect(Buffer.compare(theirs, ours.image), `seed ${seed}: other bytes`).toBe(0);
        outcome.equal += 1;
      }
    });
    console.log(`nvs conformance: ${JSON.stringify(outcome)}`);
    expect(outcome.equal).toBeGreaterThan(CASES / 3);
  });

  it('agrees on encrypted images', () => {
    const keyFile = 'files/nvs_keys.bin';
    const csvs = Array.from({ length: CASES / 6 }, (_, i) => randomCsv(FIRST_SEED + 1_000_000 + i));
    const jobs = csvs.map((csv, i) => ({ ...writeJob(folder, csv, i), key: CORPUS + keyFile }));
    const answers = runTool(folder, jobs);
    const key = decodeKeyFile(fixture(keyFile));
    let equal = 0;
    csvs.forEach((csv, i) => {
      const ours = generateOurs(csv);
      if (typeof ours === 'string' || answers[i]?.ok !== true) return;
      const theirs = readFileSync(join(folder, `${i}.bin`));
      expect(Buffer.compare(theirs, encryptNvs(ours.image, key)), `seed ${FIRST_SEED + 1_000_000 + i}`).toBe(
        0,
      );
      equal += 1;
    });
    expect(equal).toBeGreaterThan(csvs.length / 3);
  });

  it('decrypts what a run left on a board with the key beside it, and encrypts it to the same bytes', async () => {
    const rows = [row('nvs', 'nvs', 0x9000, 0x6000), row('keys', 'nvs_keys', 0xf000, 0x1000)];
    const board = createVirtualBoard({ partitionTable: tableBytes(rows) });
    const registry = await openKeyFile(join(folder, 'keys.jsonl'));
    const text = 'name: x\ncaUrl: https://ca.example.com\nnvs: { encryption: { scheme: flash } }';
    const plan = await buildPlan(parseProfile(text, 'p'), { attempts: 1 }, () => Promise.resolve(''));
    const parts = { connect: connectTo(board), registry };
    const result = await provisionDevice('virtual://board', plan, parts);
    expect(result).toMatchObject({ ok: true });
    await registry.close();
    writeFileSync(join(folder, 'dump.bin'), board.flash.read(0x9000, 0x6000));
    writeFileSync(join(folder, 'key.bin'), board.flash.read(0xf000, 0x1000));
    board.dispose();
    const tool = (...args: string[]): void => {
      const call = ['-W', 'ignore', '-m', 'esp_idf_nvs_partition_gen', ...args];
      const run = spawnSync(PYTHON, call, { cwd: folder, encoding: 'utf8' });
      expect(run.status, run.stderr).toBe(0);
    };
    tool('decrypt', 'dump.bin', 'key.bin', 'plain.bin');
    const plain = new Uint8Array(readFileSync(join(folder, 'plain.bin')));
    expect(decodeNvs(plain).values.map(({ key }) => key)).toEqual([
      'global_uuid',
      'psk_secret',
      'ca_service_url',
    ]);
    writeFileSync(join(folder, 'rows.csv'), exportNvsCsv(plain, { reveal: true }).text);
    tool('encrypt', 'rows.csv', 'again.bin', '0x6000', '--inputkey', 'key.bin');
    const [dump, again] = ['dump.bin', 'again.bin'].map((name) => readFileSync(join(folder, name)));
    expect(Buffer.compare(dump ?? Buffer.alloc(0), again ?? Buffer.alloc(1))).toBe(0);
  });
});

/** Writes a seed's files for the tool, which runs all jobs in one folder. */
function writeJob(folder: string, csv: RandomCsv, i: number): object {
  writeFileSync(join(folder, `${i}.csv`), csv.text);
  for (const [path, content] of csv.files) writeFileSync(join(folder, path), content);
  return {
    inputs: [`${i}.csv`],
    output: `${i}.bin`,
    size: `0x${csv.sizeBytes.toString(16)}`,
    version: csv.version,
  };
}
