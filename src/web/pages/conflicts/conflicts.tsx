// Conflicts: boards that were refused because they contradict the registry, and one of them in detail.
import type { JSX } from 'preact';
import type { ConflictInfo } from '../../../service/contract/index.js';
import { call } from '../../api/client.js';
import { formatAgo } from '../../format/format.js';
import { t } from '../../i18n/translate.js';
import { go, link, type Place } from '../../router.js';
import { ListCard } from '../../ui/list-card.js';
import { useLive } from '../../ui/live.js';
import { useNow } from '../../ui/load.js';
import { Blank, Segmented } from '../../ui/parts.js';
import { DevicesNav } from '../devices/devices-nav.js';
import { ConflictBadge } from './conflict-badge.js';
import { ConflictDetail } from './conflict-detail.js';

export function ConflictsPage({ place }: { place: Place }): JSX.Element {
  const id = Number(place.path[1]);
  return (
    <div class="page">
      <header class="page-head">
        <h1>{t('nav.conflicts')}</h1>
        <DevicesNav page="conflicts" />
      </header>
      <div class="page-body stack loose">
        {id > 0 ? <ConflictDetail key={id} id={id} /> : <List all={place.query['all'] === 'true'} />}
      </div>
    </div>
  );
}

function List({ all }: { all: boolean }): JSX.Element {
  const now = useNow(30_000);
  const { value, failure } = useLive(
    'conflicts',
    async (signal) =>
      (await call('listConflicts', { query: { all: all ? 'true' : 'false' }, signal })).conflicts,
    String(all),
  );
  return (
    <ListCard<ConflictInfo>
      title={t('conflict.title')}
      aside={
        <Segmented
          label={t('conflict.which')}
          value={all ? 'all' : 'open'}
          options={[
            { value: 'open', label: t('conflict.state.open') },
            { value: 'all', label: t('devices.all') },
          ]}
          onChange={(which) => go(link(['conflicts'], which === 'all' ? { all: 'true' } : {}))}
        />
      }
      rows={value}
      failure={failure}
      none={
        <Blank icon="check" title={t('conflict.none')}>
          <p>{t('conflict.noneHint')}</p>
        </Blank>
      }
      keyOf={({ id, code, refused, firstSeenAt }) => `${id ?? `${code}${refused.mac}${firstSeenAt}`}`}
      columns={[
        { name: t('conflict.what'), cell: (conflict) => <What conflict={conflict} /> },
        { name: t('conflict.refused'), cell: ({ refused }) => <span class="mono">{refused.mac}</span> },
        {
          name: t('conflict.registered'),
          cell: ({ registered }) => <span class="mono">{registered.mac}</span>,
        },
        { name: t('conflict.times'), number: true, cell: ({ times }) => times },
        { name: t('conflict.last'), cell: ({ lastSeenAt }) => formatAgo(lastSeenAt, now) },
        { name: t('devices.status'), cell: ({ state }) => <ConflictBadge state={state} /> },
      ]}
    />
  );
}

function What({ conflict: { id, code } }: { conflict: ConflictInfo }): JSX.Element {
  const words = t(`conflict.${code}`);
  if (id !== undefined) return <a href={link(['conflicts', String(id)])}>{words}</a>;
  return (
    <>
      {words} <span class="muted small">{t('conflict.journal')}</span>
    </>
  );
}
