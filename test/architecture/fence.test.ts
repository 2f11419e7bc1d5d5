// The import fence must bite: a fence that passes on everything is worse than none.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT } from '../support/reference-tools.js';

/** What each forbidden import is refused by: [rule, importing file, import]. */
const FORBIDDEN = [
  ['fence-core', 'core/to-driver.ts', '../driver/target.js'],
  ['core-is-pure', 'core/to-node.ts', 'node:fs'],
  ['fence-driver', 'driver/to-registry.ts', '../registry/target.js'],
  ['driver-is-universal', 'driver/to-node.ts', 'node:net'],
  ['fence-virtual', 'virtual/to-driver-slip.ts', '../driver/protocol/slip.js'],
  ['fence-provision-parts', 'provision/to-transport.ts', '../driver/link/target.js'],
  ['fence-provision-parts', 'provision/to-database.ts', '../registry/store/target.js'],
  ['fence-provision-parts', 'station/to-ports.ts', '../driver/ports/target.js'],
  ['fence-station', 'station/to-service.ts', '../service/target.js'],
  ['fence-registry', 'registry/to-provision.ts', '../provision/target.js'],
  ['fence-service', 'service/to-cli.ts', '../cli/target.js'],
  ['fence-cli', 'cli/to-web.ts', '../web/target.js'],
  ['web-types-only', 'web/to-service.ts', '../service/target.js'],
] as const;

/** Imports that the layers live on. */
const ALLOWED = [
  ['driver/to-core.ts', '../core/target.js'],
  ['driver/link/to-node.ts', 'node:net'],
  ['virtual/to-link.ts', '../driver/link/transport.js'],
  ['cli/to-driver.ts', '../driver/target.js'],
] as const;

const scratch = mkdtempSync(join(tmpdir(), 'espmint-fence-'));
let refused: Set<string>;

function plant(file: string, text: string): void {
  mkdirSync(dirname(join(scratch, 'src', file)), { recursive: true });
  writeFileSync(join(scratch, 'src', file), text);
}

/** Runs the project's own fence over a tree of planted imports. */
beforeAll(() => {
  symlinkSync(join(ROOT, 'node_modules'), join(scratch, 'node_modules'));
  for (const name of ['.dependency-cruiser.cjs', 'tsconfig.json', 'package.json']) {
    writeFileSync(join(scratch, name), readFileSync(join(ROOT, name)));
  }
  for (const [file, target] of [...FORBIDDEN.map(([, ...rest]) => rest), ...ALLOWED]) {
    if (target.startsWith('.')) plant(join(dirname(file), target).replace(/\.js$/, '.ts'), 'export {};');
    plant(file, `import '${target}';\nexport {};`);
  }
  plant('core/cycle.ts', "import './cycle-back.js';\nexport {};");
  plant('core/cycle-back.ts', "import './cycle.js';\nexport {};");
  plant('core/alone.ts', 'export const alone = 1;');
  const depcruise = join(ROOT, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
  const args = [depcruise, 'src', '--config', '.dependency-cruiser.cjs', '--output-type', 'json'];
  const run = spawnSync(process.execPath, args, { cwd: scratch, encoding: 'utf8', maxBuffer: 1 << 26 });
  const { summary } = JSON.parse(run.stdout) as {
    summary: { violations: { from: string; rule: { name: string } }[] };
  };
  refused = new Set(summary.violations.map(({ from, rule }) => `${rule.name} ${from.replace(/^src\//, '')}`));
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

describe('the import fence', () => {
  it.each(FORBIDDEN)('%s refuses %s → %s', (rule, from) => {
    expect(refused).toContain(`${rule} ${from}`);
  });

  it('refuses a cycle', () => {
    expect([...refused].some((violation) => violation.startsWith('no-cycles core/cycle'))).toBe(true);
  });

  it('refuses a file that nobody uses', () => {
    expect(refused).toContain('no-orphans core/alone.ts');
  });

  it.each(ALLOWED)('lets %s import %s', (from) => {
    expect([...refused].filter((violation) => violation.endsWith(` ${from}`))).toEqual([]);
  });
});
