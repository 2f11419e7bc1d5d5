// The two places of devices: all of them, and the conflicts about them.
import type { JSX } from 'preact';
import { t } from '../../i18n/translate.js';
import { link } from '../../router.js';
import { useStore } from '../../store/store.js';
import { Count } from '../../ui/count.js';

export function DevicesNav({ page }: { page: 'devices' | 'conflicts' }): JSX.Element {
  const waiting = useStore((state) => state.registry?.conflicts ?? 0);
  return (
    <nav class="segmented" aria-label={t('nav.devices')}>
      {(['devices', 'conflicts'] as const).map((name) => (
        <a key={name} href={link([name])} aria-current={name === page ? 'page' : undefined}>
          {t(`nav.${name}`)}
          {name === 'conflicts' && <Count of={[waiting, 'conflict.open']} />}
        </a>
      ))}
    </nav>
  );
}
