// A form for what is recorded with a reason: it is not sent without one, and a refusal stands where it was asked for.
import type { ComponentChildren, JSX } from 'preact';
import { useState } from 'preact/hooks';
import { t } from '../i18n/translate.js';
import { Form, TextField } from './field.js';
import { FailureNote } from './parts.js';

/** As the API wants it. */
const MIN_REASON = 3;

interface ReasonFormProps {
  /** On the button. */
  readonly submit: string;
  readonly danger?: boolean;
  /** An example of a reason. */
  readonly hint?: string;
  readonly disabled?: boolean;
  readonly act: (reason: string) => Promise<unknown>;
  /** What happens, before the reason is asked for. */
  readonly children: ComponentChildren;
}

export function ReasonForm(props: ReasonFormProps): JSX.Element {
  const { submit, danger = false, hint, disabled = false, act, children } = props;
  const [reason, setReason] = useState('');
  const [failure, setFailure] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const send = async (): Promise<void> => {
    setBusy(true);
    setFailure(undefined);
    try {
      await act(reason.trim());
    } catch (error) {
      setFailure(error);
    }
    setBusy(false);
  };
  return (
    <Form class="stack" onSubmit={() => void send()}>
      {children}
      <TextField label={t('reason.label')} value={reason} onInput={setReason} hint={hint} required />
      <FailureNote failure={failure} />
      <div class="dialog-actions">
        <button
          type="submit"
          class={`button ${danger ? 'danger' : 'primary'}`}
          disabled={busy || disabled || reason.trim().length < MIN_REASON}
        >
          {submit}
        </button>
      </div>
    </Form>
  );
}
