// The label of one device as a file.
import type { LabelLayout } from '../../core/labels/layout.js';
import { renderLabel, type LabelFormat } from '../../core/labels/render.js';

export interface LabelFile {
  readonly contentType: string;
  readonly fileName: string;
  readonly content: string | Uint8Array;
}

const CONTENT_TYPES: Readonly<Record<LabelFormat, string>> = {
  svg: 'image/svg+xml; charset=utf-8',
  png: 'image/png',
  // ZPL has no registered type: a printer takes it as the text that it is.
  zpl: 'text/plain; charset=utf-8',
  pdf: 'application/pdf',
};

export async function labelFile(mac: string, layout: LabelLayout, format: LabelFormat): Promise<LabelFile> {
  const fileName = `label-${mac.replaceAll(':', '')}.${format}`;
  return { contentType: CONTENT_TYPES[format], fileName, content: await renderLabel(layout, format) };
}
