// The documentation cannot drift: generated pages equal the code, links lead somewhere, commands that are shown exist.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { generatedDocs } from '../../src/cli/reference.js';
import { CATALOG, WARNINGS } from '../../src/core/errors/index.js';
import { ROOT } from '../support/reference-tools.js';
import { buildProgram, COMMAND_NAMES } from '../../src/cli/program.js';
import { silentIo } from '../support/cli-io.js';
import { wrongCommandsIn } from '../support/named-commands.js';
import { refusalOf, shellWords } from '../support/parse-only.js';

const pages = [
  ...readdirSync(ROOT).filter((name) => name.endsWith('.md')),
  ...readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
];
const generated = await generatedDocs();
const read = (page: string): string => readFileSync(join(ROOT, page), 'utf8');

describe('the documentation', () => {
  it.each([...generated])('%s is what `npm run docs` makes', (name, text) => {
    expect(read(join('docs/reference', name))).toBe(text);
  });

  it.each(pages)('%s only links to what is there', (page) => {
    const links = [...read(page).matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, link = '']) => link);
    expect(links.filter((link) => !existsSync(join(ROOT, dirname(page), link)))).toEqual([]);
  });

  it.each(pages)('%s only shows commands that espmint has', (page) => {
    const known = [...(generated.get('cli.md') ?? '').matchAll(/^#+ espmint (\S+)/gm)].map(
      ([, name]) => name,
    );
    const inline = [...read(page).matchAll(/`espmint ([a-z]+)[^`]*`/g)];
    const fenced = read(page)
      .split('```')
      .filter((_, index) => index % 2 === 1)
      .join('\n');
    const lines = [...fenced.matchAll(/^ *(?:\$ )?(?:espmint|node bin\/espmint\.js) ([a-z]+)\b/gm)];
    const shown = page === 'docs/reference/cli.md' ? [] : [...inline, ...lines].map(([, name]) => name);
    expect(shown.filter((name) => !known.includes(name))).toEqual([]);
  });

  it.each(pages)('%s names only commands, and options of theirs, that there are', async (page) => {
    const program = await buildProgram(silentIo(), COMMAND_NAMES);
    const inline = [
      ...read(page)
        .replaceAll(/```[^]*?```/g, '')
        .matchAll(/`(espmint [^`]+)`/g),
    ];
    expect(inline.flatMap(([, text = '']) => wrongCommandsIn(`"${text}"`, program))).toEqual([]);
  });

  it.each(pages)('%s names only options that some command has', (page) => {
    if (
      /reference\/(driver|registry|reliability|virtual-chip|nvs|library)\.md|CHANGELOG|ARCHITECTURE/.test(
        page,
      )
    )
      return;
    const known = [...(generated.get('cli.md') ?? '').matchAll(/--[a-z][a-z0-9-]*/g)].map(([name]) => name);
    const text = read(page).replaceAll(/```[^]*?```/g, '');
    const inline = [...text.matchAll(/`(--[a-z][a-z0-9-]*)/g)].map(([, name = '']) => name);
    expect(inline.filter((name) => !known.includes(name))).toEqual([]);
  });

  it.each(pages)('%s shows command lines that the program takes, options and all', async (page) => {
    const fenced = read(page)
      .split('```')
      .filter((_, index) => index % 2 === 1)
      .join('\n')
      .replaceAll(/\\\n\s*/g, ' ');
    const lines = [...fenced.matchAll(/^ *(?:\$ )?(?:espmint|node bin\/espmint\.js) ([a-z]+(?: .*)?)$/gm)];
    const refused: string[] = [];
    for (const [, line = ''] of lines) {
      const command = line.replace(/\s+(?:#|[|>]).*$/, '');
      const refusal = await refusalOf(shellWords(command));
      if (refusal !== undefined) refused.push(`${command}: ${refusal}`);
    }
    expect(refused).toEqual([]);
  });

  it('ARCHITECTURE.md names files and folders that there are, and every layer', () => {
    const text = read('ARCHITECTURE.md').replaceAll(/```[^]*?```/g, '');
    const missing: string[] = [];
    for (const line of text.split('\n')) {
      // A bare name, as `baud.ts`, lies in a folder that its line has named before.
      const folders = [ROOT, join(ROOT, 'src')];
      for (const [, name = ''] of line.matchAll(/`([\w.-]+\/[\w./-]*|[\w-]+\.(?:tsx?|sql))`/g)) {
        const found = folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
        if (found === undefined) missing.push(name);
        else folders.push(/\.\w+$/.test(name) ? dirname(found) : found);
      }
    }
    expect(missing).toEqual([]);
    const layers = readdirSync(join(ROOT, 'src')).filter((layer) => !text.includes(`| \`src/${layer}\` |`));
    expect(layers).toEqual([]);
  });

  it('names no error code in backticks that the table does not have', () => {
    // These pages also name constants, the loader's commands and words of SQL, which look the same.
    const others = ['driver', 'library', 'virtual-chip', 'registry-schema'].map(
      (name) => `docs/reference/${name}.md`,
    );
    const codes = pages
      .filter((page) => !others.includes(page))
      .flatMap((page) =>
        [...read(page).matchAll(/`([A-Z][A-Z0-9]+(?:_[A-Z0-9]+)+)`/g)].map(([, code = '']) => code),
      );
    const known: readonly string[] = [...Object.keys(CATALOG), ...Object.keys(WARNINGS)];
    expect(codes.filter((code) => !known.includes(code) && !/^ESP(MINT|_ERR)_/.test(code))).toEqual([]);
  });
});
