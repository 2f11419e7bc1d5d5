// The words that the first page needs come with it; those of the pages behind come with those.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { en } from './en.js';
import { enBehind } from './en-behind.js';

const WEB = fileURLToPath(new URL('..', import.meta.url));

/** The modules that the browser loads before the first page shows: those that are imported without `import()`. */
function firstModules(): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const follow = (path: string): void => {
    if (found.has(path)) return;
    const text = readFileSync(path, 'utf8');
    found.set(path, text);
    for (const [, from = ''] of text.matchAll(/^(?:import|export) (?!type )[^;]*?from '(\.[^']+)\.js'/gm)) {
      const target = join(dirname(path), from);
      if (!target.startsWith(WEB) || target.includes('/i18n/en')) continue;
      follow(sourceOf(target));
    }
  };
  follow(join(WEB, 'main.tsx'));
  return found;
}

function sourceOf(target: string): string {
  for (const ending of ['.ts', '.tsx']) {
    try {
      readFileSync(target + ending);
      return target + ending;
    } catch {
      // The other one.
    }
  }
  throw new Error(`${target} is no source`);
}

it('has no word on the first page that comes with the pages behind', () => {
  const modules = firstModules();
  expect([...modules.keys()].some((path) => path.endsWith('station/tile.tsx'))).toBe(true);
  const missing = [...modules].flatMap(([path, text]) => {
    const named = [...text.matchAll(/'([a-z]\w*\.[\w.-]*)'/g)].map(([, key = '']) => key);
    const prefixes = [...text.matchAll(/`([a-z]\w*\.[\w.-]*)\$\{/g)].map(([, prefix = '']) => prefix);
    const isUsed = (key: string): boolean =>
      named.includes(key) ||
      named.some((name) => key === `${name}.one` || key === `${name}.other`) ||
      prefixes.some((prefix) => key.startsWith(prefix));
    return Object.keys(enBehind).flatMap((key) =>
      isUsed(key) ? [`${key} in ${path.slice(WEB.length)}`] : [],
    );
  });
  expect(missing).toEqual([]);
});

it('says each word once', () => {
  expect(Object.keys(en).filter((key) => key in enBehind)).toEqual([]);
});
