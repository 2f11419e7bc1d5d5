// All keys of the page, shown by `?`.
import type { JSX } from 'preact';
import { t, type Key } from './i18n/translate.js';
import { Dialog } from './ui/dialog.js';

const KEYS: readonly (readonly [keys: readonly string[], what: Key])[] = [
  [['1', '…', '9'], 'keys.slot'],
  [['←', '→'], 'keys.move'],
  [['Enter'], 'keys.enter'],
  [['Esc'], 'keys.escape'],
  [['D'], 'keys.details'],
  [['/'], 'keys.search'],
  [['G', 'S'], 'keys.station'],
  [['G', 'B'], 'keys.batches'],
  [['G', 'D'], 'keys.devices'],
  [['G', 'C'], 'keys.conflicts'],
  [['G', 'L'], 'keys.lists'],
  [['G', 'T'], 'keys.today'],
  [['?'], 'keys.help'],
];

export function KeysHelp({ onClose }: { onClose: () => void }): JSX.Element {
  return (
    <Dialog title={t('keys.title')} onClose={onClose}>
      <dl class="keys">
        {KEYS.map(([keys, what]) => (
          <>
            <dt key={what}>
              {keys.map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{t(what)}</dd>
          </>
        ))}
      </dl>
    </Dialog>
  );
}
