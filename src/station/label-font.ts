// The font of labels, from the package that brings it; read when the first label is made.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { promisify } from 'node:util';
import { inflate } from 'node:zlib';
import type { LabelFont } from '../core/labels/letters.js';

const FONT = '@fontsource/unifont/files/unifont-latin-400-normal.woff';

let font: Promise<LabelFont> | undefined;

export function labelFont(): Promise<LabelFont> {
  font ??= readLabelFont().catch((error: unknown) => {
    font = undefined;
    throw error;
  });
  return font;
}

async function readLabelFont(): Promise<LabelFont> {
  // A tenth of the program's start, for those who print.
  const [{ openLabelFont }, woff] = await Promise.all([
    import('../core/labels/font.js'),
    readFile(createRequire(import.meta.url).resolve(FONT)),
  ]);
  // In one piece (zlib's least has 64 bytes): a buffer that grows on the way would take three times the memory.
  return openLabelFont(woff, (packed, length) =>
    promisify(inflate)(packed, { chunkSize: Math.max(64, length + 1) }),
  );
}
