// Small parts that every page uses: badge, note, empty place, copy button, choice between a few.
import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { t } from '../i18n/translate.js';
import { Icon, type IconName } from './icon.js';
import { Folded } from './service-words.js';
import { failureWords } from './toasts.js';

export type Tone = 'pass' | 'fail' | 'warn' | 'accent' | 'plain';

export function Badge({
  tone,
  icon,
  children,
}: {
  tone: Tone;
  icon?: IconName;
  children: ComponentChildren;
}): JSX.Element {
  return (
    <span class={`badge ${tone}`}>
      {icon !== undefined && <Icon name={icon} />}
      {children}
    </span>
  );
}

const NOTE_ICONS: Record<Tone, IconName> = {
  pass: 'check',
  fail: 'cross',
  warn: 'warn',
  accent: 'info',
  plain: 'info',
};

/** One thing to know. A failure is spoken at once. */
export function Note({ tone, children }: { tone: Tone; children: ComponentChildren }): JSX.Element {
  return (
    <div class={`note ${tone}`} role={tone === 'fail' ? 'alert' : 'status'}>
      <Icon name={NOTE_ICONS[tone]} />
      <div class="grow">{children}</div>
    </div>
  );
}

/** What went wrong, in the place where the rest would be; nothing while nothing did. */
export function FailureNote({ failure }: { failure: unknown }): JSX.Element | null {
  if (failure === undefined) return null;
  const { text, detail } = failureWords(failure);
  return (
    <Note tone="fail">
      <p>{text}</p>
      {detail !== undefined && <Folded text={detail} />}
    </Note>
  );
}

interface BlankProps {
  readonly icon: IconName;
  readonly title: string;
  readonly children?: ComponentChildren;
}

/** A place with nothing in it says why, and what would put something there. */
export function Blank({ icon, title, children }: BlankProps): JSX.Element {
  return (
    <div class="blank">
      <Icon name={icon} />
      <h2>{title}</h2>
      {children}
    </div>
  );
}

/** Lines where a list is about to be. */
export function Skeleton({ lines = 4 }: { lines?: number }): JSX.Element {
  return (
    <div class="stack" aria-busy="true" aria-label={t('common.loading')} role="status">
      {Array.from({ length: lines }, (_, index) => (
        <span key={index} class="skeleton" style={{ width: `${90 - index * 13}%` }} />
      ))}
    </div>
  );
}

const COPIED_MS = 1_500;

/** A value in fixed type with a button that copies it. `what` names it for those who do not see it. */
export function Copyable({
  value,
  what,
  shown,
}: {
  value: string;
  what: string;
  shown?: string;
}): JSX.Element {
  return (
    <span class="copyable">
      <span class="mono" title={shown === undefined ? undefined : value}>
        {shown ?? value}
      </span>
      <CopyButton value={value} what={what} />
    </span>
  );
}

export function CopyButton({ value, what }: { value: string; what: string }): JSX.Element {
  const [copied, setCopied] = useState(false);
  const timer = useRef<number | undefined>(undefined);
  useEffect(() => () => window.clearTimeout(timer.current), []);
  const copy = async (event: Event): Promise<void> => {
    event.stopPropagation();
    await writeClipboard(value);
    setCopied(true);
    timer.current = window.setTimeout(() => setCopied(false), COPIED_MS);
  };
  const label = copied ? t('common.copied') : t('common.copyWhat', { what });
  return (
    <button
      type="button"
      class="button quiet little icon-only"
      aria-label={label}
      title={label}
      onClick={(event) => void copy(event)}
    >
      <Icon name={copied ? 'check' : 'copy'} />
    </button>
  );
}

/** The clipboard interface needs https or loopback; a page on a plain address copies through a selection. */
async function writeClipboard(value: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(value);
  } catch {
    const area = document.createElement('textarea');
    area.value = value;
    area.className = 'visually-hidden';
    document.body.append(area);
    area.select();
    document.execCommand('copy');
    area.remove();
  }
}

interface SegmentedProps<T extends string> {
  readonly label: string;
  readonly value: T;
  readonly options: readonly { readonly value: T; readonly label: string; readonly icon?: IconName }[];
  readonly onChange: (value: T) => void;
}

/** A choice between a few, all in view. */
export function Segmented<T extends string>({
  label,
  value,
  options,
  onChange,
}: SegmentedProps<T>): JSX.Element {
  return (
    <div class="segmented" role="group" aria-label={label}>
      {options.map((option) => (
        <button
          key={option.value}
          type="button"
          aria-pressed={option.value === value}
          onClick={() => onChange(option.value)}
        >
          {option.icon !== undefined && <Icon name={option.icon} />} {option.label}
        </button>
      ))}
    </div>
  );
}
