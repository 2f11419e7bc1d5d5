// What a hand begins: once at a time, however often it presses, and a refusal is shown where it was asked for.
import type { ComponentChildren, JSX } from 'preact';
import { useRef, useState } from 'preact/hooks';
import { Form } from './field.js';
import { Icon, type IconName } from './icon.js';
import { FailureNote } from './parts.js';
import { attempt } from './toasts.js';

type Act = () => Promise<unknown>;

interface Work {
  readonly busy: boolean;
  /** Of what was begun last. */
  readonly failure: unknown;
  /** Begins it, unless something runs already. */
  readonly run: (act: Act) => Promise<void>;
}

export function useWork(): Work {
  const running = useRef(false);
  const [state, setState] = useState<Omit<Work, 'run'>>({ busy: false, failure: undefined });
  const run = async (act: Act): Promise<void> => {
    if (running.current) return;
    running.current = true;
    setState({ busy: true, failure: undefined });
    let failure: unknown;
    try {
      await act();
    } catch (error) {
      failure = error;
    }
    running.current = false;
    setState({ busy: false, failure });
  };
  return { ...state, run };
}

interface ActButtonProps {
  readonly act: Act;
  /** In place of words. */
  readonly icon?: IconName;
  /** For those who do not see the icon, and on hover. */
  readonly label?: string;
  readonly class?: string;
  readonly disabled?: boolean;
  readonly children?: ComponentChildren;
}

/** A refusal is news at the edge of the page. */
export function ActButton(props: ActButtonProps): JSX.Element {
  const { act, icon, label, class: look = '', disabled = false, children } = props;
  const { busy, run } = useWork();
  return (
    <button
      type="button"
      class={`button ${look} ${children === undefined ? 'icon-only' : ''}`}
      aria-label={label}
      title={label}
      // It keeps the focus while it works.
      aria-disabled={busy}
      disabled={disabled}
      onClick={(event) => {
        event.stopPropagation();
        void run(() => attempt(act));
      }}
    >
      {icon !== undefined && <Icon name={icon} />}
      {children}
    </button>
  );
}

interface ActFormProps {
  /** It is a card with this head. */
  readonly title?: string;
  /** At the right end of the head. */
  readonly aside?: ComponentChildren;
  /** The fields and the button stand in a line. */
  readonly inline?: boolean;
  /** On the button. */
  readonly submit: string;
  readonly danger?: boolean;
  readonly disabled?: boolean;
  readonly act: Act;
  /** Fields. */
  readonly children: ComponentChildren;
  readonly below?: ComponentChildren;
}

/** A form and its button; a refusal stands above the button. */
export function ActForm(props: ActFormProps): JSX.Element {
  const { title, aside, inline = false, submit, danger = false, disabled = false, act, below } = props;
  const { busy, failure, run } = useWork();
  const button = (
    <button
      type="submit"
      class={`button ${danger ? 'danger' : 'primary'}`}
      aria-disabled={busy}
      disabled={disabled && !busy}
    >
      {submit}
    </button>
  );
  return (
    <Form
      class={title === undefined ? 'stack' : `card stack ${inline ? '' : 'loose'}`}
      onSubmit={() => void run(act)}
    >
      {title !== undefined && (
        <header>
          <h2>{title}</h2>
          {aside}
        </header>
      )}
      {inline ? (
        <div class="inline-form">
          {props.children}
          {button}
        </div>
      ) : (
        props.children
      )}
      <FailureNote failure={failure} />
      {!inline && <div class={title === undefined ? 'dialog-actions' : ''}>{button}</div>}
      {below}
    </Form>
  );
}
