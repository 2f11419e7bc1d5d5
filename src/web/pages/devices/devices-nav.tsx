// The places of devices: all of them, conflicts about them, the lists that admit them, and the audit trail.
import type { JSX } from 'preact';
import { t } from '../../i18n/translate.js';
import { link } from '../../router.js';
import { hasRole } from '../../store/session.js';
import { useStore } from '../../store/store.js';
import { Count } from '../../ui/count.js';

const PLACES = ['devices', 'conflicts', 'lists', 'audit'] as const;

export function DevicesNav({ page }: { page: (typeof PLACES)[number] }): JSX.Element {
  const waiting = useStore((state) => state.registry?.conflicts ?? 0);
  const hasDatabase = useStore((state) => state.station?.hasDatabase !== false);
  const mayAudit = useStore((state) => hasRole(state.session, 'engineer'));
  // Without a database there are neither lists nor an audit trail of all stations.
  const isOffered = { devices: true, conflicts: true, lists: hasDatabase, audit: hasDatabase && mayAudit };
  return (
    <nav class="segmented" aria-label={t('nav.devices')}>
      {PLACES.filter((name) => isOffered[name]).map((name) => (
        <a key={name} href={link([name])} aria-current={name === page ? 'page' : undefined}>
          {t(`nav.${name}`)}
          {name === 'conflicts' && <Count of={[waiting, 'conflict.open']} />}
        </a>
      ))}
    </nav>
  );
}
