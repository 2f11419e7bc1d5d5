// `npm run soak -- station --boards 500`: three stations, a kill and a cut, with a batch of that size.
// `npm run soak -- station --chaos [--boards 1500] [--slots 16] [--seed 1] [--report FILE]`: a shift of chaos; the seed
// repeats it.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    chaos: { type: 'boolean', default: false },
    boards: { type: 'string' },
    slots: { type: 'string', default: '16' },
    seed: { type: 'string', default: '1' },
    report: { type: 'string', default: 'bench/results/soak-chaos.json' },
  },
});
const { chaos, boards, slots, seed, report } = values;
const [test, settings] = chaos
  ? [
      'chaos',
      {
        ESPMINT_CHAOS_BOARDS: boards ?? '1500',
        ESPMINT_CHAOS_SLOTS: slots,
        ESPMINT_CHAOS_SEED: seed,
        ESPMINT_CHAOS_RUN_TIMEOUT_MS: '45000',
        ESPMINT_CHAOS_REPORT: report,
      },
    ]
  : ['station', { ESPMINT_SOAK_BOARDS: boards ?? '500' }];
const root = fileURLToPath(new URL('../..', import.meta.url));
const args = ['node_modules/vitest/vitest.mjs', 'run', `test/soak/${test}.test.ts`];
const run = spawnSync(process.execPath, args, {
  cwd: root,
  env: { ...process.env, ...settings },
  stdio: 'inherit',
});
process.exit(run.status ?? 1);
