// The places of products: their settings, the firmware that they flash, and the lists that their boards take values from.
import type { JSX } from 'preact';
import { t } from '../../i18n/translate.js';
import { link } from '../../router.js';
import { useStore } from '../../store/store.js';

const PLACES = ['setup', 'firmware', 'values'] as const;

export function SetupNav({ page }: { page: (typeof PLACES)[number] }): JSX.Element | null {
  // Bundles and lists are kept in a database.
  const hasDatabase = useStore((state) => state.station?.hasDatabase !== false);
  if (!hasDatabase) return null;
  return (
    <nav class="segmented" aria-label={t('nav.setup')}>
      {PLACES.map((name) => (
        <a key={name} href={link([name])} aria-current={name === page ? 'page' : undefined}>
          {t(name === 'setup' ? 'setup.products' : `nav.${name}`)}
        </a>
      ))}
    </nav>
  );
}
