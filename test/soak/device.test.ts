// A campaign of faults against the driver: ESPMINT_SOAK_RUNS and ESPMINT_SOAK_SEED choose how many, and which.
import { writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { runWithFaults, type Outcome } from './device-campaign.js';

const RUNS = Number(process.env['ESPMINT_SOAK_RUNS'] ?? 24);
const FIRST_SEED = Number(process.env['ESPMINT_SOAK_SEED'] ?? 1);
const AT_ONCE = 12;
/** Where a long campaign leaves its findings. */
const REPORT = process.env['ESPMINT_SOAK_REPORT'];

async function campaign(): Promise<Outcome[]> {
  const seeds = Array.from({ length: RUNS }, (_, index) => FIRST_SEED + index);
  const outcomes: Outcome[] = [];
  const work = async (): Promise<void> => {
    for (let seed = seeds.shift(); seed !== undefined; seed = seeds.shift())
      outcomes.push(await runWithFaults(seed));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return outcomes;
}

function summary(outcomes: readonly Outcome[]): object {
  const codes: Record<string, number> = {};
  for (const { error } of outcomes)
    codes[error?.code ?? 'passed'] = (codes[error?.code ?? 'passed'] ?? 0) + 1;
  const longestMs = Math.round(Math.max(...outcomes.map(({ durationMs }) => durationMs)));
  const broken = outcomes.filter((outcome) => outcome.broken.length > 0);
  const failed = outcomes.flatMap(({ seed, error }) =>
    error === undefined ? [] : [`${seed} ${error.code}`],
  );
  return { runs: outcomes.length, firstSeed: FIRST_SEED, codes, longestMs, broken, failed };
}

it(
  `${RUNS} runs under faults: no false pass, no hang, no byte outside the region, every failure typed`,
  async () => {
    const outcomes = await campaign();
    if (REPORT !== undefined) writeFileSync(REPORT, JSON.stringify(summary(outcomes), null, 2));
    expect(outcomes.filter(({ broken }) => broken.length > 0)).toEqual([]);
    expect(outcomes.some(({ passed }) => passed)).toBe(true);
  },
  60_000 + RUNS * 2_000,
);
