// Nothing comes to a browser that no page uses: words, classes and variables of the styles.
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { en } from './i18n/en.js';
import { enBehind } from './i18n/en-behind.js';

const WEB = fileURLToPath(new URL('.', import.meta.url));
const textOf = (ending: RegExp): string =>
  readdirSync(WEB, { recursive: true, encoding: 'utf8' })
    .filter((path) => ending.test(path) && !/\.test\.|i18n\/(en|languages)\//.test(path))
    .map((path) => readFileSync(WEB + path, 'utf8'))
    .join('\n');
const code = textOf(/\.tsx?$/);
const styles = textOf(/\.css$/).replaceAll(/\/\*[^]*?\*\//g, '');
const hasWord = (text: string, word: string): boolean =>
  new RegExp(`(?<![\\w-])${word}(?![\\w-])`).test(text);

it('every word is said somewhere: by its name, or by one that begins so', () => {
  const named = new Set([...code.matchAll(/['"]([\w .-]+)['"]/g)].map(([, name]) => name));
  const begun = [...code.matchAll(/`(\w+\.[\w.-]*)\$\{/g)].map(([, name = '']) => name);
  const unused = Object.keys({ ...en, ...enBehind }).filter(
    (key) =>
      !named.has(key) &&
      !named.has(key.replace(/\.(one|other)$|Hint$/, '')) &&
      !begun.some((name) => key.startsWith(name)),
  );
  // `option.PATH.VALUE` is built from the path of a setting.
  expect(unused.filter((key) => !key.startsWith('option.'))).toEqual([]);
});

it('every class and every variable of the styles has a user', () => {
  const selectors = styles.replaceAll(/\{[^{}]*\}/g, ' ');
  const classes = new Set([...selectors.matchAll(/\.([a-z][\w-]*)/g)].map(([, name = '']) => name));
  // Built from a number, or the kind of a partition.
  const built = /^(urgency-\d|phy|ota)$/;
  expect([...classes].filter((name) => !built.test(name) && !hasWord(code, name))).toEqual([]);
  const variables = new Set([...styles.matchAll(/(--[\w-]+):/g)].map(([, name = '']) => name));
  expect([...variables].filter((name) => !styles.includes(`var(${name}`))).toEqual([]);
});
