// The one rule for the form of a file: its ending says it, or an option does and the ending does not contradict.
import { extname } from 'node:path';
import { invalidInput } from '../../core/errors/index.js';

export interface FormQuestion<F extends string> {
  /** The option or argument, for a refusal. */
  readonly field: string;
  readonly path: string;
  /** Forms that there are, each with the ending of its name. */
  readonly forms: readonly F[];
  /** What an option said, if the command has one. */
  readonly given?: F | undefined;
  /** Name of that option. */
  readonly option?: string;
}

/**
 * `labels.PDF` is a PDF. A name without ending (a device, a pipe) may have any form that the option says.
 *
 * @throws INPUT_INVALID for an ending of no form or of another than was said, and where nothing says one
 */
export function formOfFile<F extends string>({ field, path, forms, given, option }: FormQuestion<F>): F {
  const ending = extname(path).toLowerCase();
  const named = forms.find((form) => ending === `.${form}`);
  if (named !== undefined && (given === undefined || given === named)) return named;
  if (ending === '' && given !== undefined) return given;
  const endings = (given === undefined ? forms : [given]).map((form) => `.${form}`).join(', ');
  const choice =
    option === undefined || given !== undefined ? '' : `, or leave the ending out and say it with ${option}`;
  throw invalidInput(
    `${field} ${path}`,
    given === undefined
      ? 'does not say by its ending what form it has'
      : `ends like another form than ${option ?? ''} ${given}`,
    `end it with ${endings}${choice}`,
  );
}

/** For a command that writes one form: a name that ends, ends so. A device, a pipe or a bare name needs no ending. */
export function checkEnding({
  field,
  path,
  forms,
}: Pick<FormQuestion<string>, 'field' | 'path' | 'forms'>): void {
  if (extname(path) !== '') formOfFile({ field, path, forms });
}
