// Fields of the profile form that are bound to a path of the settings, and show the finding of that path.
import type { ComponentChildren, JSX } from 'preact';
import type { Preview } from '../../../service/contract/index.js';
import { sentence } from '../../format/format.js';
import { currentLanguage, whyText, wordsFor, t, type Key } from '../../i18n/translate.js';
import { CheckField, SelectField, TextField } from '../../ui/field.js';
import { ServiceWords } from '../../ui/service-words.js';
import { getAt, numberOrText, setAt, textAt, utf8Length, type Path, type Settings } from './draft.js';

export interface ProfileFormProps {
  readonly settings: Settings;
  readonly isNew: boolean;
  readonly preview: Preview | undefined;
  readonly onSettings: (settings: Settings) => void;
}

export interface BoundProps extends ProfileFormProps {
  readonly path: Path;
  readonly label: Key;
}

interface TextProps extends BoundProps {
  readonly hint?: Key;
  readonly placeholder?: string;
  readonly mono?: boolean;
  readonly number?: boolean;
  readonly wide?: boolean;
  readonly disabled?: boolean;
  readonly suggestions?: readonly string[] | undefined;
}

export function Text(props: TextProps): JSX.Element {
  const { settings, path, preview, onSettings, number = false } = props;
  const value = textAt(settings, path);
  const finding = findingAt(preview, path);
  const limit = preview?.limits.find((entry) => entry.path === path.join('.'));
  return (
    <div class={props.wide === true ? 'wide' : ''}>
      <TextField
        label={t(props.label)}
        value={value}
        hint={props.hint === undefined ? undefined : t(props.hint)}
        finding={finding !== undefined && value === '' ? t('setup.needed') : finding}
        count={
          limit === undefined || value === ''
            ? undefined
            : { bytes: utf8Length(value), maxBytes: limit.maxBytes }
        }
        mono={props.mono ?? false}
        disabled={props.disabled ?? false}
        suggestions={props.suggestions}
        {...(props.placeholder === undefined ? {} : { placeholder: props.placeholder })}
        onInput={(text) => onSettings(setAt(settings, path, number ? numberOrText(text) : text))}
      />
    </div>
  );
}

interface ChoiceProps extends BoundProps {
  readonly options: readonly string[];
  readonly number?: boolean;
}

export function Choice(props: ChoiceProps): JSX.Element {
  const { settings, path, preview, onSettings, options, number = false } = props;
  const name = path.join('.');
  return (
    <SelectField
      label={t(props.label)}
      value={textAt(settings, path) || (options[0] ?? '')}
      options={options.map((value) => ({ value, label: t(`option.${name}.${value}` as Key) }))}
      finding={findingAt(preview, path)}
      onChange={(value) => onSettings(setAt(settings, path, number ? Number(value) : value))}
    />
  );
}

/** Yes or no; no is what a profile says without it. */
export function Check(props: BoundProps): JSX.Element {
  const { settings, path, onSettings, label } = props;
  return (
    <CheckField
      label={t(label)}
      hint={t(`${label}Hint` as Key)}
      checked={getAt(settings, path) === true}
      onChange={(checked) => onSettings(setAt(settings, path, checked ? true : undefined))}
    />
  );
}

/** A list of texts, one a line. */
export function Lines(props: BoundProps & { readonly hint: Key }): JSX.Element {
  const { settings, path, preview, onSettings } = props;
  const found = getAt(settings, path);
  const lines: readonly unknown[] = Array.isArray(found) ? found : [];
  return (
    <div class="wide">
      <TextField
        label={t(props.label)}
        hint={t(props.hint)}
        finding={findingAt(preview, path) ?? findingAt(preview, [...path, 0])}
        value={lines.join('\n')}
        rows={2}
        mono
        onInput={(text) => onSettings(setAt(settings, path, text === '' ? undefined : text.split('\n')))}
      />
    </div>
  );
}

/** The finding at this path, as a sentence that begins with the reason. */
export function findingAt(preview: Preview | undefined, path: Path): ComponentChildren {
  const name = path.join('.');
  const finding = preview?.findings.find((other) => other.path === name);
  return finding && <FindingWords finding={finding} />;
}

/** What is wrong with a profile, in the language of the page; what exactly, in the service's own words. */
export function FindingWords({ finding }: { finding: Preview['findings'][number] }): JSX.Element {
  const { code = 'INPUT_INVALID', reason, why, maxBytes = '' } = finding;
  const own = sentence(reason.replace(/^is not accepted: /, ''));
  if (currentLanguage() === 'en') return <>{own}</>;
  return (
    <>
      {[wordsFor(code)?.cause, whyText({ why, maxBytes })].filter(Boolean).join(' ')}
      <ServiceWords text={own} />
    </>
  );
}
