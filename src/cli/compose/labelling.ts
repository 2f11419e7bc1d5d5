// Label templates of the command line: from a file, with the key only where the profile allows it.
import { EspmintError } from '../../core/errors/index.js';
import { parseLabelTemplate, showsSecret, type LabelTemplate } from '../../core/labels/template.js';
import type { Profile } from '../../core/profile/schema.js';
import { readTextFile } from '../../files/index.js';

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
