// What a board printed before its boot check failed, folded away until somebody wants to read it.
import type { JSX } from 'preact';
import { t } from '../i18n/translate.js';

export function BootLog({ lines }: { lines: readonly string[] }): JSX.Element {
  return (
    <details>
      <summary>{t('job.log')}</summary>
      <pre class="mono small boot-log">{lines.join('\n')}</pre>
    </details>
  );
}
