// What the service says in its own words, which are English: plain on an English page, folded away on any other, so that
// nobody has to read a language that is not his, and who mends it finds every detail.
import type { JSX } from 'preact';
import { sentence } from '../format/format.js';
import { currentLanguage, maybe, runWordsFor, t } from '../i18n/translate.js';

export function ServiceWords({ text }: { text: string }): JSX.Element {
  if (currentLanguage() === 'en') return <p class="small">{sentence(text)}</p>;
  return <Folded text={text} />;
}

/** Details in any language, English too. */
export function Folded({ text }: { text: string }): JSX.Element {
  return (
    <details class="small">
      <summary>{t('action.details')}</summary>
      <p lang="en">{sentence(text)}</p>
    </details>
  );
}

/** What a code means in the language of the page, then the words of the service; where those say it all, they alone. */
export function CodeWords({ code, message }: { code: string; message: string }): JSX.Element {
  const short = currentLanguage() === 'en' ? undefined : runWordsFor(code)?.cause;
  const words = maybe(`warning.${code}`) ?? short;
  if (words === undefined) return <p>{sentence(message)}</p>;
  return (
    <>
      <p class="strong">{words}</p>
      <ServiceWords text={message} />
    </>
  );
}
