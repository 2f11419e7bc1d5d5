// Short news at the edge of the page: what was done, and refusals that have no place of their own.
import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { ApiFailure } from '../api/client.js';
import type { Sentence } from '../i18n/sentences.js';
import { currentLanguage, t, whyText, wordsFor } from '../i18n/translate.js';
import { Icon } from './icon.js';
import { Folded } from './service-words.js';

interface Toast {
  readonly id: number;
  readonly saidMs: number;
  readonly tone: 'plain' | 'fail';
  readonly text: string;
  /** The service's own words, folded away. */
  readonly detail?: string | undefined;
}

const STAYS_MS = 5_000;
/** Going to another page ends news that could be read; what is said on the way there is for the next page. */
const READ_MS = 1_000;
const MAX_TOASTS = 4;
let lastId = 0;
let toasts: readonly Toast[] = [];
let changed: () => void = () => undefined;

function put(next: readonly Toast[]): void {
  toasts = next.slice(-MAX_TOASTS);
  changed();
}

function dismiss(id: number): void {
  put(toasts.filter((toast) => toast.id !== id));
}

function dismissRead(): void {
  const read = performance.now() - READ_MS;
  put(toasts.filter(({ tone, saidMs }) => tone === 'fail' || saidMs > read));
}

/** Says that something was done; it goes by itself. */
export function say(text: string): void {
  const id = ++lastId;
  put([...toasts, { id, saidMs: performance.now(), tone: 'plain', text }]);
  window.setTimeout(() => dismiss(id), STAYS_MS);
}

/** Where what exactly is wrong stands in the service's own words only: an English page says those. */
const SAYS_MORE: ReadonlySet<Sentence> = new Set([
  'unexpected',
  'entry',
  'caUrl',
  'wifi',
  'product',
  'label',
  'ca',
  'push',
  'commandLine',
]);
/** These are folded away on an English page too: they speak of the command line, to whom stands before a board. */
const FOLDED: ReadonlySet<Sentence> = new Set([
  'wifiRefused',
  'wifiJoin',
  'wifiSend',
  'wifiSilent',
  'wpsHook',
]);

/** What a failure means to the person at the page, in the language of the page. */
export const failureText = (error: unknown): string => failureWords(error).text;

/** The same, and the service's own words where those know more and are not in it. */
export function failureWords(error: unknown): { readonly text: string; readonly detail?: string } {
  if (typeof error === 'string') return { text: error };
  if (!(error instanceof ApiFailure)) return { text: unexpected(), detail: String(error) };
  const { code, message, params } = error;
  if (code === 'OFFLINE') return { text: t('common.noAnswer') };
  const own = message === '' ? code : message;
  const words = wordsFor(code, params);
  // A server between this page and the service has answered in its place.
  if (words === undefined && code.startsWith('HTTP_5')) return { text: t('common.noAnswer'), detail: own };
  // What a sentence is about may not be known.
  if (words === undefined || /\{\w+\}/.test(`${words.cause}${words.next}`))
    return currentLanguage() === 'en' ? { text: own } : { text: unexpected(), detail: own };
  const says = SAYS_MORE.has(words.sentence);
  if (says && currentLanguage() === 'en') return { text: own };
  const text = [words.cause, whyText(params), words.next].filter(Boolean).join(' ');
  return says || FOLDED.has(words.sentence) ? { text, detail: own } : { text };
}

const unexpected = (): string => `${t('cause.unexpected')} ${t('do.unexpected')}`;

/** Shows a refusal; it stays until it is closed. */
export function complain(error: unknown): void {
  put([...toasts, { id: ++lastId, saidMs: performance.now(), tone: 'fail', ...failureWords(error) }]);
}

/** Runs what may be refused; a refusal is shown. True when it worked. */
export async function attempt(work: () => Promise<unknown>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    complain(error);
    return false;
  }
}

export function Toasts(): JSX.Element {
  const [, render] = useState({});
  useEffect(() => {
    changed = () => {
      render({});
    };
    window.addEventListener('hashchange', dismissRead);
    return () => {
      changed = () => undefined;
      window.removeEventListener('hashchange', dismissRead);
    };
  }, []);
  return (
    <div class="toasts" role="region" aria-label={t('common.messages')} aria-live="polite">
      {toasts.map(({ id, tone, text, detail }) => (
        <div key={id} class={`toast ${tone}`} role={tone === 'fail' ? 'alert' : 'status'}>
          <div class="grow">
            {text}
            {detail !== undefined && <Folded text={detail} />}
          </div>
          <button
            type="button"
            class="button quiet little icon-only"
            aria-label={t('common.close')}
            onClick={() => dismiss(id)}
          >
            <Icon name="cross" />
          </button>
        </div>
      ))}
    </div>
  );
}
