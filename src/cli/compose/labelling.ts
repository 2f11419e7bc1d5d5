// Label templates of the command line: from a file, with the key only where the profile allows it.
import { EspmintError } from '../../core/errors/index.js';
import {
  checkLabelTemplate,
  columnsShown,
  showsSecret,
  type LabelTemplate,
} from '../../core/labels/template.js';
import { readLabelTemplate } from '../../core/labels/template-file.js';
import type { Profile } from '../../core/profile/schema.js';
import type { ValueColumn } from '../../core/values/rows.js';
import { readTextFile } from '../../files/index.js';

/**
 * A template that shows columns has the name of their list: its own, else that of the profile.
 *
 * @param columnsOf asked for a list that the profile does not declare
 * @throws LABEL_INVALID, LABEL_COLUMN_SECRET, VALUE_LIST_UNKNOWN, LABEL_SECRET_REFUSED unless the profile allows what the
 *   template shows
 */
export async function loadLabelTemplate(
  file: string,
  profile: Profile,
  columnsOf: (list: string) => Promise<readonly ValueColumn[]>,
): Promise<LabelTemplate> {
  const read = readLabelTemplate(await readTextFile(file), file);
  const { values } = profile;
  const list = read.list ?? values?.list;
  const isAsked = list !== undefined && list !== values?.list && columnsShown(read).length > 0;
  const columns = isAsked ? await columnsOf(list) : values?.columns;
  const template = checkLabelTemplate({ ...read, list }, file, columns);
  if (showsSecret(template) && !profile.policy.secretsOnLabels) {
    throw new EspmintError('LABEL_SECRET_REFUSED', {
      reason: `the profile "${profile.name}" does not say "secretsOnLabels: true"`,
    });
  }
  return template;
}
