// How many things wait for a person behind a link: a number to see, a sentence to hear.
import type { JSX } from 'preact';
import { tn, type CountKey } from '../i18n/translate.js';

/** Nothing where nothing waits. */
export function Count({ of: [count, words] }: { of: readonly [number, CountKey] }): JSX.Element | null {
  if (count === 0) return null;
  return (
    <span class="count-badge" title={tn(words, count)}>
      <span aria-hidden="true">{count > 99 ? '99+' : count}</span>
      <span class="visually-hidden">({tn(words, count)})</span>
    </span>
  );
}
