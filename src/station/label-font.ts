// The font of labels, from the package that brings it; read when the first label is made.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { type LabelFont, openLabelFont } from '../core/labels/font.js';

const FONT = '@fontsource/unifont/files/unifont-latin-400-normal.woff';

let font: Promise<LabelFont> | undefined;

export function labelFont(): Promise<LabelFont> {
  font ??= readFile(createRequire(import.meta.url).resolve(FONT)).then(openLabelFont);
  return font;
}
