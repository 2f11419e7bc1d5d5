// A campaign of cuts over firmware, identity and rows: ESPMINT_SOAK_RUNS and ESPMINT_SOAK_SEED choose how many, and which.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readBundle } from '../../src/core/firmware/read-bundle.js';
import type { FirmwareBundle } from '../../src/core/firmware/bundle.js';
import { parseProfile } from '../../src/core/profile/parse.js';
import type { ValueRow } from '../../src/core/values/rows.js';
import { buildPlan } from '../../src/provision/index.js';
import { Store } from '../../src/registry/index.js';
import { flasherArgs, makeBuild } from '../support/firmware.js';
import { runCut, type BundleOutcome, type BundleParts } from './bundle-campaign.js';

const RUNS = Number(process.env['ESPMINT_SOAK_RUNS'] ?? 12);
const FIRST_SEED = Number(process.env['ESPMINT_SOAK_SEED'] ?? 1);
const AT_ONCE = 8;
const REPORT = process.env['ESPMINT_SOAK_REPORT'];
const PROFILE = `
name: cut
caUrl: https://ca.example.com
values: { list: pins, columns: [{ name: pin, type: u32, unique: true }] }
nvs: { rows: [{ key: pin, type: u32, value: '{{pin}}' }] }
`;

async function bundleOf(version: string): Promise<FirmwareBundle> {
  const build = makeBuild({ appBytes: 40_000, version });
  const files = new Map(Object.values(build.files).map(({ path, bytes }) => [path, bytes]));
  return readBundle({
    file: 'flasher_args.json',
    bytes: new TextEncoder().encode(flasherArgs(build)),
    read: (path) => Promise.resolve(files.get(path) ?? new Uint8Array()),
  });
}

async function* rows(): AsyncGenerator<ValueRow> {
  await Promise.resolve();
  for (let line = 1; line <= RUNS; line++) yield { line, values: { pin: String(100_000 + line) } };
}

async function campaign(parts: BundleParts): Promise<BundleOutcome[]> {
  const seeds = Array.from({ length: RUNS }, (_, index) => FIRST_SEED + index);
  const outcomes: BundleOutcome[] = [];
  const work = async (): Promise<void> => {
    for (let seed = seeds.shift(); seed !== undefined; seed = seeds.shift())
      outcomes.push(await runCut(seed, parts));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return outcomes;
}

function count(texts: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const text of texts) counts[text] = (counts[text] ?? 0) + 1;
  return counts;
}

it(
  `${RUNS} boards cut off at any moment: none starts half-made, each passes at last, no row is lost or given twice`,
  async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'espmint-cuts-'));
    const store = await Store.open({ dataDir });
    const [registry, values] = [await store.registry(), store.values()];
    try {
      const profile = parseProfile(PROFILE, 'p');
      await values.add('pins', profile.values?.columns ?? [], rows, { file: 'pins.csv' });
      const [firmware, earlier] = [await bundleOf('2.0.0'), await bundleOf('1.0.0')];
      const plan = await buildPlan(profile, { firmware, attempts: 1 }, () => Promise.resolve(''));
      const outcomes = await campaign({ plan, firmware, earlier, registry, values });
      const broken = outcomes.filter((outcome) => outcome.broken.length > 0);
      const given = await values.rows('pins', { state: 'used', limit: RUNS + 1 });
      const summary = {
        runs: RUNS,
        firstSeed: FIRST_SEED,
        faults: count(outcomes.map(({ fault }) => fault)),
        first: count(outcomes.map(({ first }) => first)),
        repeats: outcomes.reduce((sum, { repeats }) => sum + repeats, 0),
        rowsGiven: given.length,
        broken,
      };
      if (REPORT !== undefined) writeFileSync(REPORT, `${JSON.stringify(summary, null, 2)}\n`);
      expect(broken).toEqual([]);
      expect(new Set(given.map(({ mac }) => mac)).size).toBe(RUNS);
      expect(outcomes.some(({ first }) => first !== 'passed')).toBe(true);
    } finally {
      await values.close();
      await registry.close();
      await store.close();
      rmSync(dataDir, { recursive: true, force: true });
    }
  },
  90_000 + RUNS * 4_000,
);
