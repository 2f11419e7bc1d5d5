// The golden corpus of NVS images in test/fixtures/nvs: its case list, files and images.
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { type GeneratedImage, generateNvs } from '../../src/core/nvs/index.js';
import { ROOT } from './reference-tools.js';

export const CORPUS = `${ROOT}test/fixtures/nvs/`;

interface Case {
  readonly name: string;
  readonly about: string;
  readonly args: readonly string[];
}

export interface GenerateCase extends Case {
  readonly csv: readonly string[];
  readonly size: string;
  readonly version: 1 | 2;
  readonly sha256: string;
  readonly image: string;
  readonly key?: string;
  readonly plain?: string;
}

export interface BadCase extends Case {
  readonly cwd: string;
}

export interface DamagedCase {
  readonly name: string;
  readonly base: string;
  readonly patch: readonly (readonly [offset: string, hex: string])[];
  readonly cut?: number;
  readonly fault: string;
}

interface DecryptCase extends Case {
  readonly image: string;
  readonly key: string;
  readonly equals: string;
}

interface Cases {
  readonly generate: readonly GenerateCase[];
  readonly bad: readonly BadCase[];
  readonly damaged: readonly DamagedCase[];
  readonly decrypt: readonly DecryptCase[];
}

/** A file of the corpus, by its path in there. */
export function fixture(path: string): Uint8Array {
  return new Uint8Array(readFileSync(CORPUS + path));
}

/** A packed image of the corpus. */
export function goldenImage(name: string): Uint8Array {
  return new Uint8Array(gunzipSync(fixture(name)));
}

export const CASES = JSON.parse(new TextDecoder().decode(fixture('cases.json'))) as Cases;

/** Generates what a case's command line says. Paths mean the same as with the case's folder as the working folder. */
export function generateFixture(
  one: GenerateCase | BadCase,
  options: { strict?: boolean } = {},
): GeneratedImage {
  const folder = 'cwd' in one ? `${one.cwd}/` : '';
  const words = one.args.filter((word, at) => !word.startsWith('--') && !one.args[at - 1]?.startsWith('--'));
  const [, ...rest] = words;
  const inputs = rest.slice(0, -2).map((file) => ({ file, bytes: fixture(folder + file) }));
  return generateNvs(inputs, Number(rest.at(-1)), {
    version: one.args.join(' ').includes('--version 1') ? 1 : 2,
    readFile: (path) => fixture(folder + path),
    ...options,
  });
}

/** The image of a damaged case: its base with the patches written over it. */
export function damagedImage(one: DamagedCase): Uint8Array {
  const image = goldenImage(`${one.base}.bin.gz`);
  for (const [offset, hex] of one.patch) image.set(Buffer.from(hex, 'hex'), Number(offset));
  return one.cut === undefined ? image : image.slice(0, one.cut);
}
