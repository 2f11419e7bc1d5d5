// What is recorded with a reason: it is not sent without one.
import type { ComponentChildren, JSX } from 'preact';
import { useState } from 'preact/hooks';
import { t } from '../i18n/translate.js';
import { Dialog } from './dialog.js';
import { TextField } from './field.js';
import { say } from './toasts.js';
import { ActForm } from './work.js';

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

export function ReasonForm({ act, disabled = false, hint, children, ...form }: ReasonFormProps): JSX.Element {
  const [reason, setReason] = useState('');
  return (
    <ActForm
      {...form}
      disabled={disabled || reason.trim().length < MIN_REASON}
      act={() => act(reason.trim())}
    >
      {children}
      <TextField label={t('reason.label')} value={reason} onInput={setReason} hint={hint} required />
    </ActForm>
  );
}

interface ReasonDialogProps extends ReasonFormProps {
  readonly title: string;
  /** Said when it is done; `act` may say something else. */
  readonly done?: string;
  readonly onClose: () => void;
}

/** Asks before it takes something away, and closes when that is done. */
export function ReasonDialog({ title, done, onClose, act, ...form }: ReasonDialogProps): JSX.Element {
  return (
    <Dialog title={title} onClose={onClose}>
      <ReasonForm
        danger
        {...form}
        act={async (reason) => {
          await act(reason);
          if (done !== undefined) say(done);
          onClose();
        }}
      />
    </Dialog>
  );
}
