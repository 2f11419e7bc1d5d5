// `npm run soak -- registry [--runs 300] [--mode embedded|server|disk-full]`: the campaigns of registry.test.ts, as long as
// you like; the figures go to bench/results/soak-registry.json.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '300' },
    mode: { type: 'string' },
    report: { type: 'string', default: 'bench/results/soak-registry.json' },
  },
});
const root = fileURLToPath(new URL('../..', import.meta.url));
const env = {
  ...process.env,
  ESPMINT_SOAK_RUNS: values.runs,
  ESPMINT_SOAK_REPORT: values.report,
  ...(values.mode === undefined ? {} : { ESPMINT_SOAK_MODE: values.mode }),
};
const args = ['node_modules/vitest/vitest.mjs', 'run', 'test/soak/registry.test.ts'];
process.exit(spawnSync(process.execPath, args, { cwd: root, env, stdio: 'inherit' }).status ?? 1);
