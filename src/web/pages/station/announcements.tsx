// Results as sound and as words: a screen reader hears what others see.
import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { Job } from '../../../service/contract/index.js';
import { sentence } from '../../format/format.js';
import { runWordsFor, t } from '../../i18n/translate.js';
import { watchEvents } from '../../store/session.js';
import { playResult } from './sounds.js';

const ENDED = new Set<Job['state']>(['passed', 'failed', 'cancelled']);

/** Mounted once for the whole page: a result is heard on every page. */
export function Announcements(): JSX.Element {
  const [text, setText] = useState('');
  useEffect(() => {
    const announced = new Set<string>();
    return watchEvents((event) => {
      if (event.type !== 'job' || !ENDED.has(event.job.state) || announced.has(event.job.id)) return;
      // A job that is noted as seen later comes once more, and is no news.
      announced.add(event.job.id);
      if (event.job.seen) return;
      playResult(event.job.state);
      setText(wordsFor(event.job));
    });
  }, []);
  return (
    <div class="visually-hidden" aria-live="polite" role="log">
      {text}
    </div>
  );
}

function wordsFor({ slot, state, failure }: Job): string {
  const words = `${t('station.slot', { slot })}: ${t(`job.${state}`)}.`;
  if (failure === undefined) return words;
  const known = runWordsFor(failure.code);
  return `${words} ${known === undefined ? sentence(failure.next) : `${known.cause} ${known.next}`}`;
}
