// A field of a form: label, control, hint, byte counter, and what is wrong with it, tied together for screen readers.
import type { ComponentChildren, JSX } from 'preact';
import { useId } from 'preact/hooks';
import { t } from '../i18n/translate.js';
import { Icon } from './icon.js';

interface FieldProps {
  readonly label: string;
  readonly hint?: string | undefined;
  /** What is wrong; shown at the field. */
  readonly finding?: ComponentChildren;
  readonly count?: { readonly bytes: number; readonly maxBytes: number } | undefined;
  readonly children: (ids: ControlIds) => ComponentChildren;
}

interface ControlIds {
  readonly id: string;
  readonly 'aria-describedby': string | undefined;
  readonly 'aria-invalid': boolean;
}

function Field({ label, hint, finding, count, children }: FieldProps): JSX.Element {
  const id = useId();
  const about = `${id}-about`;
  const says = finding !== undefined || hint !== undefined;
  return (
    <div class="field">
      <div class="row spread">
        <label for={id}>{label}</label>
        {count !== undefined && (
          <span class={`count ${count.bytes > count.maxBytes ? 'over' : ''}`}>
            {t('common.bytesOf', { bytes: count.bytes, max: count.maxBytes })}
          </span>
        )}
      </div>
      {children({ id, 'aria-describedby': says ? about : undefined, 'aria-invalid': finding !== undefined })}
      {says && (
        <div id={about}>
          {finding !== undefined && (
            <div class="finding">
              <Icon name="warn" />
              <div>{finding}</div>
            </div>
          )}
          {finding === undefined && hint !== undefined && <span class="hint">{hint}</span>}
        </div>
      )}
    </div>
  );
}

interface TextFieldProps extends Omit<FieldProps, 'children'> {
  readonly value: string;
  readonly onInput: (value: string) => void;
  readonly type?: 'text' | 'date' | 'password' | 'number' | 'search';
  readonly placeholder?: string;
  readonly mono?: boolean;
  readonly disabled?: boolean;
  readonly autoComplete?: string;
  readonly required?: boolean;
  /** More than one line of text. */
  readonly rows?: number;
  /** Offered while one types. */
  readonly suggestions?: readonly string[] | undefined;
}

export function TextField(props: TextFieldProps): JSX.Element {
  const { value, onInput, type = 'text', placeholder, mono = false, disabled = false } = props;
  // One element for all kinds of text; the types of JSX want one for each.
  const inputType: 'text' = type as 'text';
  const shared = {
    class: `input ${mono ? 'mono' : ''}`,
    value,
    disabled,
    required: props.required ?? false,
    spellcheck: false,
    onInput: (event: { currentTarget: { value: string } }) => onInput(event.currentTarget.value),
    ...(placeholder === undefined ? {} : { placeholder }),
  };
  return (
    <Field label={props.label} hint={props.hint} finding={props.finding} count={props.count}>
      {(ids) =>
        props.rows === undefined ? (
          <>
            <input
              {...ids}
              {...shared}
              type={inputType}
              autoComplete={props.autoComplete ?? 'off'}
              {...(props.suggestions === undefined ? {} : { list: `${ids.id}-list` })}
            />
            {props.suggestions !== undefined && (
              <datalist id={`${ids.id}-list`}>
                {props.suggestions.map((text) => (
                  <option key={text} value={text} />
                ))}
              </datalist>
            )}
          </>
        ) : (
          <textarea {...ids} {...shared} rows={props.rows} />
        )
      }
    </Field>
  );
}

interface CheckFieldProps {
  readonly label: string;
  readonly hint: string;
  readonly checked: boolean;
  readonly onChange: (checked: boolean) => void;
}

export function CheckField({ label, hint, checked, onChange }: CheckFieldProps): JSX.Element {
  return (
    <div>
      <label class="check">
        <input
          type="checkbox"
          checked={checked}
          onChange={(event) => onChange(event.currentTarget.checked)}
        />
        {label}
      </label>
      <p class="muted small">{hint}</p>
    </div>
  );
}

interface SelectFieldProps<T extends string> extends Omit<FieldProps, 'children'> {
  readonly value: T;
  readonly options: readonly { readonly value: T; readonly label: string }[];
  readonly onChange: (value: T) => void;
  readonly disabled?: boolean;
}

export function SelectField<T extends string>(props: SelectFieldProps<T>): JSX.Element {
  return (
    <Field label={props.label} hint={props.hint} finding={props.finding}>
      {(ids) => (
        <select
          {...ids}
          class="select"
          value={props.value}
          disabled={props.disabled ?? false}
          onChange={(event) => props.onChange(event.currentTarget.value as T)}
        >
          {props.options.map(({ value, label }) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

interface FormProps {
  readonly class?: string;
  readonly onSubmit: () => void;
  readonly children: ComponentChildren;
}

/** The page stays where it is when a form is sent. */
export function Form({ class: look, onSubmit, children }: FormProps): JSX.Element {
  return (
    <form
      class={look}
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit();
      }}
    >
      {children}
    </form>
  );
}
