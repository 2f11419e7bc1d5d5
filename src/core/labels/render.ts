// One label in the format that is asked for. What only some formats need is loaded only for them.
import type { LabelLayout } from './layout.js';
import { labelToSvg } from './svg.js';
import { labelToZpl } from './zpl.js';

export const LABEL_FORMATS = ['svg', 'png', 'zpl', 'pdf'] as const;
export type LabelFormat = (typeof LABEL_FORMATS)[number];

export async function renderLabel(label: LabelLayout, format: LabelFormat): Promise<string | Uint8Array> {
  switch (format) {
    case 'svg':
      return labelToSvg(label);
    case 'zpl':
      return labelToZpl(label);
    case 'pdf':
      return (await import('./pdf.js')).labelsToPdf([label]);
    case 'png': {
      const { rasterize, rasterToPng } = await import('./raster.js');
      return rasterToPng(rasterize(label), label.dpi);
    }
  }
}
