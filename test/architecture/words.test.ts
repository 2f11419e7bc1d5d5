// One word, one meaning: private words that were once used for the field's own come back neither in names nor in messages.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ROOT } from '../support/reference-tools.js';

/** What is refused, and the word that is meant. */
const REFUSED: Readonly<Record<string, string>> = {
  door: 'admission (of a batch), admission lists, entry point',
  desk: 'store, outbox, page',
  book: 'store',
  keeper: 'file registry, connection',
  beat: 'heartbeat',
  meet: 'match',
  met: 'matches',
  told: 'synced, update, announced',
  untold: 'unsynced',
  news: 'update',
  wish: 'request, wanted',
  course: 'timings',
  story: 'attempt facts, history',
  ground: 'board state',
  prepaid: 'reserved unit',
  judges: 'reference tools',
};
/** Phrases that would be private only together. */
const REFUSED_PHRASES =
  /\b(held ahead|holds? places|places? held|(?:foreign|Python) judges?|judges? of the|prepaid|the beat)\b/i;

/** Comments, and texts between quotes, which have a word of their own below. */
const COMMENT = /\/\*[\s\S]*?\*\/|(?<!:)\/\/.*$/gm;
const TEXT = /'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`/g;

const sources = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' }).filter(
  (file) => /(?<!\.test)\.tsx?$/.test(file) && !/languages[/\\]/.test(file),
);

/** The words that a name is made of: `lastNews` is `last` and `news`. */
function wordsOf(name: string): string[] {
  return name.split(/[^A-Za-z]+|(?<=[a-z])(?=[A-Z])/).map((word) => word.toLowerCase());
}

it('no name in the sources has a private word in it', () => {
  const found = sources.flatMap((file) => {
    const code = readFileSync(join(ROOT, 'src', file), 'utf8')
      .replace(COMMENT, '')
      .replace(TEXT, '');
    const names = new Set([file, ...(code.match(/[A-Za-z_$][\w$]*/g) ?? [])]);
    return [...names].flatMap((name) =>
      wordsOf(name).flatMap((word) =>
        Object.hasOwn(REFUSED, word) ? `${file}: ${name} (say ${REFUSED[word]})` : [],
      ),
    );
  });
  expect(found).toEqual([]);
});

it('no message, help text or page has a private phrase in it', () => {
  const found = sources.flatMap((file) => {
    const code = readFileSync(join(ROOT, 'src', file), 'utf8').replace(COMMENT, '');
    return (code.match(TEXT) ?? []).flatMap((text) => (REFUSED_PHRASES.test(text) ? `${file}: ${text}` : []));
  });
  const pages = ['guides', 'reference'].flatMap((folder) =>
    readdirSync(join(ROOT, 'docs', folder)).map((name) => `docs/${folder}/${name}`),
  );
  for (const page of ['README.md', 'CONTRIBUTING.md', 'ARCHITECTURE.md', ...pages])
    for (const line of readFileSync(join(ROOT, page), 'utf8').split('\n'))
      if (REFUSED_PHRASES.test(line)) found.push(`${page}: ${line.slice(0, 120)}`);
  expect(found).toEqual([]);
});

/** Of comments too: each of these once stood for several ideas. */
const REFUSED_IN_PROSE: readonly (readonly [RegExp, string])[] = [
  [/\b(un)?told\b/i, 'sent, synced, shown, called with, known'],
  [
    /\bprofile('s)? revision|revision of (a|the) profile\b/i,
    'version: only hardware and chips have revisions',
  ],
];

it('no comment, message or page says by one word what has words of its own', () => {
  const pages = ['guides', 'reference'].flatMap((folder) =>
    readdirSync(join(ROOT, 'docs', folder))
      .filter((name) => name.endsWith('.md'))
      .map((name) => `docs/${folder}/${name}`),
  );
  const texts = ['README.md', 'CONTRIBUTING.md', 'ARCHITECTURE.md', 'SECURITY.md', ...pages];
  for (const file of sources) texts.push(join('src', file));
  const found = texts.flatMap((file) =>
    readFileSync(join(ROOT, file), 'utf8')
      .split('\n')
      .flatMap((line, index) =>
        REFUSED_IN_PROSE.flatMap(([word, say]) =>
          word.test(line) ? `${file}:${index + 1}: ${line.trim()} (say ${say})` : [],
        ),
      ),
  );
  expect(found).toEqual([]);
});

it('no test calls a reference tool a judge or a peer', () => {
  const files = readdirSync(join(ROOT, 'test'), { recursive: true, encoding: 'utf8' });
  const refused =
    /judgeAvailable|support\/judges|foreign judge|ESPFLASH_PEER|conformance\/peers|\bjudge(ment)?\b/i;
  const found = files
    .filter((file) => /\.(ts|py|sh|rs)$/.test(file) && !file.endsWith('words.test.ts'))
    .filter((file) => refused.test(file) || refused.test(readFileSync(join(ROOT, 'test', file), 'utf8')));
  expect(found).toEqual([]);
});
