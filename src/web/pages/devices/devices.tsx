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
import { useDevicePages, type Filters } from './pages.js';

const TYPING_MS = 180;
const STATUSES = ['', 'provisioned', 'pending'] as const;

export function DevicesPage({ place }: { place: Place }): JSX.Element {
  const [text, setText] = useState(place.query['text'] ?? '');
  const status = place.query['status'] ?? '';
  const device = place.path[1];
  const settled = useSettled(text, TYPING_MS);
  useEffect(() => {
    const to = link(device === undefined ? ['devices'] : ['devices', device], { text: settled, status });
    if (to !== window.location.hash) go(to, { replace: true });
  }, [settled]);
  const filters = { text: settled, status };
  return (
    <div class="page">
      <header class="page-head">
        <h1>{t('nav.devices')}</h1>
        <ColumnChoice />
        <Exports filters={filters} />
      </header>
      <div class="page-body devices">
        <Search text={text} onText={setText} status={status} device={device} />
        <div class={`beside ${device === undefined ? '' : 'open'}`}>
          <DeviceList filters={filters} selected={device} />
          {device !== undefined && <DeviceDetail key={device} device={device} filters={filters} />}
        </div>
      </div>
    </div>
  );
}

interface SearchProps {
  readonly text: string;
  readonly onText: (text: string) => void;
  readonly status: string;
  readonly device: string | undefined;
}

function Search({ text, onText, status, device }: SearchProps): JSX.Element {
  return (
    <div class="row search-row">
      <label class="search">
        <Icon name="inspect" />
        <span class="visually-hidden">{t('devices.search')}</span>
        <input
          class="input"
          type="search"
          data-search
          value={text}
          placeholder={t('devices.searchFor')}
          spellcheck={false}
          autoComplete="off"
          onInput={(event) => {
            onText(event.currentTarget.value);
          }}
        />
      </label>
      <Segmented
        label={t('devices.status')}
        value={status}
        options={STATUSES.map((value) => ({
          value,
          label: value === '' ? t('devices.all') : t(`status.${value}`),
        }))}
        onChange={(value) => {
          go(link(device === undefined ? ['devices'] : ['devices', device], { text, status: value }));
        }}
      />
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
          href={addressOf('exportDevices', {}, { ...filters, format }).path}
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
  const filtered = filters.text !== '' || filters.status !== '';
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
    return () => {
      observer.disconnect();
    };
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
