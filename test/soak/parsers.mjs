// `npm run soak -- parsers [--inputs 34000] [--seconds N] [--seed N] [--only REGEX]`: parsers.test.ts with so many inputs for each
// reader, or as many as it takes in so many seconds; the figures go to bench/results/soak-parsers.json. With --only those of
// the other readers stay there.
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    inputs: { type: 'string', default: '34000' },
    seconds: { type: 'string' },
    seed: { type: 'string', default: '20261130' },
    only: { type: 'string' },
    report: { type: 'string', default: 'bench/results/soak-parsers.json' },
  },
});
const root = fileURLToPath(new URL('../..', import.meta.url));
if (values.only === undefined) rmSync(`${root}${values.report}`, { force: true });
const env = {
  ...process.env,
  ESPMINT_SOAK_INPUTS: values.inputs,
  ESPMINT_SOAK_SEED: values.seed,
  ...(values.seconds === undefined ? {} : { ESPMINT_SOAK_SECONDS: values.seconds }),
  ESPMINT_SOAK_REPORT: values.report,
};
const args = ['node_modules/vitest/vitest.mjs', 'run', '--project', 'system', 'test/soak/parsers.test.ts'];
if (values.only !== undefined) args.push('-t', values.only);
process.exit(spawnSync(process.execPath, args, { cwd: root, env, stdio: 'inherit' }).status ?? 1);
