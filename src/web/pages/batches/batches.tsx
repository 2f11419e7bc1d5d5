// Batches: work orders of all stations, and one of them in detail.
import type { JSX } from 'preact';
import type { BatchInfo } from '../../../service/contract/index.js';
import { call } from '../../api/client.js';
import { formatCount, formatExact } from '../../format/format.js';
import { t } from '../../i18n/translate.js';
import { link, type Place } from '../../router.js';
import { hasRole } from '../../store/session.js';
import { useStore } from '../../store/store.js';
import { ListCard } from '../../ui/list-card.js';
import { useLive } from '../../ui/live.js';
import { Blank, Skeleton } from '../../ui/parts.js';
import { BatchBadge } from './batch-badge.js';
import { BatchDetail } from './batch-detail.js';
import { CreateBatch } from './create-batch.js';

export function BatchesPage({ place }: { place: Place }): JSX.Element {
  const hasDatabase = useStore((state) => state.station?.hasDatabase);
  const name = place.path[1];
  return (
    <div class="page">
      <header class="page-head">
        <h1>{t('nav.batches')}</h1>
        {name !== undefined && <a href={link(['batches'])}>{t('batch.all')}</a>}
      </header>
      <div class="page-body stack loose">
        {hasDatabase === undefined && <Skeleton />}
        {hasDatabase === false && (
          <div class="card">
            <Blank icon="database" title={t('batch.noDatabase')}>
              <p>{t('batch.noDatabaseHint')}</p>
            </Blank>
          </div>
        )}
        {hasDatabase === true && (name === undefined ? <List /> : <BatchDetail key={name} name={name} />)}
      </div>
    </div>
  );
}

function List(): JSX.Element {
  const mayCreate = useStore((state) => hasRole(state.session, 'engineer'));
  const { value, failure, reload } = useLive(
    'batches',
    async (signal) => (await call('listBatches', { signal })).batches,
  );
  return (
    <>
      <ListCard<BatchInfo>
        title={t('nav.batches')}
        rows={value}
        failure={failure}
        none={t('batch.none')}
        keyOf={({ name }) => name}
        columns={[
          { name: t('batch.name'), cell: ({ name }) => <a href={link(['batches', name])}>{name}</a> },
          {
            name: t('station.product'),
            cell: ({ profile: { name, version } }) => <span class="nowrap">{`${name} · r${version}`}</span>,
          },
          { name: t('devices.status'), cell: ({ state }) => <BatchBadge state={state} /> },
          {
            name: t('count.pass'),
            number: true,
            cell: ({ counts: { passed }, quantity }) => `${formatCount(passed)} / ${formatCount(quantity)}`,
          },
          {
            name: t('batch.reworked'),
            number: true,
            cell: ({ counts: { reworked } }) => formatCount(reworked),
          },
          { name: t('count.fail'), number: true, cell: ({ counts: { failed } }) => formatCount(failed) },
          {
            name: t('batch.created'),
            cell: ({ createdAt }) => <span class="nowrap">{formatExact(createdAt)}</span>,
          },
        ]}
      />
      {mayCreate && <CreateBatch onCreated={reload} />}
    </>
  );
}
