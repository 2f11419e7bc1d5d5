// Labels of the command line: the template of a file, the values of a device, and the key only where it is allowed.
import { EspmintError } from '../core/errors/index.js';
import { layOutLabel, type LabelLayout } from '../core/labels/layout.js';
import {
  parseLabelTemplate,
  showsSecret,
  type LabelTemplate,
  type LabelValues,
} from '../core/labels/template.js';
import type { Profile } from '../core/profile/schema.js';
import type { Registry } from '../registry/index.js';
import { readTextFile } from './files.js';

/** @throws LABEL_INVALID, LABEL_SECRET_REFUSED unless the profile allows what the template shows */
export async function loadLabelTemplate(file: string, profile: Profile): Promise<LabelTemplate> {
  const template = parseLabelTemplate(await readTextFile(file), file);
  if (showsSecret(template) && !profile.policy.secretsOnLabels) {
    throw new EspmintError('LABEL_SECRET_REFUSED', {
      reason: `the profile "${profile.name}" does not say "secretsOnLabels: true"`,
    });
  }
  return template;
}

/** The label of one device. A key that it shows is revealed, and so recorded in the audit trail. */
export async function labelOf(
  template: LabelTemplate,
  values: Omit<LabelValues, 'psk'>,
  registry: Registry,
): Promise<LabelLayout> {
  const psk = showsSecret(template)
    ? await registry.reveal(values.mac, 'printed on the label of the device')
    : undefined;
  return layOutLabel(template, { ...values, psk });
}
