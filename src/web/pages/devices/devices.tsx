// Devices: search as you type over the whole registry, a list in pages, the detail beside it.
import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { addressOf } from '../../api/routes.js';
import { t, tn } from '../../i18n/translate.js';
import { go, link, type Place } from '../../router.js';
import { Icon } from '../../ui/icon.js';
import { useSettled } from '../../ui/load.js';
import { Blank, Note, Segmented, Skeleton } from '../../ui/parts.js';
import { failureText } from '../../ui/toasts.js';
import { ColumnChoice } from './columns.js';
import { DeviceDetail } from './device-detail.js';
import { DeviceTable } from './device-table.js';
import { DevicesNav } from './devices-nav.js';
import { FilterMenu } from './filter-menu.js';
import { filtersOf, queryOf, type Filters } from './filters.js';
import { useDevicePages } from './pages.js';

const TYPING_MS = 180;
const STATUSES = ['', 'provisioned', 'pending', 'removed'] as const;

export function DevicesPage({ place }: { place: Place }): JSX.Element {
  const asked = filtersOf(place);
  const [typed, setTyped] = useState(asked);
  const { status } = asked;
  const device = place.path[1];
  const settled = useSettled(typed, TYPING_MS);
  const filters = { ...settled, status };
  useEffect(() => {
    const to = link(device === undefined ? ['devices'] : ['devices', device], { ...filters });
    if (to !== window.location.hash) go(to, { replace: true });
  }, [settled]);
  const change = (part: Partial<Filters>): void => {
    setTyped((before) => ({ ...before, ...part }));
  };
  return (
    <div class="page">
      <header class="page-head">
        <h1>{t('nav.devices')}</h1>
        <DevicesNav page="devices" />
        <ColumnChoice />
        <Exports filters={filters} />
      </header>
      <div class="page-body devices">
        <Search filters={{ ...typed, status }} onChange={change} device={device} />
        <div class={`beside ${device === undefined ? '' : 'open'}`}>
          <DeviceList filters={filters} selected={device} />
          {device !== undefined && <DeviceDetail key={device} device={device} filters={filters} />}
        </div>
      </div>
    </div>
  );
}

interface SearchProps {
  readonly filters: Filters;
  readonly onChange: (change: Partial<Filters>) => void;
  readonly device: string | undefined;
}

function Search({ filters, onChange, device }: SearchProps): JSX.Element {
  return (
    <div class="row search-row">
      <label class="search">
        <Icon name="inspect" />
        <span class="visually-hidden">{t('devices.search')}</span>
        <input
          class="input"
          type="search"
          data-search
          value={filters.text}
          placeholder={t('devices.searchFor')}
          spellcheck={false}
          autoComplete="off"
          onInput={(event) => onChange({ text: event.currentTarget.value })}
        />
      </label>
      <Segmented
        label={t('devices.status')}
        value={filters.status}
        options={STATUSES.map((value) => ({
          value,
          label: value === '' ? t('devices.all') : t(`status.${value}`),
        }))}
        onChange={(value) =>
          go(link(device === undefined ? ['devices'] : ['devices', device], { ...filters, status: value }))
        }
      />
      <FilterMenu filters={filters} onChange={onChange} />
    </div>
  );
}

function Exports({ filters }: { filters: Filters }): JSX.Element {
  return (
    <div class="row tight">
      {(['csv', 'jsonl'] as const).map((format) => (
        <a
          key={format}
          class="button"
          href={addressOf('exportDevices', {}, { ...queryOf(filters), format }).path}
          download={`devices.${format}`}
        >
          <Icon name="download" />
          {format.toUpperCase()}
        </a>
      ))}
    </div>
  );
}

function DeviceList({ filters, selected }: { filters: Filters; selected: string | undefined }): JSX.Element {
  const { devices, next, failure, loading, more, reload } = useDevicePages(filters);
  const filtered = Object.keys(queryOf(filters)).length > 0;
  return (
    <section class="card flush list" aria-label={t('nav.devices')} aria-busy={loading}>
      {failure !== undefined && (
        <div class="list-note">
          <Note tone="fail">
            <p>{failureText(failure)}</p>
            <button type="button" class="button little" onClick={reload}>
              {t('action.retry')}
            </button>
          </Note>
        </div>
      )}
      {devices === undefined && failure === undefined && (
        <div class="list-note">
          <Skeleton lines={6} />
        </div>
      )}
      {devices?.length === 0 && (
        <Blank icon="devices" title={t(filtered ? 'devices.noneFound' : 'devices.none')}>
          <p>{t(filtered ? 'devices.noneFoundHint' : 'devices.noneHint')}</p>
        </Blank>
      )}
      {devices !== undefined && devices.length > 0 && (
        <>
          <DeviceTable devices={devices} filters={filters} selected={selected}>
            {next !== undefined && <More loading={loading} more={more} />}
          </DeviceTable>
          <footer class="list-foot">
            <span class="muted" role="status">
              {tn('devices.shown', devices.length)}
            </span>
          </footer>
        </>
      )}
    </section>
  );
}

/** Loads the next page when it is asked to, or when it comes into view. */
function More({ loading, more }: { loading: boolean; more: () => void }): JSX.Element {
  const element = useRef<HTMLButtonElement>(null);
  const moreNow = useRef(more);
  moreNow.current = more;
  useEffect(() => {
    const button = element.current;
    if (button === null) return undefined;
    const observer = new IntersectionObserver(([entry]) => {
      if (entry?.isIntersecting === true) moreNow.current();
    });
    observer.observe(button);
    return () => observer.disconnect();
    // Anew after each page: it may still be in view.
  }, [loading]);
  return (
    <p class="list-more">
      <button ref={element} type="button" class="button" disabled={loading} onClick={more}>
        {t('devices.more')}
      </button>
    </p>
  );
}
