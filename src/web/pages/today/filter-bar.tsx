// Of which period, station and batch the figures are; the address of the page keeps it.
import type { JSX } from 'preact';
import { call, serviceNow } from '../../api/client.js';
import { addressOf } from '../../api/routes.js';
import { t } from '../../i18n/translate.js';
import { go, link, type Place } from '../../router.js';
import { useStore } from '../../store/store.js';
import { SelectField } from '../../ui/field.js';
import { Icon } from '../../ui/icon.js';
import { useLoad } from '../../ui/load.js';

const PERIODS = ['', '24h', '7d', '30d', 'all'] as const;
const GROUPS = ['', 'slot', 'station', 'batch'] as const;
const DAY_MS = 86_400_000;
const LENGTH_MS: Readonly<Record<string, number>> = { '24h': DAY_MS, '7d': 7 * DAY_MS, '30d': 30 * DAY_MS };
const FILTERS = ['period', 'station', 'batch', 'by'] as const;
/** Of the station filter: every station. */
const EVERY = '*';

type Query = Place['query'];

/** Whether it is anything but the day of this station. */
export function isFiltered(query: Query): boolean {
  return FILTERS.some((name) => (query[name] ?? '') !== '');
}

/** What the service is asked for; rounded to the minute, so that it stays the same for a while. */
export function queryOf(query: Query, own: string | undefined): Record<string, string> {
  const { period = '', station = '', batch = '', by = '' } = query;
  const at = station === '' ? own : station === EVERY ? undefined : station;
  return Object.fromEntries(
    Object.entries({ since: sinceOf(period), station: at, batch, by }).filter(
      (entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== '',
    ),
  );
}

function sinceOf(period: string): string | undefined {
  if (period === 'all') return undefined;
  const length = LENGTH_MS[period];
  // The day of the service, as everywhere.
  if (length === undefined) return 'today';
  return new Date(Math.floor((serviceNow() - length) / 60_000) * 60_000).toISOString();
}

export function FilterBar({ query }: { query: Query }): JSX.Element {
  const own = useStore((state) => state.settings?.stationName);
  const hasDatabase = useStore((state) => state.station?.hasDatabase === true);
  const { value } = useLoad(async (signal) => {
    if (!hasDatabase) return { stations: [], batches: [] };
    const [{ stations }, { batches }] = await Promise.all([
      call('listStations', { signal }),
      call('listBatches', { signal }),
    ]);
    return { stations: stations.map(({ name }) => name), batches: batches.map(({ name }) => name) };
  }, String(hasDatabase));
  const set = (name: string) => (chosen: string) => {
    go(link(['today'], { ...query, show: undefined, code: undefined, [name]: chosen }));
  };
  const others = (value?.stations ?? []).filter((name) => name !== own);
  return (
    <section class="filter-bar" aria-label={t('today.filter')}>
      <SelectField
        label={t('today.period')}
        value={query['period'] ?? ''}
        options={PERIODS.map((name) => ({ value: name, label: t(`period.${name}`) }))}
        onChange={set('period')}
      />
      {hasDatabase && (
        <>
          <SelectField
            label={t('settings.station')}
            value={query['station'] ?? ''}
            options={[
              { value: '', label: own ?? '' },
              { value: EVERY, label: t('today.everyStation') },
              ...others.map((name) => ({ value: name, label: name })),
            ]}
            onChange={set('station')}
          />
          <SelectField
            label={t('station.batch')}
            value={query['batch'] ?? ''}
            options={[
              { value: '', label: t('today.everyBatch') },
              ...(value?.batches ?? []).map((name) => ({ value: name, label: name })),
            ]}
            onChange={set('batch')}
          />
        </>
      )}
      <SelectField
        label={t('today.by')}
        value={query['by'] ?? ''}
        options={GROUPS.map((name) => ({ value: name, label: t(`by.${name}`) }))}
        onChange={set('by')}
      />
      <a class="button" href={addressOf('exportStats', {}, queryOf(query, own)).path} download>
        <Icon name="download" />
        CSV
      </a>
    </section>
  );
}
