// A label template from the text of a file, YAML or JSON.
import { EspmintError } from '../errors/index.js';
import { orFault } from '../json.js';
import { parseSettings } from '../profile/settings-file.js';
import { checkLabelTemplate, labelTemplateSchema, type LabelColumn, type LabelTemplate } from './template.js';

/** Reads it and leaves its placeholders to `checkLabelTemplate`. @throws LABEL_INVALID */
export function readLabelTemplate(text: string, file: string): LabelTemplate {
  return orFault(
    () => parseSettings(text, labelTemplateSchema),
    ({ line, reason }) => new EspmintError('LABEL_INVALID', { file: `${file}:${line}`, reason }),
  );
}

/** @throws LABEL_INVALID, LABEL_SECRET_REFUSED; parameters as of `checkLabelTemplate` */
export function parseLabelTemplate(
  text: string,
  file: string,
  columns?: readonly LabelColumn[],
): LabelTemplate {
  return checkLabelTemplate(readLabelTemplate(text, file), file, columns);
}
