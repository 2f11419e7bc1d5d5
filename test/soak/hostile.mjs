// `npm run soak -- hostile [--runs 2000] [--seed N]`: the campaigns of hostile.test.ts, as long as you like; the figures go
// to bench/results/soak-hostile.json.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '2000' },
    seed: { type: 'string' },
    report: { type: 'string', default: 'bench/results/soak-hostile.json' },
  },
});
const root = fileURLToPath(new URL('../..', import.meta.url));
const env = {
  ...process.env,
  ESPMINT_SOAK_RUNS: values.runs,
  ESPMINT_SOAK_REPORT: values.report,
  ...(values.seed === undefined ? {} : { ESPMINT_SOAK_SEED: values.seed }),
};
const args = ['node_modules/vitest/vitest.mjs', 'run', 'test/soak/hostile.test.ts'];
process.exit(spawnSync(process.execPath, args, { cwd: root, env, stdio: 'inherit' }).status ?? 1);
