// What a tile says to the person with the board in hand: why it waits, or what failed and one thing to do.
import type { JSX } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import type { Job, PortState } from '../../../service/contract/index.js';
import { sentence } from '../../format/format.js';
import { runWordsFor, t } from '../../i18n/translate.js';

/** Why a board that is there is not worked on. */
export function waitText({ waiting }: PortState): string {
  return waiting === undefined ? '' : t(`wait.${waiting}`);
}

interface Said {
  /** Of a failure, before what to do. */
  readonly cause?: string;
  readonly text: string;
}

/** Of a slot that the same failure has stopped. */
export function heldWords({ held }: PortState): Said {
  const text = t('wait.clear');
  if (held === undefined) return { text };
  const { count, code } = held;
  return { cause: t('tile.heldHint', { count, cause: runWordsFor(code)?.cause ?? code }), text };
}

/** The sentence for the person with the board in hand. */
export function whatToDo(port: PortState, job: Job): Said {
  if (job.scanning === true) return { text: t('tile.scanHint') };
  if (port.state === 'waiting') return { text: waitText(port) };
  if (job.state === 'passed') {
    const hint = t(job.alreadyDone === true ? 'tile.alreadyDone' : 'tile.passedHint');
    const address = job.wifi?.address;
    return { text: address === undefined ? hint : `${hint} ${t('tile.online', { address })}` };
  }
  if (job.state === 'interrupted') return { text: t('tile.interruptedHint') };
  if (job.failure === undefined || job.state === 'cancelled') {
    return { text: t(port.present ? 'tile.stoppedHint' : 'tile.stoppedGone') };
  }
  const { code, next } = job.failure;
  const words = runWordsFor(code);
  return { cause: words?.cause ?? code, text: words?.next ?? sentence(next) };
}

/** No letter of the page is smaller. */
const MIN_PX = 12;

/** As large as its tile has room for, and without the cause where both do not fit: what to do is read whole. */
export function TileSentence({ cause, text, muted = false }: Said & { muted?: boolean }): JSX.Element {
  const element = useRef<HTMLParagraphElement>(null);
  useLayoutEffect(() => {
    const { current: shown } = element;
    if (shown === null) return undefined;
    const isCut = (): boolean => shown.scrollHeight > shown.clientHeight + 1;
    const fit = (): void => {
      for (const isBrief of [false, true]) {
        shown.classList.toggle('brief', isBrief);
        shown.style.fontSize = '';
        let px = Number.parseFloat(getComputedStyle(shown).fontSize);
        while (px > MIN_PX && isCut()) shown.style.fontSize = `${--px}px`;
        if (!isCut()) return;
      }
    };
    const observer = new ResizeObserver(fit);
    observer.observe(shown.parentElement ?? shown);
    return () => observer.disconnect();
  }, [cause, text]);
  return (
    <p ref={element} class={muted ? 'tile-do muted' : 'tile-do'}>
      {cause !== undefined && <b>{cause}</b>} {text}
    </p>
  );
}
