// `npm run soak -- bundle --runs N --seed S`: the campaign of bundle.test.ts, as long as you like.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
    report: { type: 'string', default: 'bench/results/soak-bundle.json' },
  },
});
const root = fileURLToPath(new URL('../..', import.meta.url));
const env = {
  ...process.env,
  ESPMINT_SOAK_RUNS: values.runs,
  ESPMINT_SOAK_SEED: values.seed,
  ESPMINT_SOAK_REPORT: values.report,
};
const args = ['node_modules/vitest/vitest.mjs', 'run', 'test/soak/bundle.test.ts'];
process.exit(spawnSync(process.execPath, args, { cwd: root, env, stdio: 'inherit' }).status ?? 1);
