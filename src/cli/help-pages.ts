// The guides and reference pages that came along with this espmint, as topics of `espmint help`.
import { readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { readTextFile, unreadable } from '../files/index.js';

export interface HelpPage {
  /** `labels`; with its folder, `guides/nvs`, where the short name is a command's or another page's too. */
  readonly topic: string;
  /** The title of the page: its first line. */
  readonly title: string;
  readonly text: string;
}

/** Two folders up, in src as in dist. */
const DOCS = fileURLToPath(new URL('../../docs', import.meta.url));

/**
 * Every page, guides first.
 * @param commands names that mean a command
 * @throws EspmintError FILE_UNREADABLE
 */
export async function helpPages(commands: readonly string[]): Promise<readonly HelpPage[]> {
  const found = [...(await namesIn('guides')), ...(await namesIn('reference'))];
  const shortNames = [...commands, ...found.map(({ name }) => name)];
  const isAlone = (name: string): boolean => shortNames.filter((one) => one === name).length === 1;
  return Promise.all(
    found.map(async ({ folder, name }) => {
      const text = await readTextFile(`${DOCS}/${folder}/${name}.md`);
      const [first = ''] = text.split('\n', 1);
      return { topic: isAlone(name) ? name : `${folder}/${name}`, title: first.replace(/^#\s*/, ''), text };
    }),
  );
}

async function namesIn(folder: string): Promise<{ folder: string; name: string }[]> {
  try {
    const files = (await readdir(`${DOCS}/${folder}`)).filter((file) => file.endsWith('.md')).sort();
    return files.map((file) => ({ folder, name: file.slice(0, -'.md'.length) }));
  } catch (error) {
    throw unreadable(`${DOCS}/${folder}`, error);
  }
}
