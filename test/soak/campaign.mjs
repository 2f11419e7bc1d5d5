// Starts a campaign that counts runs: its test, with `--runs` and `--seed` as its settings, and a place for its figures.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

/** Ends this process as the test ends. Without a seed the test takes one of its own. */
export function runCampaign(name, { runs, seed }) {
  const { values } = parseArgs({
    options: {
      runs: { type: 'string', default: runs },
      seed: { type: 'string', ...(seed === undefined ? {} : { default: seed }) },
      report: { type: 'string', default: `bench/results/soak-${name}.json` },
    },
  });
  const env = {
    ...process.env,
    ESPMINT_SOAK_RUNS: values.runs,
    ESPMINT_SOAK_REPORT: values.report,
    ...(values.seed === undefined ? {} : { ESPMINT_SOAK_SEED: values.seed }),
  };
  const cwd = fileURLToPath(new URL('../..', import.meta.url));
  const args = ['node_modules/vitest/vitest.mjs', 'run', `test/soak/${name}.test.ts`];
  process.exit(spawnSync(process.execPath, args, { cwd, env, stdio: 'inherit' }).status ?? 1);
}
