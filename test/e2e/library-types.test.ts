// The types of the built library need nothing that its users do not get with it.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ROOT } from '../support/reference-tools.js';

/** Where they come from: packages only, not files of our own, nor of Node, whose types everybody chooses. */
const PACKAGE = /(?:from|import\()\s*'((?:@[\w-]+\/)?[\w-][\w.-]*)[^']*'/g;

it('the types of every package that a declaration names are installed with espmint', () => {
  const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Record<
    'dependencies' | 'optionalDependencies' | 'devDependencies',
    Record<string, string>
  >;
  const installed = Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies });
  const files = readdirSync(join(ROOT, 'dist/types'), { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.d.ts'),
  );
  const named = new Set(
    files.flatMap((file) =>
      [...readFileSync(join(ROOT, 'dist/types', file), 'utf8').matchAll(PACKAGE)].map(
        ([, name = '']) => name,
      ),
    ),
  );
  named.delete('node');
  expect([...named]).toContain('pg');
  // A package whose code is inside the program has its types beside it.
  const hasTypes = (name: string): boolean =>
    `@types/${name}` in manifest.dependencies ||
    (installed.includes(name) && !(`@types/${name}` in manifest.devDependencies));
  expect([...named].filter((name) => !hasTypes(name))).toEqual([]);
});
