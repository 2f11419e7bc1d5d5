// A dialog over the page: the browser's own, so that focus, Esc and the backdrop behave.
import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { t } from '../i18n/translate.js';
import { Icon, type IconName } from './icon.js';

interface DialogProps {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
}

export function Dialog({ title, onClose, children }: DialogProps): JSX.Element {
  const element = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const dialog = element.current;
    dialog?.showModal();
    // Not the button that closes it: Enter is for the form.
    dialog?.querySelector<HTMLElement>('.dialog-body :is(input, select, textarea)')?.focus();
    return () => dialog?.close();
  }, []);
  return (
    <dialog ref={element} aria-labelledby={id} onClose={onClose}>
      <div class="dialog-head">
        <h2 id={id}>{title}</h2>
        <button type="button" class="button quiet icon-only" aria-label={t('common.close')} onClick={onClose}>
          <Icon name="cross" />
        </button>
      </div>
      <div class="dialog-body">{children}</div>
    </dialog>
  );
}

interface DialogButtonProps {
  readonly label: string;
  readonly icon?: IconName;
  /** The icon stands alone, in the row of a table. */
  readonly bare?: boolean;
  readonly class?: string;
  readonly children: (close: () => void) => ComponentChildren;
}

/** A button that opens a dialog. */
export function DialogButton(props: DialogButtonProps): JSX.Element {
  const { label, icon, bare = false, class: look = '', children } = props;
  const [open, setOpen] = useState(false);
  return (
    <>
      <button
        type="button"
        class={`button ${bare ? 'quiet little icon-only' : look}`}
        {...(bare ? { 'aria-label': label, title: label } : {})}
        onClick={() => setOpen(true)}
      >
        {icon !== undefined && <Icon name={icon} />}
        {!bare && label}
      </button>
      {open && children(() => setOpen(false))}
    </>
  );
}
