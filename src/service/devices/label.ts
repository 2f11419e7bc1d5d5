// The label of one device as a file. It shows what identifies the device; a key needs the command line and a profile.
import { layOutLabel } from '../../core/labels/layout.js';
import { renderLabel, type LabelFormat } from '../../core/labels/render.js';
import { standardTemplate } from '../../core/labels/standard.js';
import type { LabelValues } from '../../core/labels/template.js';

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

/** The values are named one by one: whatever else a device has stays behind. */
export async function labelFile(
  { mac, uuid, firmwareVersion, hardwareRevision }: Omit<LabelValues, 'psk'>,
  format: LabelFormat,
): Promise<LabelFile> {
  const values = { mac, uuid, firmwareVersion, hardwareRevision };
  const content = await renderLabel(layOutLabel(standardTemplate(values), values), format);
  const fileName = `label-${mac.replaceAll(':', '')}.${format}`;
  return { contentType: CONTENT_TYPES[format], fileName, content };
}
