// The label of a device where nobody brings a template: what identifies it, and never its key.
import type { LabelTemplate, LabelValues } from './template.js';

/** Of a common size of thermal labels. The QR code says the UUID, by which the registry finds the device. */
const STANDARD_TEMPLATE: LabelTemplate = {
  widthMm: 50,
  heightMm: 25,
  dpi: 203,
  qr: '{{uuid}}',
  lines: ['{{mac}}', '{{uuid}}'],
  secret: false,
};

/** The standard template, with a line for the versions of this device when it has any. */
export function standardTemplate({ hardwareRevision, firmwareVersion }: LabelValues): LabelTemplate {
  const versions = [
    ...(hardwareRevision === undefined ? [] : ['HW {{hardwareRevision}}']),
    ...(firmwareVersion === undefined ? [] : ['FW {{firmwareVersion}}']),
  ];
  if (versions.length === 0) return STANDARD_TEMPLATE;
  return { ...STANDARD_TEMPLATE, lines: [...STANDARD_TEMPLATE.lines, versions.join(' ')] };
}
